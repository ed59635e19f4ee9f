"""Which labels look wrong? Confident learning on out-of-fold probabilities, and a test of the resulting list.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021
(https://arxiv.org/abs/1911.00068), as implemented in cleanlab: an item counts for another class when the probability
of that class is above its mean over the items with that label. The count says how many labels are wrong, and as many
items are listed, those with the least probability of their own label.

Decided with 5 % of labels flipped on six sets: of cleanlab's seven filters, ``low_self_confidence`` had the best
precision at equal recall (textures: 0.69 to 0.75, the others 0.44 to 0.62). The mean of the linear probe's
probabilities and the shares of classes among the 20 nearest neighbours ranked better than the probe alone: average
precision 0.88 to 0.92 on textures, 0.69 to 0.77 on questions, and nowhere worse. Wrong labels and hard items look alike
from inside a dataset, so `planted_check` flips labels on purpose and measures what the list is worth on this data.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.interval import measured_score
from probes.linear import linear_probe
from probes.measured import Measured
from probes.neighbours import Near, nearest_others
from probes.ridge import Spectrum

PLANTED_SHARE = 0.05
NEIGHBOURS = 20
#: With fewer planted flips, the list cannot be judged.
LEAST_PLANTED = 10


@dataclass(frozen=True)
class SuspectLabels:
    """Per item: how probable its label is, whether it is on the list, and which class the probes suggest.

    Shape: score (n,) probability of the given label, low is suspect; suspect (n,) bool; suggested (n,) class index;
    probability (n,) of the suggested class.
    """

    score: np.ndarray
    suspect: np.ndarray
    suggested: np.ndarray
    probability: np.ndarray

    @property
    def listed(self) -> np.ndarray:
        """Rows on the list, the most suspect first."""
        rows = np.flatnonzero(self.suspect)
        ranked: np.ndarray = rows[np.argsort(self.score[rows], kind="stable")]
        return ranked


@dataclass(frozen=True)
class PlantedCheck:
    """How the list did on `n_planted` labels flipped on purpose: the share listed, and the share of the list flipped.

    ``precision`` is a lower bound, since labels that were wrong before count as false alarms; None for an empty list.
    """

    n_planted: int
    recall: Measured
    precision: Measured | None


def suspect_labels(
    probability: np.ndarray,
    labels: np.ndarray,
    features: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    sure: float | None = None,
    near: Near | None = None,
) -> SuspectLabels:
    """List the labels that look wrong; with features, the nearest neighbours count as much as the probe.

    sure: also list those of which another class is at least so probable; None: only as many as are counted wrong.
    Shape: probability (n, C) out-of-fold, rows summing to 1; labels (n,) class indices below C; features (n, d);
    groups (n,): items of one group do not vote for each other. near: at least 20 of each item, where they are known.
    Classes that do not occur are ignored. Raises ProbeError when there are no items.
    """
    labels = np.asarray(labels, dtype=np.int64)
    if len(labels) == 0:
        raise ProbeError("There are no items whose labels could be checked. Give the dataset more items.")
    shares = np.asarray(probability, dtype=np.float64)
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    if features is not None and len(labels) > 1:
        shares = (shares + neighbour_shares(features, labels, shares.shape[1], groups, near=near)) / 2
    score = shares[np.arange(len(labels)), labels]
    suggested = shares.argmax(axis=1)
    listed = _confident(shares, labels)
    if sure is not None:
        listed |= shares.max(axis=1) >= sure
    suspect = listed & (suggested != labels)
    return SuspectLabels(score, suspect, suggested, shares.max(axis=1))


def neighbour_shares(
    features: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    groups: np.ndarray | None = None,
    k: int = NEIGHBOURS,
    near: Near | None = None,
) -> np.ndarray:
    """Shares of the classes among each item's k nearest, plus 0.3 votes spread over all classes.

    Shape: features (n, d), labels, groups (n,); returns (n, C), rows summing to 1. near: at least k of each item, where
    they are known.
    """
    known = near or nearest_others(features, groups, min(k, len(labels) - 1))
    places, closeness = (one[:, :k] for one in known)
    votes = np.full((len(labels), n_classes), 0.3 / n_classes)
    np.add.at(votes, (np.arange(len(labels))[:, None], labels[places]), np.isfinite(closeness).astype(np.float64))
    shares: np.ndarray = votes / votes.sum(axis=1, keepdims=True)
    return shares


def _confident(shares: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """cleanlab's verdict, (n,) bool, over the classes that occur."""
    from cleanlab.filter import find_label_issues

    present = np.unique(labels)
    if len(present) < 2:
        return np.zeros(len(labels), dtype=bool)
    own = np.maximum(shares[:, present], 1e-9)
    own /= own.sum(axis=1, keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes without support
        suspect = find_label_issues(
            np.searchsorted(present, labels), own, filter_by="low_self_confidence", n_jobs=1, verbose=False
        )
    return np.asarray(suspect, dtype=bool)


def planted(labels: np.ndarray, n_classes: int, share: float = PLANTED_SHARE, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Labels with a share flipped to a random other class that occurs. Shape: (n,) labels, (n,) bool: flipped."""
    labels = np.asarray(labels, dtype=np.int64)
    present = np.unique(labels)
    rng = np.random.default_rng(seed)
    flipped = np.zeros(len(labels), dtype=bool)
    if len(present) < 2:
        return labels.copy(), flipped
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    steps = rng.integers(1, len(present), len(rows))
    changed = labels.copy()
    changed[rows] = present[(np.searchsorted(present, labels[rows]) + steps) % len(present)]
    flipped[rows] = True
    return changed, flipped


def planted_check(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    n_classes: int | None = None,
    seconds_limit: float = 2.0,
    seed: int = 0,
    near: Near | None = None,
    axes: Spectrum | None = None,
) -> PlantedCheck | None:
    """Flip 5 % of the labels, probe again, and judge the list; None when there are too few items.

    Shape: features (n, d), labels, groups (n,). near, axes: as `suspect_labels` and `linear_probe` take them. The
    recall is what to expect for random mistakes; the precision is a lower bound at this share of mistakes.
    """
    started = time.monotonic()
    classes = n_classes or int(np.max(labels)) + 1
    changed, flipped = planted(labels, classes, seed=seed)
    if flipped.sum() < LEAST_PLANTED:
        return None
    probe = linear_probe(features, changed, metric, groups, seconds_limit=seconds_limit, n_classes=classes, axes=axes)
    suspect = suspect_labels(probe.oof_probability, changed, features, groups, near=near).suspect
    seconds = time.monotonic() - started
    return PlantedCheck(
        n_planted=int(flipped.sum()),
        recall=share_of(suspect[flipped], seconds, "of labels flipped on purpose"),
        precision=share_of(flipped[suspect], seconds, "of the list, with 5 % flipped") if suspect.any() else None,
    )


def share_of(hits: np.ndarray, seconds: float, note: str) -> Measured:
    """The share of True with its 90 % interval. Shape: hits (n,) bool, n at least 1."""
    yes = np.ones(len(hits), dtype=np.int64)
    return measured_score("accuracy", yes, np.asarray(hits).astype(np.int64), 2, seconds, note=note)
