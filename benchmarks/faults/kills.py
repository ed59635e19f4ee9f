"""SIGKILL at random moments, to the worker, its supervisor, whoever submitted the run, or all of them.

Moments are drawn over the whole of an undisturbed run; every fourth kill waits until a checkpoint is being written. A
run counts where it ended by itself, with the weights of the undisturbed run, bit by bit, and left nothing behind.
``ADVISOR_KILLS`` sets how many (50); what was done is kept, and a second call goes on where the first one stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from advisor.core import storage
from advisor.core.records import Plan
from advisor.core.workspace import RunFiles
from advisor.runs import store, supervisor
from benchmarks.faults import short_runs
from benchmarks.figures import Figure

SEED = 17
#: One in so many kills falls into the writing of a checkpoint.
WRITING_EVERY = 4
VICTIMS = ("worker", "supervisor", "submitter", "all")
#: The kinds in turn; the plain one more often, since it writes the most checkpoints.
ORDER = (
    "fine-tune", "few images", "few images", "fine-tune", "scratch", "few texts", "frozen", "scratch", "few images",
    "fine-tune", "few texts", "few images", "fine-tune with a race", "fine-tune", "scratch", "few images",
)  # fmt: skip
#: Kinds that share a workspace, by its number: one worker at a time has the device of a workspace.
LANES = {
    0: ("few images",),
    1: ("fine-tune", "frozen", "fine-tune with a race"),
    2: ("few texts", "scratch"),
}
TIMEOUT_SECONDS = 600.0
SUBMITTER = """
import sys, time
from pathlib import Path
from advisor.core.records import Plan
from advisor.runs import store, supervisor
run = store.submit(Plan.load(Path(sys.argv[1])))
supervisor.ensure()
print(run, flush=True)
time.sleep(3600)
"""


def figures() -> Iterator[Figure]:
    """Runs that ended, that ended in the same weights, and that left nothing behind."""
    n = int(os.environ.get("ADVISOR_KILLS", "50"))
    lanes = [subprocess.Popen([sys.executable, "-m", "benchmarks.faults.kills", str(lane), str(n)]) for lane in LANES]
    for lane in lanes:
        lane.wait()
    homes = [short_runs.use_workspace(f"kills {lane}") for lane in LANES]
    known = [line for home in homes for line in storage.read_lines(home / "kills.jsonl")]
    lines = [line for line in known if line["number"] < n]
    phantoms = sum(len(_phantoms(short_runs.use_workspace(home.name))) for home in homes)
    left = ", ".join(sorted({word for line in lines for word in line["left"]})) or "nothing"
    writing = sum(line["writing"] for line in lines)
    how = (
        f"{len(lines)} kills, seed {SEED}, {writing} of them while a checkpoint was being written; kinds in turn: "
        f"{', '.join(dict.fromkeys(ORDER))}"
    )
    yield _figure("runs that ended after a kill", sum(line["state"] == "done" for line in lines), n, how)
    yield _figure("ended in the weights of an undisturbed run", sum(line["same"] for line in lines), n, how)
    yield _figure("left nothing behind", sum(not line["left"] for line in lines), n, f"left: {left}")
    yield _figure("processes and unfinished rows at the end", phantoms, 0, "after the last run")


def main() -> None:
    """One lane, whose kinds are disturbed in a workspace of its own; what is on record is not done again."""
    lane, n = int(sys.argv[1]), int(sys.argv[2])
    home = short_runs.use_workspace(f"kills {lane}")
    record = home / "kills.jsonl"
    done = {line["number"] for line in storage.read_lines(record)}
    for number in range(n):
        if number not in done and ORDER[number % len(ORDER)] in LANES[lane]:
            line = one(home, number)
            storage.append_line(record, line)
            print(json.dumps(line), file=sys.stderr, flush=True)


def _figure(name: str, value: float, bound: float, how: str) -> Figure:
    return Figure("kills", name, value, "runs", "at least" if bound else "at most", (bound,), how)


def one(home: Path, number: int) -> dict[str, Any]:
    """Disturb one run, see it to its end and compare; drawn again where the run had ended before its moment."""
    name = ORDER[number % len(ORDER)]
    plain = _undisturbed(home, name)
    for attempt in range(20):
        rng = np.random.default_rng([SEED, number, attempt])
        line = _disturbed(home, name, number, rng, plain)
        if line is not None:
            return line
    raise AssertionError(f"every moment of kill {number} came after the end of its run")


def _disturbed(
    home: Path, name: str, number: int, rng: np.random.Generator, plain: dict[str, Any]
) -> dict[str, Any] | None:
    victim, moment = str(rng.choice(VICTIMS)), float(rng.uniform(0.0, plain["seconds"]))
    writing = number % WRITING_EVERY == WRITING_EVERY - 1 and name != "frozen"
    victim = str(rng.choice(("worker", "all"))) if writing else victim
    run, submitter, started = _submitted(home, short_runs.plan_of(home, name))
    try:
        if writing:
            moment = _when_writing(run, started, float(rng.uniform(0.0, 0.03)), skip=int(rng.integers(0, 3)))
        else:
            time.sleep(max(0.0, started + moment - time.monotonic()))
        if store.status(run).state in store.ENDED:
            return None
        stage = store.read_state(store.runs_folder() / run).get("stage", "")
        _kill(home, run, submitter, victim)
        status = short_runs.ended(run, TIMEOUT_SECONDS)
    finally:
        submitter.kill()
        submitter.wait()
    _settled(run)
    return {
        "number": number, "kind": name, "victim": victim, "moment": round(moment, 2), "stage": stage,
        "writing": writing, "run": run, "state": status.state, "attempts": status.attempts, "cause": status.cause,
        "same": short_runs.same_weights(short_runs.weights_of(run), short_runs.weights_of(plain["run"])),
        "left": list(short_runs.left_behind(run)), "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def _submitted(home: Path, plan: Plan) -> tuple[str, subprocess.Popen[str], float]:
    path = plan.save(home / "plan.json")
    submitter = subprocess.Popen([sys.executable, "-c", SUBMITTER, str(path)], stdout=subprocess.PIPE, text=True)
    assert submitter.stdout is not None
    run = submitter.stdout.readline().strip()
    return run, submitter, time.monotonic()


def _when_writing(run: str, started: float, later: float, skip: int) -> float:
    """Wait for a temporary file in the run's checkpoint and a little longer; the seconds since the start."""
    checkpoint, seen = RunFiles(store.runs_folder() / run).checkpoint, set[Path]()
    while len(seen) <= skip and store.status(run).state not in store.ENDED:
        with_dots = set(checkpoint.rglob(".*.safetensors.*")) if checkpoint.is_dir() else set()
        seen |= with_dots
        time.sleep(0.002)
    time.sleep(later)
    return time.monotonic() - started


def _kill(home: Path, run: str, submitter: subprocess.Popen[str], victim: str) -> None:
    victims: list[psutil.Process] = []
    if victim in ("worker", "all"):
        victims += short_runs.running(home, *short_runs.WORKERS)
    if victim in ("supervisor", "all"):
        victims += short_runs.running(home, *short_runs.SUPERVISOR)
    if victim in ("submitter", "all"):
        submitter.kill()
    for process in victims:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:  # it had ended by itself
            continue


def _settled(run: str, seconds: float = 20.0) -> None:
    """Wait until the supervisor has noted the end and the worker has let go of its lock."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(short_runs.left_behind(run)):
        supervisor.ensure()
        time.sleep(0.25)


def _undisturbed(home: Path, name: str) -> dict[str, Any]:
    """The same run without a kill, carried out once with a warm cache: its id and its seconds."""
    path = home / f"undisturbed {name}.json"
    if path.is_file():
        plain: dict[str, Any] = storage.read_json(path)
        return plain
    for _ in range(2):  # the first fills the cache of features
        run, submitter, started = _submitted(home, short_runs.plan_of(home, name))
        status = short_runs.ended(run, TIMEOUT_SECONDS)
        seconds = time.monotonic() - started
        submitter.kill()
        submitter.wait()
        assert status.state == "done", status.cause
    storage.write_json(path, {"run": run, "seconds": seconds})
    return {"run": run, "seconds": seconds}


def _phantoms(home: Path) -> list[str]:
    """Workers that still live, rows that are unfinished, folders without a row and rows without a folder."""
    folders = {path.name for path in store.runs_folder().iterdir()}
    rows = {status.run for status in store.runs()}
    odd = [*(folders ^ rows), *(entry["run"] for entry in store.unfinished())]
    return odd + [str(process.pid) for process in short_runs.running(home, *short_runs.WORKERS)]


if __name__ == "__main__":
    main()
