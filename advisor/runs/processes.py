"""Our own processes: started apart, recognised with certainty, ended without touching anyone else's.

A process id alone proves nothing, since ids are reused. A process is ours when its id *and* its start time are the
recorded ones; a worker or supervisor also holds a file lock for as long as it lives, which the system releases with the
process, whatever killed it.
"""

from __future__ import annotations

import contextlib
import json
import os
import site
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from advisor.core.workspace import Workspace

START_TOLERANCE_SECONDS = 2.0  # psutil derives start times from the clock, which may be set meanwhile
MARK = "ADVISOR_RUN_DIRECTORY"  # in a worker's environment, and so in that of whatever it starts
ROOT = Path(__file__).resolve().parents[2]

_started: list[subprocess.Popen[bytes]] = []


def identity() -> dict[str, float]:
    """The id and start time (seconds since 1970) of this process."""
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def find(pid: Any, started: Any) -> psutil.Process | None:
    """The living process with this id and start time; None when it has ended, even if its id was reused.

    The two come from a file, and whatever is no id or no time names no process.
    """
    if not (isinstance(pid, int) and isinstance(started, (int, float)) and 0 < pid < 2**31):
        return None
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= START_TOLERANCE_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def take_lock(path: Path, timeout_seconds: float = 0.0) -> FileLock | None:
    """Take a file lock for the life of this process; None when another process holds it."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=timeout_seconds, poll_interval=0.05)
    except Timeout:
        return None
    return lock


def is_locked(path: Path) -> bool:
    """Whether some process holds the file lock."""
    lock = take_lock(path)
    if lock is None:
        return True
    lock.release()
    return False


def spawn(
    module: str, *arguments: str, log: Path, mark: Path | None = None, setting: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start ``python -m module`` in a session of its own, so that it outlives this process; output goes to `log`.

    ``setting``: environment variables for it, where the user has not set them.
    """
    # safe path: a file called random.py in the user's current folder must not be imported; and the workspace of the one
    # who asks, which with a login is not the server's own
    environment = {**(setting or {}), **os.environ, "PYTHONSAFEPATH": "1", "ADVISOR_HOME": str(Workspace.here().folder)}
    if mark is not None:
        environment[MARK] = str(mark)
    if str(ROOT) not in site.getsitepackages():  # a checkout that may not be installed
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            **apart,
        )
    _reap()
    _started.append(process)
    return process


def _reap() -> None:
    """Collect ended children, so that a long-running dashboard keeps no zombies."""
    _started[:] = [process for process in _started if process.poll() is None]


def kill(process: psutil.Process) -> None:
    """End a process and everything that it started, immediately."""
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()  # psutil compares the start time again before it sends the signal
    psutil.wait_procs(family, timeout=5)


def kill_marked(directory: Path) -> None:
    """End what a dead worker left running: processes whose environment names its run folder."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(directory):
                process.kill()


def write_aside(path: Path, content: dict[str, Any]) -> None:
    """Replace a small JSON file in one step, without the sync of `storage`: for files rewritten every second."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def read_small(path: Path) -> dict[str, Any]:
    """A small JSON object, or {} when the file is missing or was cut by a power failure."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
