"""What other tasks tell: how far forecasts miss together, and the gains that are usual."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from advisor.advice.outlook.elsewhere import informed
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.shared import SharedMisses, shared_misses
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Kind
from tests.advice.made_estimates import ladder


@pytest.mark.parametrize("kind", get_args(Kind))
def test_misses_of_every_kind_have_a_proper_covariance(kind: Kind) -> None:
    for experience in (Experience.shipped(), Experience(())):
        covariance = shared_misses(experience, kind).covariance
        assert covariance.shape == (5, 5) and np.allclose(covariance, covariance.T)
        assert np.linalg.eigvalsh(covariance).min() > 0


def test_it_is_the_conditional_normal() -> None:
    covariance = np.eye(5) + 0.5 * (np.ones((5, 5)) - np.eye(5))
    told = SharedMisses(covariance).given({"frozen": 2.0})
    assert told.shift("frozen") == pytest.approx(2.0) and told.left("frozen") == pytest.approx(0.0, abs=1e-6)
    assert told.shift("rag") == pytest.approx(1.0) and told.left("rag") == pytest.approx(0.75**0.5)
    assert told.gain_left("rag") == pytest.approx(0.75**0.5), "1 before, 0.75 after"


def test_more_runs_leave_less_error() -> None:
    shared = shared_misses(Experience.shipped(), "text")
    one, two = shared.given({"frozen": -0.5}), shared.given({"frozen": -0.5, "rag": -0.5})
    for rung in RUNG_NAMES:
        assert two.left(rung) <= one.left(rung) + 1e-6  # the root of a rounding error
    assert shared.given({}).left("rag") == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("kind", "usual"), [("image", True), ("text", True), ("qa", True), ("tags", True), ("text-multilabel", False)]
)
def test_gains_are_usual_only_for_a_task_that_was_completed_elsewhere(kind: Kind, usual: bool) -> None:
    every = informed(ladder(0.5, 0.6, 0.7, 0.8, 0.4), kind, Experience.shipped())
    assert [one.usual_gain is not None for one in every] == [usual] * 5
