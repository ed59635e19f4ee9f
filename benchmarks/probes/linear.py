"""The linear probe: speed beside scikit-learn's searches, accuracy on ten tasks, and whether its intervals cover."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import sets
from benchmarks.figures import Figure
from probes.folds import assign_folds, stratified_subset
from probes.heads import Recipe, class_weights, fit_head, one_hot, single_blas_thread
from probes.interval import LEVEL, score
from probes.linear import STRENGTHS, linear_probe
from probes.ridge import ridge_path, spectrum

TASKS = (
    "cats_dogs", "dtd10", "deeppcb_defects", "sign_digits", "bridge_crack16",
    "bbc_news", "sst2", "trec6", "sms_spam", "tweet_emotion",
)  # fmt: skip
SPEED_SET, N_SPEED, N_TASK, REPEATS = "cifar10_sub", 2000, 1800, 3
COVERAGE_SETS, N_SPLITS, N_SPLIT = ("sst2", "cifar10_sub"), 200, 500


def figures() -> Iterator[Figure]:
    """Speed, accuracy, coverage."""
    yield from speed()
    yield from accuracy()
    yield from coverage()


def speed() -> Iterator[Figure]:
    """Seconds at 2,000 x 1,280, ten classes, against scikit-learn over the same strengths, one after the other."""
    data = sets.featured(SPEED_SET)
    rows = stratified_subset(data.labels, N_SPEED)
    features, labels = data.features[rows], data.labels[rows]
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    probes, paths, ridges, searches, alone = [], [], [], [], []
    for _ in range(REPEATS):
        probes.append(_seconds(lambda: linear_probe(features, labels, "accuracy")))
        paths.append(_seconds(lambda: ridge_everywhere(features, labels)))
        ridges.append(_seconds(lambda: ridge_search().fit(scaled, labels)))
        searches.append(_seconds(lambda: logistic_search(10).fit(scaled, labels)))
        with threadpool_limits(1):
            alone.append(_seconds(lambda: logistic_search(10).fit(scaled, labels)))
    probe, path, ridge, logistic, single = map(statistics.median, (probes, paths, ridges, searches, alone))
    how = f"{SPEED_SET}, {len(rows):,} x {features.shape[1]:,}, median of {REPEATS}"
    yield Figure("linear", "whole probe", probe, "s", "at most", (1.0,), how)
    yield Figure(
        "linear", "all ridge strengths, left out exactly, against RidgeClassifierCV", ridge / path, "times as fast",
        "at least", (5.0,), f"{how}: {path:.2f} s and {ridge:.2f} s, {len(STRENGTHS)} strengths",
    )  # fmt: skip
    yield Figure(
        "linear", "whole probe against LogisticRegressionCV", logistic / probe, "times as fast", "at least", (20.0,),
        f"{how}: {logistic:.1f} s as it comes, 10 strengths, 4 folds",
    )  # fmt: skip
    yield Figure(
        "linear", "whole probe against LogisticRegressionCV held to one thread", single / probe, "times as fast",
        "none", (), f"{how}: {single:.1f} s",
    )  # fmt: skip


def accuracy() -> Iterator[Figure]:
    """The head's accuracy on held-out thirds, against the better of the two searches, in points."""
    behind = []
    for name in TASKS:
        data = sets.featured(name)
        rows = stratified_subset(data.labels, N_TASK)
        features, labels, groups = data.features[rows], data.labels[rows], data.groups[rows]
        third = assign_folds(labels, groups, 3)
        answers = np.empty((3, len(labels)), dtype=np.int64)
        for fold in range(3):
            train, test = third != fold, third == fold
            answers[:, test] = _three(features, labels, groups, train, test, data.dataset.metric)
        ours, *others = (score(data.dataset.metric, labels, a, int(labels.max()) + 1) for a in answers)
        behind.append(round(100 * (max(others) - ours), 6))  # half a point is within half a point
        yield Figure(
            "linear", f"behind the better search on {name}", behind[-1], "points", "at most", (0.5,),
            f"n = {len(rows):,}, held-out thirds: {100 * ours:.2f}, ridge {100 * others[0]:.2f}, "
            f"logistic {100 * others[1]:.2f} %",
        )  # fmt: skip
    how = f"{len(TASKS)} tasks; single tasks scatter by about half a point"
    yield Figure("linear", "behind the better search, mean over tasks", float(np.mean(behind)), "points", "at most",
                 (0.5,), how)  # fmt: skip


def coverage() -> Iterator[Figure]:
    """How often the stated 90 % interval holds the value of heads trained on as many items, on the rest of the set."""
    for name in COVERAGE_SETS:
        data = sets.featured(name)
        found = [_one_split(data, seed) for seed in range(N_SPLITS)]
        truth = float(np.mean([true for _, _, true in found]))
        held = np.mean([low <= truth <= high for low, high, _ in found])
        yield Figure(
            "linear", f"{100 * LEVEL:.0f} % interval covers on {name}", 100 * float(held), "%", "between", (87, 93),
            f"{N_SPLITS} stratified samples of {N_SPLIT} of {len(data.labels):,}; full-data value {100 * truth:.1f} %",
        )  # fmt: skip


def _one_split(data: sets.Featured, seed: int) -> tuple[float, float, float]:
    """(low, high) measured on a random sample, and the accuracy on all other items of a head from its first folds."""
    own = stratified_subset(data.labels, N_SPLIT, seed)
    rest = np.setdiff1d(np.arange(len(data.labels)), own)
    found = linear_probe(data.features[own], data.labels[own], "accuracy", seed=seed)
    part = own[assign_folds(data.labels[own], seed=seed) != 0]
    head = fit_head(data.features[part], data.labels[part], found.recipe, False, int(data.labels.max()) + 1)
    right = head.logits(data.features[rest]).argmax(axis=1) == data.labels[rest]
    return found.measured.low, found.measured.high, float(right.mean())


def ridge_everywhere(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What RidgeClassifierCV does: standardised features, every strength, every item left out."""
    with single_blas_thread():
        found = spectrum(features, class_weights(labels, False))
        return ridge_path(found, one_hot(labels, int(labels.max()) + 1), STRENGTHS).left_out


def ridge_search() -> Any:
    """scikit-learn's exact leave-one-out search over our strengths."""
    from sklearn.linear_model import RidgeClassifierCV

    return RidgeClassifierCV(alphas=STRENGTHS)


def logistic_search(strengths: int) -> Any:
    """scikit-learn's four-fold search over its own strengths."""
    from sklearn.linear_model import LogisticRegressionCV

    return LogisticRegressionCV(Cs=strengths, cv=4, max_iter=500)


def _three(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, train: np.ndarray, test: np.ndarray, metric: str
) -> np.ndarray:
    """Answers (3, test) of our head, of the ridge search and of the logistic search, all weighing classes alike."""
    balanced, n_classes = metric != "accuracy", int(labels.max()) + 1
    found = linear_probe(features[train], labels[train], metric, groups[train], n_classes=n_classes)
    recipe: Recipe = found.recipe
    head = fit_head(features[train], labels[train], recipe, balanced, n_classes)
    centre, scale = features[train].mean(axis=0), np.maximum(features[train].std(axis=0), 1e-6)
    weight = "balanced" if balanced else None
    answers = [head.logits(features[test]).argmax(axis=1)]
    for search in (ridge_search(), logistic_search(8)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = search.set_params(class_weight=weight)
            model.fit((features[train] - centre) / scale, labels[train])
        answers.append(model.predict((features[test] - centre) / scale))
    return np.stack(answers)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
    return time.perf_counter() - started
