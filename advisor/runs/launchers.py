"""How a run's worker is started: the literal list of launchers.

All start the same worker, which sees only RANK and WORLD_SIZE. Context: on gloo, restarts in place recovered 8 of 11
times, fresh launches 10 of 10 (docs/design.md, how a run runs). So under torchrun a launch ends with the first process
that dies, and the supervisor launches again, from the checkpoint; Ray does so by itself. Where launches get no further,
the next has fewer processes, and each takes a larger share of the same batches.
"""

from __future__ import annotations

import difflib
import importlib.util
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from advisor.core.errors import RunError
from advisor.core.workspace import RunFiles
from advisor.runs import processes

LOG = logging.getLogger("advisor.supervisor")
MOST_PROCESSES = 1024
WORKER = "advisor.runs.worker"


class Launcher(Protocol):
    """A way to start `n` processes of the worker, which end together."""

    @property
    def name(self) -> str:
        """As the plan and the command name it."""

    @property
    def usual_processes(self) -> int:
        """How many processes unless the plan says otherwise."""

    def missing(self) -> str:
        """What must be installed first, or "" where nothing."""

    def start(self, folder: Path, n: int) -> subprocess.Popen[bytes]:
        """Start the workers of the run in `folder`; the process returned ends when they have ended."""


@dataclass(frozen=True)
class Local:
    """One process on this machine."""

    name: str = "local"
    usual_processes: int = 1

    def missing(self) -> str:
        """Nothing: this Python is enough."""
        return ""

    def start(self, folder: Path, n: int) -> subprocess.Popen[bytes]:
        """The worker itself."""
        return processes.spawn(WORKER, str(folder), log=RunFiles(folder).log, mark=folder)


@dataclass(frozen=True)
class Torchrun:
    """One process on each of this machine's devices, or several on its cores."""

    name: str = "torchrun"
    usual_processes: int = 2

    def missing(self) -> str:
        """Nothing: it comes with torch."""
        return ""

    def start(self, folder: Path, n: int) -> subprocess.Popen[bytes]:
        """``torchrun``, which ends all processes when one fails."""
        arguments = ("--standalone", "--nproc-per-node", str(n), "--max-restarts", "0", "-m", WORKER, str(folder))
        log = RunFiles(folder).log
        return processes.spawn("torch.distributed.run", *arguments, log=log, mark=folder, setting=alone(n))


@dataclass(frozen=True)
class Ray:
    """Ray Train on a cluster (RAY_ADDRESS), or on a small one for this run on this machine."""

    name: str = "ray"
    usual_processes: int = 2

    def missing(self) -> str:
        """Ray itself is an extra."""
        if importlib.util.find_spec("ray") is None:
            return "The launcher ray needs Ray. Install it with: pip install 'transfer-advisor[ray]'"
        return ""

    def start(self, folder: Path, n: int) -> subprocess.Popen[bytes]:
        """A driver that starts the processes, and again when one dies."""
        # on a busy machine, importing torch takes more than the usual minute
        setting = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300"}
        setting |= {} if os.environ.get("RAY_ADDRESS") else alone(n)
        log = RunFiles(folder).log
        return processes.spawn("advisor.runs.on_ray", str(folder), str(n), log=log, mark=folder, setting=setting)


LAUNCHERS: tuple[Launcher, ...] = (Local(), Torchrun(), Ray())


def find(name: str) -> Launcher:
    """The launcher of that name. Raises RunError with the nearest and the full list."""
    for launcher in LAUNCHERS:
        if launcher.name == name:
            return launcher
    names = [launcher.name for launcher in LAUNCHERS]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise RunError(f"There is no launcher {name!r}.{hint} The launchers are {', '.join(names)}.")


def checked(name: str, n: int | None) -> int:
    """The number of processes for a launcher that can be used here. Raises RunError."""
    launcher = find(name)
    if missing := launcher.missing():
        raise RunError(missing)
    n = launcher.usual_processes if n is None else n
    if launcher.name == "local" and n != 1:
        raise RunError(f"The launcher local starts one process, not {n}. Use --launcher torchrun for more.")
    if not 1 <= n <= MOST_PROCESSES:
        raise RunError(f"{n} processes cannot be started. Give 1 to {MOST_PROCESSES}.")
    return n


def launch(folder: Path, in_vain: int = 0) -> subprocess.Popen[bytes]:
    """Start the processes of the run's plan; a plan of an older version names no launcher and means one process.

    in_vain: launches in a row that got no further.
    """
    plan = processes.read_small(RunFiles(folder).plan)
    launcher = find(str(plan.get("launcher", "local")))
    n = checked(launcher.name, int(plan.get("processes", 1)))
    if fewer(n, in_vain) < n:
        LOG.warning("%s goes on with %d of %d processes.", folder.name, fewer(n, in_vain), n)
    return launcher.start(folder, fewer(n, in_vain))


def fewer(n: int, in_vain: int) -> int:
    """How many of `n` processes to start: all of them again after one launch in vain, then half each time.

    >>> [fewer(8, in_vain) for in_vain in range(5)]
    [8, 8, 4, 2, 1]
    """
    return max(1, n >> max(0, in_vain - 1))


def alone(n: int) -> dict[str, str]:
    """Environment of `n` processes on one machine: its cores divided, their traffic kept on the loopback."""
    threads = max(1, (os.cpu_count() or 1) // n)
    loopback = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
    return {"OMP_NUM_THREADS": str(threads), **({"GLOO_SOCKET_IFNAME": loopback} if loopback else {})}
