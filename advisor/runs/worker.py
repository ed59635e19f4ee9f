"""One run in a process of its own: ``python -m advisor.runs.worker RUN_DIRECTORY``.

The worker writes only into its run's folder and the caches, and knows no store, supervisor or page. Under a launcher
of several processes it sees only RANK, WORLD_SIZE and the meeting point (MASTER_ADDR, MASTER_PORT): process 0 carries
the run out, the others take part in its fits and write nothing.
"""

from __future__ import annotations

import dataclasses
import faulthandler
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core import disk, storage
from advisor.core.errors import PeopleError, ProcessLost
from advisor.core.stopping import Stopped
from advisor.core.wording import counted, duration, times
from advisor.core.workspace import RunFiles
from advisor.runs import processes, tracking
from advisor.runs.reporter import Reporter
from advisor.runs.stopping import Stopping, was_stopped
from advisor.runs.time_left import READING_SHARE
from probes.errors import first_line
from probes.memory import is_out_of_memory

if TYPE_CHECKING:
    from advisor.core.records import Plan
    from advisor.rungs.context import Outcome, RunContext
    from advisor.rungs.saved.loading import Model
    from probes.progress import Progress

LOG = logging.getLogger("advisor.worker")
NO_PLAN = 66  # sysexits' EX_NOINPUT
TAKEN = 75  # sysexits' EX_TEMPFAIL: another worker has this run
LOST = 69  # sysexits' EX_UNAVAILABLE: another process of the run is gone, and the run must be launched again
LAST_WORDS_SECONDS = 2.0  # process 0 may be writing why it failed, and a launcher ends all once one has
NICENESS = 5  # the page that shows the run must stay fast
HELD_OUT_SHARE = 0.3  # of the time left, for asking a model about held-out items one by one
LEAST_READ = 0.1  # of the test part, before its pace says how long the rest takes
OVERRUN = 1.05  # times the limit, from where the report says so
LEAST_SECONDS = 10.0  # a resumed run gets at least this long, however much of its budget is spent


def main(folder: Path) -> int:
    """Carry out the plan in `folder`; returns the exit status (0 also for a failure that state.json reports)."""
    if not RunFiles(folder).plan.is_file():
        print(f"{folder} is not a run's folder: it has no plan.json.", file=sys.stderr)
        return NO_PLAN
    if int(os.environ.get("RANK", "0")) > 0:
        return take_part(folder)
    lock = processes.take_lock(RunFiles(folder).lock, timeout_seconds=1.0)
    if lock is None:
        return TAKEN
    _prepare()
    storage.sweep(folder)  # what an attempt that was killed was just writing
    reporter = Reporter(folder)
    reporter.start()
    stopping = Stopping(RunFiles(folder), lambda: give_up(folder, reporter))
    stopping.watch()
    return _carried_out(folder, reporter, stopping)


def _carried_out(folder: Path, reporter: Reporter, stopping: Stopping) -> int:
    """The work to its end, whatever that is; returns the exit status."""
    ending = _ending(folder, reporter, stopping)
    stopping.over()
    if ending is None:
        return LOST  # without a final state: this launch can save nothing, the next resumes from the checkpoint
    reporter.end(*ending)
    tracking.begin(folder)
    return 0


def _ending(folder: Path, reporter: Reporter, stopping: Stopping) -> tuple[str, str] | None:
    """The final state of the run and its cause; None where another process of it was lost."""
    try:
        return work(folder, reporter, stopping.is_asked)
    except Stopped:
        return "stopped", was_stopped(folder)
    except ProcessLost as error:
        LOG.error("%s", error)
        return None
    except PeopleError as error:
        LOG.error("%s", error)
        return "failed", str(error)
    except Exception as error:
        LOG.exception("The run failed.")
        return "failed", _why_it_failed(folder, reporter.stage, error)


def _why_it_failed(folder: Path, stage: str, error: Exception) -> str:
    if is_out_of_memory(error):
        return out_of_memory(folder, stage)
    if sentence := disk.explained(error):
        return sentence
    cause = f"{type(error).__name__}: {first_line(error)}"
    return f"{cause.rstrip('.')}. The whole message is in {RunFiles(folder).log}."


def give_up(folder: Path, reporter: Reporter) -> None:
    """End this process in the middle of its work, stopped, with the model that is in the folder."""
    reporter.end("stopped", was_stopped(folder))
    tracking.begin(folder)
    os._exit(0)


def out_of_memory(folder: Path, stage: str) -> str:
    """The cause of a run that failed for lack of memory: where, what is kept, and what to do."""
    kept = " Its model is kept, without a report." if RunFiles(folder).model.is_file() else ""
    return (
        f"Out of memory at the stage “{stage}”.{kept} Close other programs and go on with: advisor runs resume "
        f"{folder.name}. Or choose a smaller backbone."
    )


def take_part(folder: Path) -> int:
    """The work of every process but the first: its share of each fit; returns the exit status."""
    from advisor.core.records import Plan
    from advisor.training import loop, parallel
    from probes.device import pick

    _prepare()
    try:
        with parallel.joined(pick(Plan.load(RunFiles(folder).plan).device)) as crew:
            if crew is not None:
                loop.take_part(crew)
    except ProcessLost as error:
        LOG.error("%s", error)
        time.sleep(LAST_WORDS_SECONDS)
        return LOST
    return 0


def _prepare() -> None:
    faulthandler.enable()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.captureWarnings(True)
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def work(folder: Path, reporter: Reporter, should_stop: Callable[[], bool]) -> tuple[str, str]:
    """Execute the plan and report on it; returns the final state, "done" or "stopped", and its cause.

    Raises Stopped where a stop ends it before the rung has an outcome, or in the middle of the report.
    """
    from advisor.core.records import Plan
    from advisor.data.changes import check_unchanged
    from advisor.data.store import planned
    from advisor.rungs.context import RunContext
    from advisor.runs import resuming
    from advisor.training import parallel
    from probes.device import pick

    plan = Plan.load(RunFiles(folder).plan)
    dataset = planned(plan)
    check_unchanged(dataset)
    dropped = resuming.drop_damaged(folder)
    if dropped:
        reporter.forget()
    reporter.budget_seconds = plan.budget_seconds
    reporter.begin()
    context = RunContext(
        plan=plan,
        dataset=dataset,
        directory=folder,
        device=pick(plan.device),
        deadline=deadline(plan, reporter),
        emit=reporter.emit,
        should_stop=should_stop,
        kept=reporter.kept,
        say=reporter.say,
    )
    context.reads = lambda each: reporter.expect_reading(reading_seconds(context, each))
    if plan.situation is not None and plan.situation.seconds_per_item:
        context.reads(plan.situation.seconds_per_item)
    reporter.device = context.device
    with parallel.joined(context.device):
        return carry_out(context, reporter, resuming.sentences(dropped))


def carry_out(context: RunContext, reporter: Reporter, damage: tuple[str, ...] = ()) -> tuple[str, str]:
    """The rung, then its report, then the hashes of what came out. Raises Stopped between any two steps."""
    from advisor.advice.outlook.ledger import note_outcome
    from advisor.rungs.saved.loading import load
    from advisor.runs.relearn import restore_ledger
    from advisor.runs.report.report import report

    context.stage("Starting", 0.0, 0.0)("", 0.0)
    outcome = execute(context)
    if outcome.stopped:
        return "stopped", "It was stopped; the best model so far is kept, without a report."
    outcome = dataclasses.replace(outcome, sentences=(*outcome.sentences, *interrupted(reporter), *damage))
    tell = context.stage("Reading the test part", READING_SHARE, 1.0)
    tell("", 0.0)
    reporter.read()
    plan, dataset = context.plan, context.dataset
    n_test = counted(len(dataset.where("test")), "test item")
    context.say(f"The model is saved. It now meets {n_test} for the first time: nothing was chosen by them.")
    outcome = dataclasses.replace(outcome, sentences=(*outcome.sentences, *overrun(context.plan, reporter.seconds)))
    model = load(context.directory, context.device)  # as a user will load it
    held_out_said(context, model)
    tell = timed_reading(tell, reporter)
    written = report(plan, dataset, model, context.directory, outcome, reporter.seconds, tell, context.deadline)
    restore_ledger()
    note_outcome(plan, written, None if reporter.interruptions else context.items)
    storage.write_manifest(context.directory, [path.name for path in context.files.lasting if path.exists()])
    return "done", ""


def reading_seconds(context: RunContext, each: float) -> float:
    """Seconds to read the test part and the shifted one, of classes also what is held out, at `each` for an item.

    Of questions those that the time allows are answered, and a few in any case.
    """
    from advisor.advice.budgets import LEAST_QUESTIONS
    from advisor.core.kinds import kind_row
    from advisor.rungs import common

    task, n = kind_row(context.plan.kind).task, len(context.dataset.where("test"))
    if task == "classification":
        return common.report_seconds(context, each)
    if task == "answering":
        return common.ENDING_SECONDS + min(each * n, max(each * min(n, LEAST_QUESTIONS), context.seconds_left))
    return common.ENDING_SECONDS + each * n


def timed_reading(tell: Progress, reporter: Reporter) -> Progress:
    """The progress of reading the test part, which also says how long the rest of it takes."""
    began = time.monotonic()

    def told(sentence: str, share: float) -> None:
        tell(sentence, share)
        if share >= LEAST_READ:
            reporter.read((time.monotonic() - began) * (1.0 - share) / share)

    return told


def held_out_said(context: RunContext, model: Model) -> None:
    """What the model says of held-out items, for its threshold; a run without them is as good."""
    from advisor.runs import threshold

    try:
        threshold.held_out(
            context.plan, context.dataset, context.directory, model, HELD_OUT_SHARE * context.seconds_left
        )
    except PeopleError as error:
        LOG.info("%s", error)


def overrun(plan: Plan, seconds: float) -> tuple[str, ...]:
    """That the run took longer than its limit before the test part was read, and why, for the report."""
    from advisor.core.ladder import rung

    limit = plan.budget_seconds
    if seconds < OVERRUN * limit:
        return ()
    why = (
        "The number of steps is planned from a timed step, and the machine was slower afterwards."
        if rung(plan.rung).changes_weights
        else "Loading the model and reading the items took the time; neither can be cut short."
    )
    return (f"It took {duration(seconds)} before the test part was read, over its limit of {duration(limit)}. {why}",)


def execute(context: RunContext) -> Outcome:
    """The rung's outcome; one that an earlier attempt reached before it died is read from the folder."""
    from advisor.rungs import registry
    from advisor.rungs.context import Outcome
    from advisor.training import checkpoints

    path = context.files.outcome
    if path.is_file():
        return Outcome(**storage.read_object(path))
    outcome = registry.execute(context)
    storage.write_json(path, dataclasses.asdict(outcome))
    context.kept()
    checkpoints.clear(context.files.checkpoint)  # only now: until here a kill would lose the training
    return outcome


def interrupted(reporter: Reporter) -> tuple[str, ...]:
    """How often the run was interrupted and what was repeated, for the report; nothing where it never was."""
    if not reporter.interruptions:
        return ()
    return (
        f"The run was interrupted {times(reporter.interruptions)} and resumed; work of "
        f"{duration(reporter.redone_seconds)} was lost, repeated and not counted.",
    )


def deadline(plan: Plan, reporter: Reporter) -> float:
    """The moment (on the monotonic clock) by which the run should be over, including earlier attempts."""
    return time.monotonic() + max(LEAST_SECONDS, plan.budget_seconds - reporter.seconds)


if __name__ == "__main__":
    status = main(Path(sys.argv[1]).resolve())
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # a library's thread that lingers must not keep the device
