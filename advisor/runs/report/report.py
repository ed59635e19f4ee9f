"""The report: the locked test part is read here, once, and set against what was promised."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from advisor.advice.promise import against
from advisor.core.records import Dataset, Mistake, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.rungs.context import Outcome
from advisor.rungs.saved.answering import Answerer
from advisor.rungs.saved.model import Predictor
from advisor.runs.report.answering import report_answers
from probes.folds import spread_order
from probes.interval import measured_score
from probes.measured import Measured
from probes.progress import Progress, silent

MOST_MISTAKES = 40


def report(
    plan: Plan,
    dataset: Dataset,
    predictor: Predictor | Answerer,
    directory: Path,
    outcome: Outcome,
    seconds: float,
    progress: Progress = silent,
    deadline: float = math.inf,
) -> RunReport:
    """Predict the test part (and the shifted one), and write ``report.json``.

    ``seconds``: what the run took until now. ``deadline``: when answering test questions should end, on the monotonic
    clock. Raises RunError when the dataset has no test items that can be read.
    """
    started = time.monotonic()
    if isinstance(predictor, Answerer):
        return report_answers(plan, dataset, predictor, directory, outcome, seconds, progress, deadline)
    asked = affordable(predictor, dataset, dataset.where("test"))
    rows, probabilities, n_unreadable = _predicted(predictor, dataset, asked, progress)
    truth, predicted = dataset.labels[rows], probabilities.argmax(axis=1)
    n_classes = len(dataset.classes)
    test = measured_score(plan.metric, truth, predicted, n_classes, time.monotonic() - started)
    ood = _shifted(plan, predictor, dataset, progress)
    made = RunReport(
        run=plan.run,
        rung=plan.rung,
        metric=plan.metric,
        test=test,
        promised=plan.promised,
        classes=dataset.classes,
        confusion=confusion(truth, predicted, n_classes).tolist(),
        per_class=per_class(truth, predicted, dataset.classes),
        mistakes=worst_mistakes(dataset, rows, probabilities),
        ood=ood,
        validation=outcome.validation,
        seconds=seconds + time.monotonic() - started,
        device=outcome.device,
        precision=outcome.precision,
        dropped=outcome.dropped,
        sentences=(
            *sentences(plan, test, ood, n_unreadable),
            *part_only(len(asked), len(dataset.where("test"))),
            *outcome.sentences,
        ),
    )
    made.save(RunFiles(directory).report)
    return made


def affordable(predictor: Predictor, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """The rows, or a stratified part of them where each takes so long that the run's time allows no more.

    Only a language model's predictor says so (`report_items`); the part does not depend on anything predicted.
    """
    most: int | None = getattr(predictor, "report_items", None)
    if most is None or len(rows) <= most:
        return rows
    return np.sort(rows[spread_order(dataset.labels[rows])][:most])


def part_only(n: int, n_test: int) -> tuple[str, ...]:
    """Says so when only a part of the test items was read."""
    if n == n_test:
        return ()
    return (
        f"The time budget sufficed for {n:,} of {n_test:,} test items, a stratified part. A longer one reads more.",
    )


def _predicted(
    predictor: Predictor, dataset: Dataset, rows: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray, int]:
    """(rows that could be read, their probabilities (n, C), how many could not)."""
    from advisor.core.errors import RunError

    probabilities, ok = predictor.predict_rows(dataset, rows, progress)
    if not ok.any():
        raise RunError(
            "The test part has no item that can be read, so there is nothing to report. Check the data page."
        )
    return rows[ok], probabilities[ok], int((~ok).sum())


def _shifted(plan: Plan, predictor: Predictor, dataset: Dataset, progress: Progress) -> Measured | None:
    """The metric on the part from elsewhere, when there is one."""
    rows = affordable(predictor, dataset, dataset.where("ood"))
    if len(rows) == 0:
        return None
    started = time.monotonic()
    probabilities, ok = predictor.predict_rows(dataset, rows, progress)
    if not ok.any():
        return None
    return measured_score(
        plan.metric,
        dataset.labels[rows[ok]],
        probabilities[ok].argmax(axis=1),
        len(dataset.classes),
        time.monotonic() - started,
        note="shifted data, kept apart from training and test",
    )


def confusion(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts of items of class i predicted as j. Shape: truth, predicted (n,) to (C, C) int64."""
    cells = np.bincount(truth * n_classes + predicted, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes)


def per_class(truth: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Precision, recall, F1 and n of every class; None where nothing was there to divide by."""
    table = confusion(truth, predicted, len(classes))
    rows = []
    for index, name in enumerate(classes):
        right, n, said = int(table[index, index]), int(table[index].sum()), int(table[:, index].sum())
        rows.append(
            {
                "class": name,
                "precision": right / said if said else None,
                "recall": right / n if n else None,
                "f1": 2 * right / (n + said) if n + said else None,
                "n": n,
            }
        )
    return rows


def worst_mistakes(dataset: Dataset, rows: np.ndarray, probabilities: np.ndarray) -> tuple[Mistake, ...]:
    """The wrong answers given with the highest probability, at most `MOST_MISTAKES`."""
    predicted, truth = probabilities.argmax(axis=1), dataset.labels[rows]
    sure = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST_MISTAKES]
    keys = dataset.items["key"]
    return tuple(
        Mistake(
            key=str(keys.iloc[rows[i]]),
            row=int(rows[i]),
            label=dataset.classes[truth[i]],
            predicted=dataset.classes[predicted[i]],
            probability=float(sure[i]),
        )
        for i in wrong
    )


def sentences(plan: Plan, test: Measured, ood: Measured | None, n_unreadable: int) -> tuple[str, ...]:
    """What came out against what was promised, in a sentence each."""
    got = f"{100 * test.value:.1f} % {plan.metric} on {test.n:,} test items"
    told = [against(plan.promised, test, got)]
    if ood is not None:
        told.append(f"On {ood.n:,} items of the shifted part it reached {100 * ood.value:.1f} %.")
    if n_unreadable:
        told.append(f"{n_unreadable} test items could not be read and do not count.")
    return tuple(told)
