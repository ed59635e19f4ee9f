"""Transferability scores as evidence: what each means here, and what it is known to miss. None of them decides.

They compare backbones on one dataset. How well they do that: on the usual benchmark's models a list ordered by size,
the same for every dataset, correlates with the accuracy after fine-tuning at .91, LogME at .57 (Singh, Hess and
Vanschoren, ICLR 2026, https://arxiv.org/abs/2510.06448).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, ProbeResult
from advisor.core.records.evidence import TransferScore
from advisor.core.wording import percent
from advisor.evidence.sample import Sample
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: Items that the scores use; more change the second digit.
ITEMS = 2000
#: Stands above the table, whatever the values.
RANKING = (
    "On a standard benchmark, simply ranking backbones by size beats these scores: the correlation with the accuracy "
    "after fine-tuning is .91, that of LogME .57 (Singh et al., ICLR 2026, arXiv 2510.06448). They are shown for "
    "reference and do not affect the advice."
)


@stage("scores")
def measure_scores(
    dataset: Dataset, backbone: Backbone, sample: Sample, results: list[ProbeResult] | tuple[ProbeResult, ...]
) -> tuple[TransferScore, ...]:
    """Every score that applies: LogME, H-score, LEEP where there is a source head, neighbours, class separability.

    Takes at most 2,000 of the sample's items. Empty when fewer than two classes are in the sample.
    """
    from probes.folds import stratified_subset

    rows = stratified_subset(sample.labels, ITEMS, 0, at_least=2)
    features, labels = sample.features[rows], sample.labels[rows]
    n_classes = len(np.unique(labels))
    if n_classes < 2:
        return ()
    scores = [_logme(features, labels), _h_score(features, labels, n_classes), _gbc(features, labels, n_classes)]
    source: Any = backbone
    if getattr(source, "source_head", None) is not None:
        scores.append(_leep(source, features, labels, n_classes))
    neighbours = next((result for result in results if result.name == "knn"), None)
    return (*scores, *([_knn(neighbours, dataset.metric)] if neighbours else []))


def _logme(features: np.ndarray, labels: np.ndarray) -> TransferScore:
    from probes.transferability import logme

    return _scored(
        lambda: logme(features, labels), "logme", "LogME",
        lambda value: "How likely the labels are under the best Bayesian linear model, as a logarithm per item. "
        "Only the order of backbones on these data has a meaning.",
        "Sees only a linear head; does not see what fine-tuning could change.",
    )  # fmt: skip


def _h_score(features: np.ndarray, labels: np.ndarray, n_classes: int) -> TransferScore:
    from probes.transferability import h_score

    return _scored(
        lambda: h_score(features, labels), "h-score", "H-score with shrinkage",
        lambda value: f"How much of the features' variation separates the class means: {value:.2f} of at most "
        f"{n_classes - 1}.",
        "Takes a class for its mean; a class of several clusters looks inseparable.",
    )  # fmt: skip


def _gbc(features: np.ndarray, labels: np.ndarray, n_classes: int) -> TransferScore:
    from probes.transferability import gbc

    return _scored(
        lambda: gbc(features, labels), "gbc", "Class separability (GBC)",
        lambda value: f"How much two classes overlap on average, taken as round clouds: "
        f"{_share(-value / (n_classes * (n_classes - 1)))}.",
        "Real classes are not round: flat clouds count as overlapping where a linear head separates them.",
    )  # fmt: skip


def _leep(backbone: Any, features: np.ndarray, labels: np.ndarray, n_classes: int) -> TransferScore:
    from probes.transferability import leep

    largest = float(np.bincount(labels).max() / len(labels))
    return _scored(
        lambda: leep(backbone.source_probabilities(features), labels), "leep", "LEEP",
        lambda value: f"The label's probability when only the classes of the pre-trained head are known: "
        f"{_share(float(np.exp(value)))}; the largest of the {n_classes} classes holds {_share(largest)}.",
        "Sees the head's 1,000 classes, not the features; a poor match of classes looks like a poor backbone.",
    )  # fmt: skip


def _knn(result: ProbeResult, metric: str) -> TransferScore:
    """The nearest neighbours have voted already; their row costs nothing."""
    k = result.settings.get("k")
    return TransferScore(
        name="knn",
        title="Nearest neighbours",
        value=result.measured.value,
        meaning=f"{metric.capitalize()} when the {k} nearest labelled examples vote, each item left out in turn.",
        weakness="Every direction of the features counts the same; a linear head can ignore those that mislead.",
    )


def _scored(
    compute: Callable[[], float], name: str, title: str, meaning: Callable[[float], str], weakness: str
) -> TransferScore:
    """One score with its seconds, its meaning filled with the value."""
    started = time.monotonic()
    value = compute()
    seconds = time.monotonic() - started
    return TransferScore(
        name=name, title=title, value=value, meaning=meaning(value), weakness=weakness, seconds=seconds
    )


def _share(share: float) -> str:
    return percent(share, digits=0 if share >= 0.095 else 1)
