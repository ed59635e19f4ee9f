"""The report: the locked test part is read here, once, and compared with what was predicted."""

from __future__ import annotations

import math
import time
from pathlib import Path

from advisor.core import storage
from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Dataset, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.rungs.context import Outcome
from advisor.rungs.saved.loading import Model
from advisor.runs.report import answering, classification, multilabel, tagging
from advisor.runs.report.results import Test
from probes.progress import Progress, silent

TESTS: dict[TaskName, Test] = {
    "classification": classification.test,
    "answering": answering.test,
    "multilabel": multilabel.test,
    "tagging": tagging.test,
}


def report(
    plan: Plan,
    dataset: Dataset,
    model: Model,
    directory: Path,
    outcome: Outcome,
    seconds: float,
    progress: Progress = silent,
    deadline: float = math.inf,
) -> RunReport:
    """Test the model on the test part (and the shifted one), and write ``report.json``.

    ``seconds``: what the run took until now. ``deadline``: when testing should end, on the monotonic clock. Raises
    RunError when the dataset has no test items that can be read.
    """
    started = time.monotonic()
    results = TESTS[kind_row(dataset.kind).task](plan, dataset, model, progress, deadline)
    first, *others = results.sentences
    content = RunReport(
        run=plan.run,
        rung=plan.rung,
        metric=plan.metric,
        promised=plan.promised,
        validation=outcome.validation,
        seconds=seconds + time.monotonic() - started,
        device=outcome.device,
        precision=outcome.precision,
        dropped=outcome.dropped,
        gained_nothing=outcome.gained_nothing,
        partial=outcome.partial,
        sentences=(first, *filter(None, (outcome.partial,)), *others, *outcome.sentences),
        **results.fields,
    )
    if results.predictions is not None:
        storage.write_bytes(RunFiles(directory).predictions, results.predictions.to_parquet(index=False))
    content.save(RunFiles(directory).report)
    return content
