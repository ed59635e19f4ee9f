"""The one process per workspace that takes runs from the store and sees each to its end.

Context: a run must survive the page, the command and the supervisor that started it. So a worker is a process in a
session of its own; whoever follows a run calls `ensure`; and a new supervisor adopts the workers that it finds, telling
the living from the dead by process id, start time and heartbeat together.
"""

from __future__ import annotations

import argparse
import logging
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from advisor.core import storage
from advisor.core.errors import RunError, StorageError
from advisor.core.workspace import RunFiles, Workspace
from advisor.runs import aside, climbs, launchers, processes, stopping, store

LOG = logging.getLogger("advisor.supervisor")
IDLE_SECONDS = 20.0
POLL_SECONDS = 0.25
STARTING_SECONDS = 20.0  # a worker that somebody else started may not have written its first heartbeat yet
LOST_SECONDS = 10.0
SILENT_SECONDS = 180.0  # far above the heartbeat's second, since one long call may hold the interpreter
STOP_SECONDS = 30.0  # for a worker that has something to keep
NOTHING_TO_KEEP_SECONDS = 3.5  # for one that has neither a model nor a training begun
#: Launches in a row that may end without anything kept that was not kept before.
ATTEMPTS = 3
#: Launches in all: one that keeps a little and dies again each time must not go on for ever.
MOST_ATTEMPTS = 30


def ensure(idle_seconds: float = IDLE_SECONDS) -> bool:
    """Start the workspace's supervisor unless one is alive; returns whether one was started. Cheap to call often."""
    workspace = Workspace.here()
    if processes.is_locked(workspace.supervisor_lock):
        return False
    log = workspace.supervisor_log
    if log.exists() and log.stat().st_size > 1_000_000:
        log.replace(log.with_suffix(".old.log"))
    processes.spawn("advisor.runs.supervisor", "--idle", str(idle_seconds), log=log)
    return True


def look_after() -> str:
    """Start the supervisor where a run or a climb is unfinished and nobody sees to it, as after a kill or a reboot.

    Whoever shows the runs calls it. Where the workspace cannot be written they are shown as they are. Returns what
    holds them up, a sentence to show, or "".
    """
    try:
        store.adopt()
        if store.unfinished() or climbs.under_way():
            ensure()
    except (OSError, StorageError) as error:
        LOG.warning("The runs are not looked after: %s", error)
    return store.held_up()


def is_alive() -> bool:
    """Whether a supervisor is running in this workspace."""
    return processes.is_locked(Workspace.here().supervisor_lock)


def slot(device: str) -> str:
    """The device that a plan will use, found without importing torch: one worker at a time has it."""
    if device != "auto":
        return device.partition(":")[0]
    if any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists():
        return "cuda"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"


def ahead(run: str) -> str | None:
    """The run that has the device for which a queued run waits; None where nothing has it. Raises RunError."""
    device = slot(store.row(run)["device"])
    others = [one for one in store.unfinished() if one["run"] != run and one["state"] != "queued"]
    return next((str(one["run"]) for one in others if slot(one["device"]) == device), None)


class Supervisor:
    """The memory of one supervisor; whatever must outlive it is in the store and the run folders."""

    def __init__(self, silent_seconds: float = SILENT_SECONDS, stop_seconds: float = STOP_SECONDS) -> None:
        self.silent_seconds, self.stop_seconds = silent_seconds, stop_seconds
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.beats: dict[str, tuple[Any, float]] = {}  # run → last heartbeat, and when it was seen to change
        self.stops: dict[str, float] = {}

    def step(self) -> bool:
        """Check every unfinished run once; returns whether there was any."""
        entries = store.unfinished()
        for entry in entries:
            if entry["state"] != "queued":
                self._watch(entry)
        busy = {slot(entry["device"]) for entry in store.unfinished() if entry["state"] != "queued"}
        for entry in entries:
            if entry["state"] == "queued" and slot(entry["device"]) not in busy:
                busy.add(slot(entry["device"]))
                self._launch(entry["run"], "queued")
        return bool(entries)

    def _launch(self, run: str, before: str, in_vain: int = 0) -> None:
        folder = store.runs_folder() / run
        if not RunFiles(folder).plan.is_file():
            store.change(run, before, "failed", cause=f"{RunFiles(folder).plan} is gone. Train again.")
            return
        RunFiles(folder).heartbeat.unlink(missing_ok=True)  # an old one would make the new worker look dead
        if before == "running":
            processes.kill_marked(folder)  # what is left of a launch with several processes
        if not store.change(run, before, "running", attempt=True):
            return  # stopped in the meantime
        self.beats.pop(run, None)
        LOG.info("Launching %s.", run)
        try:
            self.children[run] = launchers.launch(folder, in_vain)
        except OSError as error:
            store.change(run, "running", "failed", cause=f"The worker could not be started ({error}).")
        except RunError as error:
            store.change(run, "running", "failed", cause=str(error))

    def _watch(self, entry: dict[str, Any]) -> None:
        run, state = entry["run"], entry["state"]
        folder = store.runs_folder() / run
        if state == "running" and (folder / store.STOP).exists() and store.change(run, "running", "stopping"):
            state = "stopping"
        if self._lives(run, folder, state):
            return
        own = store.read_state(folder)
        if own.get("state") in store.ENDED:
            store.change(run, state, own["state"], cause=str(own.get("cause", "")))
        elif state == "stopping":
            store.change(run, state, "stopped", cause=stopping.was_stopped(folder))
        else:
            self._bury_or_resume(entry, folder)
        if store.row(run)["state"] in store.ENDED:
            storage.sweep(folder)  # nobody writes there any more
        LOG.info("%s is %s.", run, store.row(run)["state"])

    def _lives(self, run: str, folder: Path, state: str) -> bool:
        """Whether the run's worker is alive; a hung one, or one that ignores a stop, is ended first."""
        beat = processes.read_small(RunFiles(folder).heartbeat)
        process = processes.find(beat.get("pid"), beat.get("started"))
        child = self.children.get(run)
        own = child is not None and child.poll() is None
        silent = self._silent_seconds(run, beat.get("beats"))
        if process is None and not own:
            return self._unseen_but_alive(folder, bool(beat), child is None, silent)
        asked = self.stops.setdefault(run, time.monotonic()) if state == "stopping" else time.monotonic()
        patience = self.stop_seconds if _keeps_something(folder) else min(self.stop_seconds, NOTHING_TO_KEEP_SECONDS)
        overdue = time.monotonic() - asked > patience
        if silent <= self.silent_seconds and not overdue:
            return True
        LOG.warning("%s is %s; its worker is ended.", run, "not stopping" if overdue else "silent")
        if process is not None:
            processes.kill(process)
        elif child is not None:
            child.kill()
        processes.kill_marked(folder)
        return False

    def _unseen_but_alive(self, folder: Path, has_beat: bool, adopted: bool, silent: float) -> bool:
        """No process matches: one may be starting (no child of ours, no heartbeat yet), or the clock was set."""
        if not has_beat:
            return adopted and silent < STARTING_SECONDS
        if not processes.is_locked(RunFiles(folder).lock):
            return False
        if silent < LOST_SECONDS:
            return True
        processes.kill_marked(folder)  # helpers that a dead worker left behind still hold its lock
        return False

    def _silent_seconds(self, run: str, beat: Any) -> float:
        """Seconds since the heartbeat last changed, by our own clock, which stops while the machine sleeps."""
        now = time.monotonic()
        if run not in self.beats or self.beats[run][0] != beat:
            self.beats[run] = (beat, now)
        return now - self.beats[run][1]

    def _bury_or_resume(self, entry: dict[str, Any], folder: Path) -> None:
        """Launch a dead run again: it continues from what it has kept, and where that is nothing, nothing is lost."""
        run, attempts = entry["run"], entry["attempts"]
        child = self.children.pop(run, None)
        in_vain = _in_vain(folder, attempts)
        if in_vain < ATTEMPTS and attempts < MOST_ATTEMPTS and RunFiles(folder).plan.is_file():
            LOG.warning("The worker of %s ended early; attempt %d follows.", run, attempts + 1)
            self._launch(run, "running", in_vain)
            return
        tries = f" It was tried {attempts} times." if attempts > 1 else ""
        store.change(run, "running", "failed", cause=f"{_how_it_ended(child)}{tries}{last_words(folder)}")


def _keeps_something(folder: Path) -> bool:
    """Whether a stopped run would leave a model, or has begun to make one: then its worker may end in its own way."""
    files = RunFiles(folder)
    begun = (files.checkpoint / "state.json", files.checkpoint / "stages" / "frozen", *files.checkpoint.glob("turn-*"))
    return files.model.is_file() or any(path.exists() for path in begun)


def _in_vain(folder: Path, attempts: int) -> int:
    """How many of the last launches, of so many in all, kept nothing new; noted beside the run for the next death."""
    path = RunFiles(folder).launches
    kept, before = processes.read_small(RunFiles(folder).state), processes.read_small(path)
    seconds = store.number(kept.get("kept_seconds")) or 0.0
    if seconds > (store.number(before.get("kept_seconds")) or 0.0):
        before = {"kept_seconds": seconds, "attempts": attempts}
        processes.write_aside(path, before)
    return attempts - int(store.number(before.get("attempts")) or 0)


def _how_it_ended(child: subprocess.Popen[bytes] | None) -> str:
    code = child.poll() if child is not None else None
    if code is None:
        return "The training process ended without a result: it was killed, or the machine went down."
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        memory = ", as the system does when it runs out of memory" if name == "SIGKILL" else ""
        return f"The training process was ended by {name}{memory}."
    return f"The training process ended with status {code}, without a result."


def last_words(folder: Path) -> str:
    """The last line of a run's log as a sentence, or ""."""
    try:
        with RunFiles(folder).log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - 4096))
            lines = stream.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    spoken = [line.strip() for line in lines if line.strip()]
    return f" The last line of its log: {spoken[-1][:300]}" if spoken else ""


def main(arguments: list[str] | None = None) -> None:
    """Supervise this workspace until it has been idle for a while."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS)
    idle_seconds = parser.parse_args(arguments).idle
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    path = Workspace.here().supervisor_lock
    # `ensure` of another process holds the lock for a moment while it checks, so one refusal means little
    lock = processes.take_lock(path, timeout_seconds=2.0)
    if lock is None:
        return
    supervisor, idle_since = Supervisor(), time.monotonic()
    store.adopt()
    aside.clear()
    while path.exists():  # a workspace that was deleted needs nobody
        try:
            if supervisor.step() | climbs.look_after():
                idle_since = time.monotonic()
        except StorageError as error:
            LOG.error("%s", error)
        except Exception:
            LOG.exception("A step failed.")
        if time.monotonic() - idle_since > idle_seconds:
            lock.release()
            # a run queued just before the release saw a living supervisor: check once more after it
            if not (store.unfinished() or climbs.under_way()) or (lock := processes.take_lock(path)) is None:
                return
            idle_since = time.monotonic()
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
