"""The stopping rule, on answers with a known share right."""

from __future__ import annotations

import numpy as np
import pytest

from probes.errors import ProbeError
from probes.sequential import reason_to_stop


def answers(truth: np.ndarray, right: float, seed: int, n_classes: int = 4) -> np.ndarray:
    """Predictions of which exactly the share `right`, at random places, is right."""
    rng = np.random.default_rng(seed)
    wrong = rng.permutation(len(truth))[: round((1 - right) * len(truth))]
    given = truth.copy()
    given[wrong] = (truth[wrong] + rng.integers(1, n_classes, len(wrong))) % n_classes
    return given


def truth_of(n: int, n_classes: int = 4) -> np.ndarray:
    return np.arange(n) % n_classes


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_a_precise_best_rung_ends_it_at_the_first_look(metric: str) -> None:
    truth = truth_of(2000)
    given = {"good": answers(truth, 0.99, 0), "poor": answers(truth, 0.5, 1)}
    reason = reason_to_stop(metric, truth, given, None, 4)
    assert reason is not None and "good" in reason and "within" in reason


def test_a_clear_lead_that_no_longer_grows_ends_it_and_one_that_grows_does_not() -> None:
    truth, first = truth_of(1600), np.arange(0, 1600, 2)
    best = answers(truth, 0.80, 0)
    given = {"best": best, "poor": answers(truth, 0.5, 1)}
    assert reason_to_stop("accuracy", truth, given, None, 4) is None, "one look does not show whether it learns"
    same = {"best": best[first], "poor": given["poor"][first]}
    reason = reason_to_stop("accuracy", truth, given, (first, same), 4)
    assert reason is not None and "doubling" in reason
    worse = {"best": answers(truth, 0.72, 2)[first], "poor": given["poor"][first]}
    assert reason_to_stop("accuracy", truth, given, (first, worse), 4) is None


def test_two_rungs_that_cannot_be_told_apart_call_for_more() -> None:
    truth, first = truth_of(800), np.arange(0, 800, 2)
    one, other = answers(truth, 0.70, 0), answers(truth, 0.69, 1)
    earlier = {"one": one[first], "other": other[first]}
    assert reason_to_stop("accuracy", truth, {"one": one, "other": other}, (first, earlier), 4) is None


def test_two_rungs_that_answer_alike_are_as_good_as_one() -> None:
    truth, first = truth_of(1600), np.arange(0, 1600, 2)
    one = answers(truth, 0.70, 0)
    earlier = {"one": one[first], "twin": one[first]}
    assert reason_to_stop("accuracy", truth, {"one": one, "twin": one.copy()}, (first, earlier), 4) is not None


def test_nothing_to_score_is_an_error() -> None:
    nothing = np.empty(0, dtype=np.int64)
    with pytest.raises(ProbeError):
        reason_to_stop("accuracy", nothing, {"one": nothing}, None, 2)
