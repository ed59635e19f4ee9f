"""A crowd: eight clients submit two hundred runs at once, by command and from Python; each is carried out exactly once.

The runs are real ones on a small set of images, by a rung that takes seconds. A run counts once where its worker
reported one attempt, the list has one row of it and its folder one report. ``ADVISOR_CROWD`` sets how many runs (200).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.core.workspace import RunFiles
from advisor.runs import store, supervisor
from advisor.runs.follow import events
from benchmarks.faults import short_runs
from benchmarks.figures import Figure

N_CLIENTS = 8
#: Seconds for all runs together: one worker at a time has the device.
SECONDS_A_RUN = 60.0
#: A client submits its runs one after the other, as fast as it can; every second one of them looks at the list between.
CLIENT = """
import json, sys
from pathlib import Path
from advisor import api
from advisor.core.records import Plan
from advisor.runs import store
plan, n, looks = Plan.load(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3] == "looks"
runs = []
for _ in range(n):
    runs.append(api.start(plan.model_copy(update={"run": ""})))
    if looks:
        store.runs()
print(json.dumps(runs))
"""


def figures() -> Iterator[Figure]:
    """Runs carried out exactly once, clients that met an error, and what is left."""
    n = int(os.environ.get("ADVISOR_CROWD", "200"))
    home = short_runs.use_workspace(f"crowd-{time.strftime('%H%M%S')}")
    plan = short_runs.plan_of(home, "crowd").save(home / "plan.json")
    started = time.monotonic()
    submitted, errors = _submitted(plan, n)
    took = time.monotonic() - started
    _carried_out(submitted, started + n * SECONDS_A_RUN)
    how = f"{n} runs of {N_CLIENTS} clients, submitted in {took:.1f} s, half of them by clients that list the runs"
    once = sum(_once(run) for run in submitted)
    yield Figure("crowd", "runs carried out exactly once", once, "runs", "at least", (n,), how)
    yield Figure("crowd", "clients and commands that met an error", errors, "clients", "at most", (0,), how)
    unknown = len({status.run for status in store.runs()} ^ set(submitted))
    yield Figure("crowd", "rows without a submission, or the other way", unknown, "runs", "at most", (0,), how)
    log = (home / "supervisor.log").read_text()
    lines = sum("locked" in line or "Traceback" in line for line in log.splitlines())
    yield Figure("crowd", "lock errors in the supervisor's log", lines, "lines", "at most", (0,), how)


def _submitted(plan: Path, n: int) -> tuple[list[str], int]:
    """The ids that the clients got, and how many of the clients ended in an error or wrote one."""
    share = [n // N_CLIENTS + (index < n % N_CLIENTS) for index in range(N_CLIENTS)]
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(plan), str(share[index]), "looks" if index % 2 else "submits"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for index in range(N_CLIENTS)
    ]  # fmt: skip
    listing = [sys.executable, "-m", "advisor.cli.main", "runs", "list", "--json"]
    looking = [subprocess.run(listing, capture_output=True) for _ in range(3)]
    answers = [client.communicate() for client in clients]
    runs: list[str] = [run for out, _ in answers for run in _ids(out)]
    wrong = sum(client.returncode != 0 or "rror" in err for client, (_, err) in zip(clients, answers, strict=True))
    return runs, wrong + sum(process.returncode != 0 for process in looking)


def _ids(out: str) -> list[str]:
    lines: list[Any] = [json.loads(line) for line in out.splitlines() if line.startswith("[")]
    return list(lines[-1]) if lines else []


def _carried_out(runs: list[str], until: float) -> None:
    """Wait until none is unfinished, as somebody who looks now and then."""
    while store.unfinished() and time.monotonic() < until:
        supervisor.ensure()
        time.sleep(1.0)


def _once(run: str) -> bool:
    entry = store.row(run)
    attempts = [event for event in events(run) if event["event"] == "attempt"]
    done = entry["state"] == "done" and RunFiles(store.runs_folder() / run).report.is_file()
    return done and entry["attempts"] == len(attempts) == 1
