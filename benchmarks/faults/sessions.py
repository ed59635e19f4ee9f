"""Two dozen browser sessions on a running job: what they take from its training, and whether they and the server last.

One long run trains while the sessions open and leave its page by turns, in pairs of windows; steps a second with them
are compared with those just before. The windows with sessions last ADVISOR_BENCH_MINUTES together (10).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from advisor.cli.dashboard import command
from advisor.core import sharing, storage
from advisor.core.workspace import RunFiles
from advisor.runs import store, supervisor
from benchmarks.faults import short_runs
from benchmarks.figures import Figure

SESSIONS, PAIRS = 24, 5
MINUTES = float(os.environ.get("ADVISOR_BENCH_MINUTES", "10"))
#: Of each window the first part is left out: opening two dozen pages at once is not watching.
SETTLE_SHARE = 0.25
STEPS = 10_000_000


@dataclass(frozen=True)
class Window:
    """Steps of training a second, what the server took of one processor, its memory at the end, and its sessions."""

    steps_per_second: float
    cores: float
    rss_bytes: int
    seen: dict[str, Any]


def figures() -> Iterator[Figure]:
    """Slow-down, memory, sessions that ended early, and the server's share of the processors."""
    home = short_runs.use_workspace("sessions")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    run = long_run(home)
    try:
        with served() as (address, cookie, server):
            seconds = 60 * MINUTES / PAIRS
            window(run, server, min(60.0, seconds), viewers(address, cookie, run, min(60.0, seconds)))  # loads the page
            pairs = []
            for _ in range(PAIRS):
                alone = window(run, server, seconds / 2, None)
                pairs.append((alone, window(run, server, seconds, viewers(address, cookie, run, seconds))))
    finally:
        store.request_stop(run)
        supervisor.ensure()
    yield from judged(pairs)


def judged(pairs: list[tuple[Window, Window]]) -> Iterator[Figure]:
    """The figures of windows without and with sessions."""
    how = f"{SESSIONS} sessions for {MINUTES:g} min in {len(pairs)} pairs of windows"
    slower = statistics.median(1 - busy.steps_per_second / alone.steps_per_second for alone, busy in pairs)
    watched = [busy for _, busy in pairs]
    grown = (watched[-1].rss_bytes - watched[0].rss_bytes) / 1e6
    cores = statistics.median(busy.cores for busy in watched)
    yield Figure("sessions", "training slowed", 100 * slower, "%", "at most", (5.0,), how)
    yield Figure("sessions", "of the processors", 100 * cores / (os.cpu_count() or 1), "%", "at most", (5.0,), how)
    yield Figure("sessions", "memory grown", grown, "MB", "at most", (30.0,), "first to last window with sessions")
    yield Figure("sessions", "sessions ended early", sum(w.seen["died"] for w in watched), "", "at most", (0.0,), how)
    yield Figure("sessions", "sessions opened", sum(w.seen["opened"] for w in watched), "", "at least",
                 (SESSIONS * len(pairs),), how)  # fmt: skip


def long_run(home: Path) -> str:
    """A fine-tuning that goes on for as long as it is watched; returns when its steps have begun."""
    plan = short_runs.plan_of(home, "fine-tune", budget=24 * 3600.0)
    run = store.submit(plan.model_copy(update={"settings": {"steps": STEPS, "learning_rate": 1e-4}}))
    supervisor.ensure()
    while steps_of(run) < 5:
        time.sleep(1)
    return run


def steps_of(run: str) -> int:
    """The last step that the run has reported."""
    lines = storage.read_lines(RunFiles(store.directory(run)).metrics)
    return max((int(line["step"]) for line in lines if line.get("step") is not None), default=0)


def window(run: str, server: psutil.Process, seconds: float, watching: subprocess.Popen[str] | None) -> Window:
    """One window; its first part is not counted."""
    time.sleep(SETTLE_SHARE * seconds)
    started, steps, taken = time.monotonic(), steps_of(run), _cpu(server)
    time.sleep((1 - SETTLE_SHARE) * seconds - 2)
    took = time.monotonic() - started
    rate, cores = (steps_of(run) - steps) / took, (_cpu(server) - taken) / took
    memory = server.memory_info().rss
    seen = json.loads(watching.communicate(timeout=120)[0]) if watching is not None else {}
    return Window(rate, cores, memory, seen)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def viewers(address: str, cookie: str, run: str, seconds: float) -> subprocess.Popen[str]:
    """Open the sessions in a process of their own."""
    arguments = [address, cookie, "run", f"run={run}", str(SESSIONS), f"{seconds:.0f}"]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.faults.viewers", *arguments], stdout=subprocess.PIPE, text=True
    )


@contextmanager
def served() -> Iterator[tuple[str, str, psutil.Process]]:
    """The dashboard while it is served: its address, a browser's cookie, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, token = f"http://127.0.0.1:{port}", secrets.token_urlsafe(24)
    server = subprocess.Popen(
        command(port, browser=False), env={**os.environ, sharing.TOKEN: token}, stderr=subprocess.DEVNULL
    )
    try:
        yield address, cookie_of(f"{address}/?token={token}"), psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def cookie_of(address: str) -> str:
    """The cookie that a browser gets for the address with the token, once the server answers."""

    class Kept(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    for _ in range(300):
        try:
            urllib.request.build_opener(Kept).open(address, timeout=5)
        except urllib.error.HTTPError as answer:
            return str(answer.headers["set-cookie"]).partition(";")[0]
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("The dashboard does not answer.")
