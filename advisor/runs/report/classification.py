"""A classification model tested: probabilities of every test item, and of the shifted part where there is one."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from advisor.advice.promise import against
from advisor.core.errors import RunError
from advisor.core.records import Dataset, Mistake, Plan
from advisor.core.wording import count, counted, percent
from advisor.rungs.saved.loading import Model
from advisor.rungs.saved.predictor import Predictor
from advisor.runs.report.copies import copies_apart
from advisor.runs.report.results import MOST_MISTAKES, Results
from probes.folds import spread_order
from probes.interval import measured_score
from probes.measured import Measured
from probes.progress import Progress, within


def test(plan: Plan, dataset: Dataset, model: Model, progress: Progress, deadline: float) -> Results:
    """Predict the test part and the shifted one; what a prediction takes decides how many, not the deadline."""
    assert isinstance(model, Predictor)
    started = time.monotonic()
    test_rows = dataset.where("test")
    allowed = affordable(model, dataset, test_rows)
    n_shifted = len(affordable(model, dataset, dataset.where("ood")))
    first = len(allowed) / max(1, len(allowed) + n_shifted)
    rows, probabilities, n_unreadable = _predicted(model, dataset, allowed, within(progress, 0.0, first))
    truth, predicted = dataset.labels[rows], probabilities.argmax(axis=1)
    n_classes = len(dataset.classes)
    value = measured_score(plan.metric, truth, predicted, n_classes, time.monotonic() - started)
    ood = _shifted(plan, model, dataset, within(progress, first, 1.0))
    return Results(
        fields={
            "test": value,
            "classes": dataset.classes,
            "confusion": confusion(truth, predicted, n_classes).tolist(),
            "per_class": per_class(truth, predicted, dataset.classes),
            "mistakes": worst_mistakes(dataset, rows, probabilities),
            "ood": ood,
        },
        sentences=(
            *sentences(plan, value, ood, n_unreadable),
            *copies_apart(plan, dataset, rows, truth, predicted),
            *part_only(len(allowed), len(test_rows)),
        ),
        predictions=each_prediction(rows, truth, probabilities),
    )


def each_prediction(rows: np.ndarray, truth: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """What was said of each test item. Shape: rows, truth (n,), probabilities (n, C)."""
    return pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "truth": truth.astype(np.int32),
            "predicted": probabilities.argmax(axis=1).astype(np.int32),
            "probability": probabilities.max(axis=1).astype(np.float32),
            "of_truth": probabilities[np.arange(len(truth)), truth].astype(np.float32),
        }
    )


def affordable(predictor: Predictor, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """The rows, or a stratified part of them where each takes so long that the run's time allows no more.

    The model itself says so (`Predictor.report_items`); the part does not depend on anything predicted.
    """
    most = predictor.report_items
    if most is None or len(rows) <= most:
        return rows
    return np.sort(rows[spread_order(dataset.labels[rows])][:most])


def part_only(n: int, n_test: int) -> tuple[str, ...]:
    """Says so when only a part of the test items was read."""
    if n == n_test:
        return ()
    return (
        f"The time budget allowed {count(n)} of {count(n_test)} test items, a stratified part. A longer budget allows "
        f"more.",
    )


def _predicted(
    predictor: Predictor, dataset: Dataset, rows: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray, int]:
    """(rows that could be read, their probabilities (n, C), how many could not)."""
    probabilities, ok = predictor.predict_rows(dataset, rows, progress)
    if not ok.any():
        raise RunError("No item of the test part can be read, so there is nothing to report. Check the data page.")
    return rows[ok], probabilities[ok], int((~ok).sum())


def _shifted(plan: Plan, predictor: Predictor, dataset: Dataset, progress: Progress) -> Measured | None:
    """The metric on the shifted part, where there is one."""
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
        right, n, n_predicted = int(table[index, index]), int(table[index].sum()), int(table[:, index].sum())
        rows.append(
            {
                "class": name,
                "precision": right / n_predicted if n_predicted else None,
                "recall": right / n if n else None,
                "f1": 2 * right / (n + n_predicted) if n + n_predicted else None,
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
    """What came out against what was predicted, in a sentence each."""
    got = f"{percent(test.value)} {plan.metric} on {counted(test.n, 'test item')}"
    lines = [against(plan.promised, test, got)]
    if ood is not None:
        lines.append(f"It reached {percent(ood.value)} on {counted(ood.n, 'item')} of the shifted part.")
    if n_unreadable:
        lines.append(f"{counted(n_unreadable, 'test item')} could not be read and {_do(n_unreadable)} not count.")
    return tuple(lines)


def _do(n: int) -> str:
    return "does" if n == 1 else "do"
