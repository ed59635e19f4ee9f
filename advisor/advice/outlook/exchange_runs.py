"""The exchange rate measured: fine-tuning with a part of the labels against training from scratch with all of them.

Each is a run of the same seconds on training items, scored once on validation items; the test part stays locked. The
parts are halved from all down to an eighth, nested in each other, until fine-tuning falls behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.advice.outlook.signals import Z, counts_words
from advisor.core.errors import AdviceError
from advisor.core.kinds import kind_row
from advisor.core.ladder import FRESH
from advisor.core.records import Dataset, Evidence, Exchange
from advisor.evidence.sample import stratified
from probes.interval import paired_error, score
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry

#: The parts of the labels that fine-tuning is given, in turn.
PARTS = (1.0, 0.5, 0.25, 0.125)
#: Fewer items than this, to learn from or to test on, tell nothing.
LEAST_ITEMS = 16
MOST_VALIDATION = 400


@dataclass(frozen=True)
class Judged:
    """What one training came to on the validation items. Shape: predicted (n,) class indices."""

    n_labels: int
    value: float
    predicted: np.ndarray


def measured_exchange(
    dataset: Dataset, evidence: Evidence, budget_seconds: float, progress: Progress = silent
) -> Exchange:
    """Labels that scratch has for what fine-tuning reaches with fewer. Raises AdviceError where there are too few.

    budget_seconds: for all runs together, at most five.
    """
    train, val = dataset.where("train"), dataset.where("val")
    if kind_row(dataset.kind).task == "multilabel":
        raise AdviceError(
            f"The exchange rate is not measured where an item has several labels, as in {dataset.name}. Train both "
            f"rungs and compare the runs."
        )
    if not dataset.classes or min(len(train), len(val)) < LEAST_ITEMS:
        raise AdviceError(
            f"The exchange rate needs images or texts with at least {LEAST_ITEMS} training and {LEAST_ITEMS} "
            f"validation items. This dataset has {len(train):,} and {len(val):,}. Add labelled items."
        )
    val = stratified(val, dataset.labels[val], MOST_VALIDATION)
    seconds = budget_seconds / (len(PARTS) + 1)
    progress("Training from scratch on all labels", 0.02)
    fresh = from_scratch(dataset, evidence, train, val, seconds)
    ahead: list[Judged] = []
    behind = None
    for place, part in enumerate(PARTS):
        rows = stratified(train, dataset.labels[train], max(round(part * len(train)), LEAST_ITEMS // 2))
        progress(f"Fine-tuning on {len(rows):,} labels", (place + 1) / (len(PARTS) + 1))
        tuned = fine_tuned(dataset, evidence, rows, val, seconds)
        if tuned.value < fresh.value:
            behind = tuned
            break
        ahead.append(tuned)
    return rate_of(dataset, val, fresh, ahead, behind)


def from_scratch(dataset: Dataset, evidence: Evidence, rows: np.ndarray, val: np.ndarray, seconds: float) -> Judged:
    """Counted words (texts) or a network from random weights (images)."""
    if counts_words(dataset.kind, FRESH):
        from probes.tfidf import affords_characters, fit_tfidf

        texts = dataset.items["text"]
        some = texts.iloc[rows].tolist()
        balanced = dataset.metric != "accuracy"
        model = fit_tfidf(
            some, dataset.labels[rows], len(dataset.classes), balanced, with_characters=affords_characters(some)
        )
        return judged(dataset, rows, val, model.logits(texts.iloc[val].tolist()).argmax(axis=1))
    from advisor.training.pilot import pilot

    entry, size = network_of(dataset, evidence)
    return judged(dataset, rows, val, pilot(dataset, FRESH, entry, size, rows, val, seconds).predicted)


def fine_tuned(dataset: Dataset, evidence: Evidence, rows: np.ndarray, val: np.ndarray, seconds: float) -> Judged:
    """The backbone tuned from the linear probe's head; its frozen start stays where tuning ends below it."""
    from advisor.training.pilot import tuned_and_frozen

    entry, size = network_of(dataset, evidence)
    tuned, frozen = tuned_and_frozen(dataset, evidence, entry, size, rows, val, seconds)
    both = [judged(dataset, rows, val, predicted) for predicted in (tuned.predicted, frozen)]
    return max(both, key=lambda one: one.value)


def network_of(dataset: Dataset, evidence: Evidence) -> tuple[Entry, int]:
    """The backbone and the input that both are trained at."""
    from advisor.training.pilot import pilot_size
    from probes.backbones import catalog

    return catalog.find(evidence.backbone, kind_row(dataset.kind).modality), pilot_size(dataset, evidence)


def judged(dataset: Dataset, rows: np.ndarray, val: np.ndarray, predicted: np.ndarray) -> Judged:
    """Predictions with their value on the validation items."""
    return Judged(len(rows), score(dataset.metric, dataset.labels[val], predicted, len(dataset.classes)), predicted)


def rate_of(dataset: Dataset, val: np.ndarray, fresh: Judged, ahead: list[Judged], behind: Judged | None) -> Exchange:
    """The rate: the labels of scratch over the fewest with which fine-tuning is still ahead, between two halvings."""
    truth, n_classes = dataset.labels[val], len(dataset.classes)
    last = ahead[-1] if ahead else behind
    assert last is not None
    error = Z * paired_error(dataset.metric, truth, last.predicted, fresh.predicted, n_classes)
    low = fresh.n_labels / last.n_labels if ahead else None
    high = fresh.n_labels / behind.n_labels if behind is not None and ahead else None
    start = (
        f"Measured on {len(val):,} validation items: training from scratch with {fresh.n_labels:,} labels reached "
        f"{100 * fresh.value:.1f} %, fine-tuning with {last.n_labels:,} labels {100 * last.value:.1f} % "
        f"(difference: {100 * (last.value - fresh.value):+.1f} ± {100 * error:.1f} points). "
    )
    if not ahead:
        end = (
            "Fine-tuning did not beat training from scratch in the time allowed, so no exchange rate can be given. "
            "Allow more time."
        )
    elif high is None:
        end = f"So training from scratch needs more than {low:.1f} times as many labels."
    else:
        end = f"So training from scratch needs {low:.1f} to {high:.1f} times as many labels."
    return Exchange(
        n=last.n_labels,
        fine_tuned=last.value,
        from_scratch=fresh.value,
        times=low if high is not None else None,
        low=low,
        high=high,
        furthest=1 / PARTS[-1],
        provenance="measured",
        sentence=start + end,
    )
