"""How far the forecasts of two rungs miss together: what a finished run of one rung tells of the others.

All rungs of a dataset are judged on one test part, so they fail on the same items: hard ones, and ones with a wrong
label. On LadderBench, in logits and with the dataset left out, the misses of frozen features and of fine-tuning
correlate by 0.82 for images and 0.93 for texts, those of frozen features and retrieval by 0.72 and 0.65, those of
training from scratch and frozen features by 0.26 and 0.79. A forecast is conditioned on the misses that were seen, as
for a multivariate normal with the covariance of those misses (C. M. Bishop, Pattern Recognition and Machine Learning,
2006, section 2.3.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.advice.outlook.experience import Experience, TaskKey
from advisor.advice.outlook.tasks import outlook_of
from advisor.core.ladder import BASE, RUNG_NAMES, RungName
from advisor.core.records import Kind

#: A rung with fewer completed tasks than this has no covariance of its own.
LEAST_TASKS = 6
#: Of a rung that nothing is known of: the variance of its misses in logits, and their correlation with any other's.
PRIOR_VARIANCE, PRIOR_CORRELATION = 0.3, 0.6
#: The prior correlation weighs as much as so many datasets.
PRIOR_DATASETS = 4.0


@dataclass(frozen=True, eq=False)
class SharedMisses:
    """Second moments of the forecasts' misses in logits, outcome less forecast. Shape: covariance (5, 5), as the
    ladder."""

    covariance: np.ndarray

    def given(self, misses: Mapping[RungName, float]) -> Told:
        """What the misses of measured rungs tell of every rung; a measured one keeps no error."""
        seen = [RUNG_NAMES.index(rung) for rung in RUNG_NAMES if rung in misses]
        slopes = self.covariance[:, seen] @ np.linalg.pinv(self.covariance[np.ix_(seen, seen)])
        shifts = slopes @ np.array([misses[RUNG_NAMES[i]] for i in seen])
        return Told(shifts, self.covariance, self.covariance - slopes @ self.covariance[seen])


@dataclass(frozen=True, eq=False)
class Told:
    """Shape: shifts (5,), expected misses in logits; before, after (5, 5): their covariance without and with runs."""

    shifts: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def shift(self, rung: RungName) -> float:
        """Logits that the rung's forecast moves by."""
        return float(self.shifts[RUNG_NAMES.index(rung)])

    def left(self, rung: RungName) -> float:
        """The standard error that is left of the rung's forecast, as a share of what it was."""
        i = RUNG_NAMES.index(rung)
        return _root(self.after[i, i] / self.before[i, i])

    def gain_left(self, rung: RungName) -> float:
        """The standard error that is left of the rung's gain over the frozen one, as a share of what it was."""
        step = np.zeros(len(RUNG_NAMES))
        step[RUNG_NAMES.index(rung)] += 1.0
        step[RUNG_NAMES.index(BASE)] -= 1.0
        return _root((step @ self.after @ step) / (step @ self.before @ step)) if rung != BASE else 0.0


def _root(share: float) -> float:
    return float(np.sqrt(min(max(share, 0.0), 1.0)))


@lru_cache(maxsize=32)
def shared_misses(experience: Experience, kind: Kind) -> SharedMisses:
    """From the completed tasks of a kind, every dataset weighing alike."""
    misses = outlook_of(kind).misses(experience, kind)
    known = [rung for rung in RUNG_NAMES if len(misses.get(rung, {})) >= LEAST_TASKS]
    tasks = sorted(set.intersection(*(set(misses[rung]) for rung in known))) if known else []
    deviation = np.full(len(RUNG_NAMES), PRIOR_VARIANCE**0.5)
    correlation = np.full((len(RUNG_NAMES), len(RUNG_NAMES)), PRIOR_CORRELATION)
    if len(tasks) >= LEAST_TASKS:
        own = _moments(np.array([[misses[rung][task] for rung in known] for task in tasks]), tasks)
        at = [RUNG_NAMES.index(rung) for rung in known]
        deviation[at] = np.sqrt(np.diag(own))
        learned, n = own / np.outer(deviation[at], deviation[at]), len({dataset for dataset, _, _ in tasks})
        prior = PRIOR_DATASETS / (PRIOR_DATASETS + n)
        correlation[np.ix_(at, at)] = (1.0 - prior) * learned + prior * PRIOR_CORRELATION
    np.fill_diagonal(correlation, 1.0)
    return SharedMisses(_proper(correlation) * np.outer(deviation, deviation))


def _moments(misses: np.ndarray, tasks: list[TaskKey]) -> np.ndarray:
    """Second moments about 0 (rungs, rungs), with a little of each rung's own. Shape: misses (tasks, rungs)."""
    sizes = Counter(dataset for dataset, _, _ in tasks)
    weights = np.array([1.0 / sizes[dataset] for dataset, _, _ in tasks])
    moments: np.ndarray = (misses * weights[:, None]).T @ misses / weights.sum()
    return moments + 1e-4 * np.eye(len(moments))


def _proper(correlation: np.ndarray) -> np.ndarray:
    """The nearest matrix of correlations that has no negative variance in any direction."""
    values, vectors = np.linalg.eigh(correlation)
    whole = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(whole))
    proper: np.ndarray = whole / np.outer(scale, scale)
    return proper
