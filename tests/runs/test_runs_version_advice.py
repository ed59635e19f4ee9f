"""A dataset and its version are judged for one goal, on one rung, without what runs told on one side."""

from __future__ import annotations

import pytest

from advisor.advice.finished import Finished, with_runs
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.shared import shared_misses
from advisor.core.records import Advice, Goal
from advisor.runs.version_advice import asked, outlook
from probes.measured import Measured
from tests.advice.made_estimates import ladder

SHARED = shared_misses(Experience.shipped(), "image")
NEARLY, BEST = Goal(tolerance=1.0), Goal(tolerance=0.0)
BEFORE, AFTER = (0.46, 0.90, 0.94, 0.945, 0.60), (0.47, 0.92, 0.96, 0.965, 0.62)


def advice(goal: Goal, values: tuple[float, ...], ran: bool = False) -> Advice:
    """Advice on a ladder of these values, which recommends the last rung; ran: frozen features were trained."""
    test = Measured(value=0.8, low=0.75, high=0.85, n=60, seconds=1.0)
    estimates = tuple(ladder(*values, error=0.01))
    if ran:
        estimates = with_runs(estimates, {"frozen": Finished("r1", "frozen", "b", test)}, SHARED)
    return Advice(
        fingerprint="ab" * 32, metric="accuracy", question=goal, recommended="scratch", runner_up=None, headline="",
        sentences=(), flips=(), estimates=estimates, seconds=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("goal", [NEARLY, BEST, Goal(target=0.5)])
@pytest.mark.parametrize("ran", [False, True])
def test_another_goal_or_a_run_on_the_parent_changes_nothing(goal: Goal, ran: bool) -> None:
    now = advice(NEARLY, AFTER)
    plain, other = outlook(advice(NEARLY, BEFORE), now, "cpu"), outlook(advice(goal, BEFORE, ran), now, "cpu")
    assert plain is not None and plain == other
    assert plain.goal == NEARLY and plain.before == plain.after == plain.rung == "frozen"
    assert [one.value for one in plain.expected if one] == [0.94, 0.96]


def test_the_rung_is_that_of_the_versions_goal() -> None:
    found = outlook(advice(NEARLY, BEFORE), advice(BEST, AFTER), "cpu")
    assert found is not None and found.rung == "fine-tune" and asked(found.goal) == "the best model"
    assert [one.value for one in found.expected if one] == [0.945, 0.965]


def test_before_the_version_is_measured_the_parent_stands_alone() -> None:
    found = outlook(advice(NEARLY, BEFORE), None, "cpu")
    assert found is not None and (found.before, found.after, found.rung) == ("frozen", None, "frozen")
    assert found.expected[0] is not None and found.expected[1] is None
    assert outlook(None, advice(NEARLY, AFTER), "cpu") is None
