"""A model of several labels tested: which labels each test item got, and how well each label is found."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pandas as pd

from advisor.core.errors import RunError
from advisor.core.records import Dataset, Mistake, Plan
from advisor.core.wording import label_words
from advisor.rungs.saved.loading import Model
from advisor.rungs.saved.predictor import Predictor
from advisor.runs.report.classification import affordable, part_only, sentences
from advisor.runs.report.results import MOST_MISTAKES, Results
from probes.measured import Measured
from probes.multilabel.scores import LabelScore, label_scores, measured_f1
from probes.progress import Progress, within


def test(plan: Plan, dataset: Dataset, model: Model, progress: Progress, deadline: float) -> Results:
    """Predict the test part and the shifted one; what a prediction takes decides how many, not the deadline."""
    assert isinstance(model, Predictor) and model.thresholds is not None
    started = time.monotonic()
    every = dataset.where("test")
    allowed = affordable(model, dataset, every)
    probability, ok = model.predict_rows(dataset, allowed, within(progress, 0.0, 0.9))
    if not ok.any():
        raise RunError("No item of the test part can be read, so there is nothing to report. Check the data page.")
    rows, probability = allowed[ok], probability[ok]
    truth, said = dataset.targets[rows], probability >= model.thresholds
    value = measured_f1(truth, said, time.monotonic() - started)
    ood = _shifted(dataset, model, within(progress, 0.9, 1.0))
    scores = label_scores(truth, said, probability, value.seconds)
    return Results(
        fields={
            "test": value,
            "classes": dataset.classes,
            "confusion": [],
            "per_class": [
                _row(label, one, at)
                for label, one, at in zip(dataset.classes, scores, model.thresholds.tolist(), strict=True)
            ],
            "mistakes": worst(dataset, rows, said, probability),
            "ood": ood,
        },
        sentences=(
            *sentences(plan, value, ood, int((~ok).sum())),
            precision_sentence(scores),
            exact_sentence(truth, said),
            *part_only(len(allowed), len(every)),
        ),
        predictions=each_prediction(rows, truth, said, probability),
    )


def precision_sentence(scores: list[LabelScore]) -> str:
    """The mean average precision, which needs no threshold."""
    known = [one.average_precision for one in scores if one.average_precision is not None]
    return f"Average precision, which needs no threshold, is {100 * float(np.mean(known or [0.0])):.1f} % on average."


def exact_sentence(truth: np.ndarray, said: np.ndarray) -> str:
    """How many items have all of their labels right. Shape: (n, L) twice."""
    right = (truth.astype(bool) == said).all(axis=1)
    each = (truth.astype(bool) != said).sum(axis=1).mean()
    return f"{100 * right.mean():.1f} % of the items have exactly their labels; {each:.1f} labels are wrong on average."


def each_prediction(rows: np.ndarray, truth: np.ndarray, said: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """What was said of each test item: label numbers as JSON lists, and every label's probability. Shape: (n, L)."""
    return pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "truth": [json.dumps(np.flatnonzero(own).tolist()) for own in truth],
            "predicted": [json.dumps(np.flatnonzero(own).tolist()) for own in said],
            "probabilities": list(probability.astype(np.float32)),
        }
    )


def worst(dataset: Dataset, rows: np.ndarray, said: np.ndarray, probability: np.ndarray) -> tuple[Mistake, ...]:
    """The items whose surest wrong label is the surest, at most `MOST_MISTAKES`. Shape: said, probability (n, L)."""
    truth = dataset.targets[rows].astype(bool)
    sure = np.where(truth != said, np.where(said, probability, 1.0 - probability), 0.0).max(axis=1)
    order = np.argsort(-sure, kind="stable")
    keys = dataset.items["key"]
    return tuple(
        Mistake(
            key=str(keys.iloc[rows[i]]),
            row=int(rows[i]),
            label=dataset.label_words(int(rows[i])),
            predicted=label_words([dataset.classes[c] for c in np.flatnonzero(said[i])]),
            probability=float(sure[i]),
        )
        for i in order[:MOST_MISTAKES]
        if sure[i] > 0
    )


def _row(label: str, one: LabelScore, threshold: float) -> dict[str, Any]:
    return {
        "class": label,
        "precision": one.precision,
        "recall": one.recall,
        "f1": one.f1.value if one.f1 else None,
        "f1_low": one.f1.low if one.f1 else None,
        "f1_high": one.f1.high if one.f1 else None,
        "average_precision": one.average_precision,
        "threshold": threshold,
        "n": one.n,
    }


def _shifted(dataset: Dataset, model: Predictor, progress: Progress) -> Measured | None:
    """Macro F1 on the shifted part, where there is one."""
    rows = affordable(model, dataset, dataset.where("ood"))
    if not len(rows):
        return None
    started = time.monotonic()
    probability, ok = model.predict_rows(dataset, rows, progress)
    if not ok.any():
        return None
    assert model.thresholds is not None
    note = "shifted data, kept apart from training and test"
    said = probability[ok] >= model.thresholds
    return measured_f1(dataset.targets[rows[ok]], said, time.monotonic() - started, note=note)
