"""One task carried out: what the probes see before any training, then every rung at a fixed budget.

A run's length is fixed in steps, not seconds, so that a busy machine changes its seconds and not its value. Each rung
runs in a forked process: that gives its own processor seconds and peak memory, and what dies takes nothing along. The
feature cache is put back before each, so that no rung reads what another has paid for.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.advice.outlook.signals import counts_words
from advisor.advice.outlook.tasks import outlook_of, situation_of
from advisor.advice.planning import plan_of
from advisor.core.kinds import TaskName, kind_row
from advisor.core.ladder import FRESH, RUNG_NAMES, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Dataset, Estimate, Evidence, Goal, Plan, Situation
from advisor.data.features import feature_cache, load_backbone
from advisor.training import few
from benchmarks.ladder.answers import TUNED as TUNED_NETWORK
from benchmarks.ladder.answers import Heard, comparisons, heard_from
from benchmarks.ladder.tasks import Task

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry

#: For the probes, by task.
ADVICE_SECONDS: dict[TaskName, float] = {"classification": 20.0, "answering": 60.0, "multilabel": 20.0, "tagging": 20.0}
#: The clock ends no run of images or texts; answering takes as long as it is given. Words are trained for the recipe's
#: eight passes, which are over long before the clock.
RUN_SECONDS: dict[TaskName, float] = {
    "classification": 600.0, "answering": 90.0, "multilabel": 600.0, "tagging": 600.0,
}  # fmt: skip
PROMPT_SECONDS = 60.0
#: Steps by labelled items: (up to so many, fine-tuning, scratch). Texts count words from scratch, which takes no steps;
#: what is fine-tuned with few labels has the length that the recipe gives it.
STEPS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "image": ((100, 150, 100), (400, 150, 150), (12_000, 150, 200), (10**9, 1250, 1250)),
    "text": ((100, 40, 0), (400, 60, 0), (12_000, 80, 0), (10**9, 80, 0)),
}
#: The recipe's batch is 16 below so many training items, else 32.
SMALL_BATCHES = 1500


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was known before any training: the situation, the estimates (they carry settings for the plans)."""

    evidence: Evidence
    situation: Situation
    estimates: tuple[Estimate, ...]


def task_of(dataset: Dataset) -> TaskName:
    """What is to be said about its items."""
    return kind_row(dataset.kind).task


def look(task: Task, dataset: Dataset) -> Seen:
    """Gather evidence and time training steps, and what both took.

    Not counted is what trying every rung would need too and no rung pays for: what a machine does once for all datasets
    (importing libraries, choosing kernels, the names of ImageNet's classes), and the index of a set's documents.
    """
    from advisor.evidence.classification import measure
    from advisor.evidence.gather import model_of
    from probes.features import clear
    from probes.progress import silent

    budget = ADVICE_SECONDS[task_of(dataset)]
    clear(feature_cache())
    once(dataset)
    clock = Clock()
    if task_of(dataset) == "classification":
        evidence = measure(dataset, entry_of(task), budget)
    else:  # with the default model of the kind
        evidence = model_of(dataset, None).measure(dataset, budget, silent)
    first, outlook = clock.lap(), outlook_of(dataset.kind)
    steps = outlook.time_steps(dataset, evidence, RUNG_NAMES)
    situation = situation_of(dataset, evidence, steps)
    estimates = outlook.estimates(situation, evidence, Goal(budget_seconds=budget))
    second = clock.lap()
    situation = situation.model_copy(
        update={
            "probe_seconds": first[0], "probe_cpu_seconds": first[1],
            "steps_seconds": second[0], "steps_cpu_seconds": second[1],
        }
    )  # fmt: skip
    return Seen(evidence, situation, estimates)


def once(dataset: Dataset) -> None:
    """Load the models and embed the names of ImageNet's classes; of questions, index the documents."""
    from advisor.data.class_names import embed_names
    from advisor.data.search_index import index_of
    from advisor.llm.models import kept_language_model
    from probes.backbones import catalog

    if dataset.kind == "qa":
        kept_language_model()
        index_of(dataset)
        return
    entry = catalog.default(kind_row(dataset.kind).modality)
    embed_names(("this", "that"), load_backbone(entry, entry.usual_input, "cpu"))
    if task_of(dataset) == "classification" and dataset.kind == "text":
        kept_language_model()


def entry_of(task: Task) -> Entry:
    """The default backbone of the task's kind, at the source's input."""
    from probes.backbones import catalog

    entry = catalog.default(kind_row(task.source.kind).modality)
    return dataclasses.replace(entry, input_size=task.source.px) if task.source.px else entry


def carry(task: Task, dataset: Dataset, seen: Seen, rung: RungName) -> dict[str, Any]:
    """The row of one rung; what cannot be carried out says why in its remark."""
    estimate = next(e for e in seen.estimates if e.rung == rung)
    if not row_of(rung).changes_weights and not estimate.available:
        return {"remark": estimate.reason}
    if rung == FRESH and task_of(dataset) == "answering":
        return {"remark": "priced, not carried out"}
    plan = pinned_plan(task, dataset, seen, estimate)
    row = _carried(plan, dataset)
    tuned_again = task_of(dataset) == "classification"
    if tuned_again and row_of(rung).falls_back_to and row.get("kept") == 0 and row.get("held_tuned") is not None:
        # what was dropped is tuned once more and kept, for what it would have reached
        whole = _carried(plan, dataset, keep=True)
        own = [answer for answer in whole.pop("answers", []) if answer["who"] == TUNED_NETWORK]
        row = {**row, "tuned_value": whole.get("value"), "answers": [*row["answers"], *own]}
    elif row.get("kept") == 1:
        row["tuned_value"] = row["value"]
    return row


def _carried(plan: Plan, dataset: Dataset, keep: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _cache_put_back():
        plan.save(Path(folder) / "plan.json")
        return in_a_fork(lambda: _row(plan, dataset, Path(folder), keep))


def pinned_plan(task: Task, dataset: Dataset, seen: Seen, estimate: Estimate) -> Plan:
    """The plan as the advice would make it, its length fixed in steps and nothing raced."""
    rung = estimate.rung
    prompted = task_of(dataset) != "answering" and not row_of(rung).trains
    seconds = PROMPT_SECONDS if prompted else RUN_SECONDS[task_of(dataset)]
    settings = {**estimate.settings, **fixed(task, dataset, rung)}
    return plan_of(dataset, seen.evidence, rung, settings, seconds, "cpu", task.seed)


def fixed(task: Task, dataset: Dataset, rung: RungName) -> dict[str, Any]:
    """What the bench pins, so that the clock decides nothing."""
    from advisor.rungs import few_labels
    from advisor.training.modality import modality_of

    if task_of(dataset) in ("answering", "tagging"):
        return {}
    n = len(dataset.where("train", "val"))
    _, tuned, fresh = next(row for row in STEPS[kind_row(dataset.kind).modality] if n <= row[0])
    rates = modality_of(dataset.kind).learning_rates
    pinned: dict[str, Any] = {}
    if rung == TUNED and (task_of(dataset) != "classification" or not few_labels.applies(dataset)):
        pinned |= {"learning_rate": rates[TUNED], "steps": tuned}
    if rung == FRESH:
        words = counts_words(dataset.kind, rung)
        pinned |= (
            {"architecture": "words"}
            if words
            else {"architecture": "small", "learning_rate": rates[FRESH], "steps": fresh}
        )
    return pinned


def items_of(dataset: Dataset, plan: Plan) -> int:
    """Items that pass through a training step in a run of fixed length; 0 for what is not trained in steps."""
    from advisor.rungs import few_labels

    if plan.rung == TUNED and task_of(dataset) == "classification" and few_labels.applies(dataset):
        return int(few.items(few_labels.way_of(dataset), len(dataset.where("train", "val")), 0.0))
    steps = plan.settings.get("steps")
    return int(steps) * (16 if len(dataset.where("train")) < SMALL_BATCHES else 32) if isinstance(steps, int) else 0


def _row(plan: Plan, dataset: Dataset, folder: Path, keep: bool) -> dict[str, Any]:
    from advisor.rungs import registry
    from advisor.rungs.context import RunContext
    from advisor.rungs.saved.loading import load
    from advisor.runs.report.report import report

    clock, heard = Clock(), Heard()
    context = RunContext(plan, dataset, folder, "cpu", time.monotonic() + plan.budget_seconds)
    with comparisons(heard, keep):
        outcome = registry.execute(context)
    seconds, cpu_seconds = clock.lap()
    tuned = row_of(plan.rung).falls_back_to and not outcome.dropped
    model = heard_from(load(folder, "cpu"), heard, TUNED_NETWORK if tuned else plan.rung, dataset)
    tested = report(plan, dataset, model, folder, outcome, seconds, deadline=context.deadline)
    test_seconds = clock.lap()
    return {
        "metric": tested.metric,
        "value": tested.test.value,
        "low": tested.test.low,
        "high": tested.test.high,
        "n_test": tested.test.n,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "test_cpu_seconds": test_seconds[1],
        "items": items_of(dataset, plan),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "validation": outcome.validation.get("value"),
        "kept": int(not outcome.dropped) if row_of(plan.rung).falls_back_to else None,
        **{f"held_{name}": outcome.validation.get(name) for name in ("frozen", "tuned", "gain_error")},
        "held_items": outcome.validation.get("n") if "tuned" in outcome.validation else None,
        "answers": heard.rows(),
        "remark": "",
    }


def in_a_fork(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` returns in a child process; a remark with the cause when it raises or dies."""
    from advisor.core.errors import PeopleError

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer = work()
        except PeopleError as error:
            answer = {"remark": str(error)}
        except BaseException as error:
            traceback.print_exc()
            answer = {"remark": f"{type(error).__name__}: {error}"[:300]}
        with os.fdopen(write, "w") as pipe:
            json.dump(answer, pipe, default=float)
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        document = pipe.read()
    os.waitpid(child, 0)
    return json.loads(document) if document else {"remark": "the process died"}


@contextmanager
def _cache_put_back() -> Iterator[None]:
    """The feature cache after the block is what it was before."""
    cache = feature_cache()
    with tempfile.TemporaryDirectory(dir=cache.parent) as kept:
        if cache.is_dir():
            shutil.copytree(cache, Path(kept) / "features", copy_function=shutil.copy2)
        yield
        shutil.rmtree(cache, ignore_errors=True)
        if (Path(kept) / "features").is_dir():
            (Path(kept) / "features").rename(cache)


class Clock:
    """Seconds on the wall and of this process since the last lap."""

    def __init__(self) -> None:
        self._at = time.monotonic(), time.process_time()

    def lap(self) -> tuple[float, float]:
        """(wall, processor) seconds since the last one."""
        now = time.monotonic(), time.process_time()
        before, self._at = self._at, now
        return now[0] - before[0], now[1] - before[1]


def version() -> str:
    """The commit that was measured with, or the package's version outside a checkout."""
    from advisor import __version__

    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or __version__


__all__ = ["Seen", "carry", "entry_of", "look", "version"]
