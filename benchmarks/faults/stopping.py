"""A stop in each stage of each kind of run: seconds until the run has ended, and whether its best state is usable.

The run is stopped a random moment after it has entered a stage. Where it had a model by then, or anything that one is
made of, the model must load and predict. ``ADVISOR_STOPS`` sets how many runs are stopped (30).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from advisor import api
from advisor.core.records import Dataset
from advisor.core.workspace import RunFiles
from advisor.runs import store
from benchmarks.faults import short_runs
from benchmarks.figures import Figure

SEED = 17
BOUND_SECONDS = 5.0
TIMEOUT_SECONDS = 300.0
#: Kind of run, and how the stage begins in which it is stopped.
STAGES = (
    ("fine-tune with a race", "Race"),
    ("fine-tune", "Training"),
    ("fine-tune", "Comparing layers"),
    ("few images", "Training without"),
    ("few images", "Training"),
    ("few texts", "Training without"),
    ("few texts", "Training"),
    ("scratch", "Training"),
    ("frozen", "Extracting features"),
    ("frozen", "Starting"),
    ("LoRA", "Training"),
    ("LoRA", "Answering validation questions"),
    ("reader", "Reading questions"),
)
#: After these a stopped run has a model: the frozen one at least.
WITH_MODEL = ("Race", "Training", "Training without", "Answering validation questions")


def figures() -> Iterator[Figure]:
    """Seconds from the request to the end, and models that load and predict."""
    n = int(os.environ.get("ADVISOR_STOPS", "30"))
    home = short_runs.use_workspace("stopping")
    lines = short_runs.trials(home / "stops.jsonl", n, lambda number: one(home, number))
    stopped = [line for line in lines if line["state"] == "stopped"]
    seconds = [line["seconds"] for line in stopped]
    how = f"{len(stopped)} of {n} runs stopped in time, over {len({(s['kind'], s['stage']) for s in stopped})} stages"
    longest = max(seconds, default=0.0)
    yield Figure("stopping", "longest time to the end", longest, "s", "at most", (BOUND_SECONDS,), how)
    yield Figure("stopping", "median time to the end", float(np.median(seconds or [0.0])), "s", "none", (), how)
    due = [line for line in stopped if line["due"]]
    usable = sum(line["usable"] for line in due)
    yield Figure(
        "stopping", "models usable after the stop", usable, "runs", "at least", (len(due),), "load and predict"
    )


def one(home: Path, number: int) -> dict[str, Any]:
    """Stop one run."""
    kind, stage = STAGES[number % len(STAGES)]
    rng = np.random.default_rng([SEED, number])
    plan = short_runs.plan_of(home, kind, seed=number)
    run = api.start(plan.model_copy(update={"settings": {**plan.settings, **_longer(kind)}}))
    until = time.monotonic() + TIMEOUT_SECONDS
    while not (now := _stage(run)).startswith(stage) and time.monotonic() < until:
        if store.status(run).state in store.ENDED:
            break
        time.sleep(0.02)
    time.sleep(float(rng.uniform(0.0, 2.0)))
    started = time.monotonic()
    store.request_stop(run)
    state = short_runs.ended(run, TIMEOUT_SECONDS).state
    return {
        "number": number, "kind": kind, "stage": stage, "at": now, "run": run, "state": state,
        "seconds": round(time.monotonic() - started, 2), "due": stage in WITH_MODEL and kind != "scratch",
        "usable": _usable(run, short_runs.dataset_of(home, short_runs.KINDS[kind].data)),
    }  # fmt: skip


def _longer(kind: str) -> dict[str, Any]:
    """More steps than the run can take before it is stopped."""
    return {"steps": 400} if "steps" in short_runs.KINDS[kind].settings else {}


def _stage(run: str) -> str:
    return str(store.read_state(store.runs_folder() / run).get("stage", ""))


def _usable(run: str, dataset: Dataset) -> bool:
    """Whether the run's model loads and labels an item of its data, or answers a question."""
    if not RunFiles(store.runs_folder() / run).model.is_file():
        return False
    model: Any = api.load(run)
    if dataset.kind == "qa":
        return bool(model.answer([str(dataset.items["text"].iloc[0])])[0].text)
    column = "text" if dataset.kind == "text" else "path"
    value = str(dataset.items[column].iloc[0])
    item = value if dataset.kind == "text" else str(Path(dataset.source) / value)
    return model.predict([item])[0].label in dataset.classes
