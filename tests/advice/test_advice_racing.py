"""The race: which two rungs, and which of them run. What comes out is a climb's (test_advice_climbing)."""

from __future__ import annotations

import pytest

from advisor.advice.outlook.cost import priced
from advisor.advice.racing import pair_of, runs_of
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Constraints, Goal
from tests.advice.made_estimates import estimate, ladder


def advice(race: tuple[RungName, RungName] | None = None, **goal: object) -> Advice:
    asked = Goal(**goal)  # type: ignore[arg-type]
    estimates = [*ladder(0.3, 0.7, 0.90, 0.905, 0.2)[:4], estimate("scratch", 0.2, available=False, reason="No pilot.")]
    return Advice(
        fingerprint="f", metric="accuracy", question=asked, recommended="frozen", runner_up="fine-tune", race=race,
        headline="", sentences=(), flips=(), estimates=priced(estimates, asked, 400), seconds=1.0,
    )  # fmt: skip


def test_the_toss_is_raced_else_those_named_else_the_two_best() -> None:
    assert pair_of(advice(race=("rag", "frozen")), None) == ("rag", "frozen")
    assert pair_of(advice(), None) == ("frozen", "fine-tune")
    assert pair_of(advice(), ("fine-tune", "prompting")) == ("prompting", "fine-tune"), "the cheaper one first"


def test_what_cannot_race_is_told() -> None:
    with pytest.raises(AdviceError, match="two rungs"):
        pair_of(advice(), ("frozen",))
    with pytest.raises(AdviceError, match=r"scratch cannot race. No pilot"):
        pair_of(advice(), ("frozen", "scratch"))
    with pytest.raises(AdviceError, match="changes weights"):
        pair_of(advice(constraints=Constraints(weights_fixed=True)), ("frozen", "fine-tune"))


def test_one_run_of_fine_tuning_races_it_against_the_rung_that_it_starts_from() -> None:
    assert runs_of(advice(), ("frozen", "fine-tune")) == ("fine-tune",)
    assert runs_of(advice(), ("rag", "fine-tune")) == ("rag", "fine-tune")
    questions = advice().model_copy(update={"metric": "token F1"})
    assert runs_of(questions, ("rag", "fine-tune")) == ("fine-tune",)
    assert runs_of(questions, ("frozen", "fine-tune")) == ("frozen", "fine-tune"), "its run measures no reader"
