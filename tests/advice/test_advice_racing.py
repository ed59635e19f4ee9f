"""The race: which rungs run, which is kept, and what is said of it."""

from __future__ import annotations

import pytest

from advisor.advice.outlook.cost import priced
from advisor.advice.racing import judged, pair_of, runs_of
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Constraints, Goal, Prices, RunReport
from probes.measured import Measured
from tests.advice.made_estimates import estimate, ladder


def advice(race: tuple[RungName, RungName] | None = None, **goal: object) -> Advice:
    asked = Goal(**goal)  # type: ignore[arg-type]
    estimates = [*ladder(0.3, 0.7, 0.90, 0.905, 0.2)[:4], estimate("scratch", 0.2, available=False, reason="No pilot.")]
    return Advice(
        fingerprint="f", metric="accuracy", question=asked, recommended="frozen", runner_up="fine-tune", race=race,
        headline="", sentences=(), flips=(), estimates=priced(estimates, asked, 400), seconds=1.0,
    )  # fmt: skip


def report(rung: RungName, *sentences: str, **validation: float) -> RunReport:
    return RunReport(
        run=f"run-{rung}", rung=rung, metric="accuracy",
        test=Measured(value=0.9, low=0.85, high=0.94, n=100, seconds=1.0), promised=None, classes=("a", "b"),
        confusion=[[1, 0], [0, 1]], per_class=[], mistakes=(), validation=validation, seconds=1.0, device="cpu",
        precision="float32", sentences=sentences,
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


def test_one_run_of_fine_tuning_races_it_against_frozen() -> None:
    assert runs_of(advice(), ("frozen", "fine-tune")) == ("fine-tune",)
    assert runs_of(advice(), ("rag", "fine-tune")) == ("rag", "fine-tune")
    won = judged(advice(), ("frozen", "fine-tune"), [report("fine-tune", value=0.93, tuned=0.93, frozen=0.9)])
    assert (won.kept, won.run) == ("fine-tune", "run-fine-tune")
    assert "93.0 %" in won.sentence and "worth 300" in won.sentence and "50 more in upkeep" in won.sentence
    lost = judged(advice(), ("frozen", "fine-tune"), [report("fine-tune", value=0.9, tuned=0.88, frozen=0.9)])
    assert (lost.kept, lost.run) == ("frozen", "run-fine-tune"), "its run went back to the frozen model"


def test_one_run_of_fine_tuning_races_it_against_the_rung_that_it_starts_from_on_questions() -> None:
    questions = advice().model_copy(update={"metric": "token F1"})
    assert runs_of(questions, ("rag", "fine-tune")) == ("fine-tune",)
    assert runs_of(questions, ("frozen", "fine-tune")) == ("frozen", "fine-tune"), "its run measures no reader"
    won = judged(questions, ("rag", "fine-tune"), [report("fine-tune", value=0.5, tuned=0.5, rag=0.4)])
    assert (won.kept, won.run) == ("fine-tune", "run-fine-tune")
    both = [report("frozen", value=0.3), report("fine-tune", value=0.5, tuned=0.5, rag=0.4)]
    assert judged(questions, ("frozen", "fine-tune"), both).kept == "fine-tune"


def test_the_same_value_keeps_what_the_run_kept() -> None:
    pair: tuple[RungName, RungName] = ("frozen", "fine-tune")
    same = {"value": 0.9, "tuned": 0.9, "frozen": 0.9}
    assert judged(advice(), pair, [report("fine-tune", **same)]).kept == "fine-tune"
    back = report("fine-tune", "Whatever it says.", **same).model_copy(update={"dropped": "it was not better"})
    assert judged(advice(), pair, [back]).kept == "frozen"
    said = report("fine-tune", "Fine-tuning was dropped for the frozen model: it was not better.", **same)
    assert judged(advice(), pair, [said]).kept == "fine-tune", "the field decides, not a sentence"
    two = [report("rag", value=0.9), report("frozen", value=0.9)]
    assert judged(advice(), ("rag", "frozen"), two).kept == "rag", "alike, so the cheaper one"


def test_tuning_that_never_came_to_be_measured_is_told_and_not_called_alike() -> None:
    why = "the time would not have sufficed for tuning it"
    back = report("fine-tune", value=0.9, frozen=0.9).model_copy(update={"dropped": why})
    cut = judged(advice(), ("frozen", "fine-tune"), [back])
    assert (cut.kept, cut.run) == ("frozen", "run-fine-tune")
    assert why in cut.sentence and "longer budget" in cut.sentence and "alike" not in cut.sentence


def test_a_gain_that_costs_more_than_it_is_worth_is_told() -> None:
    few = advice(prices=Prices(point=10.0))
    won = judged(few, ("frozen", "fine-tune"), [report("fine-tune", value=0.91, tuned=0.91, frozen=0.9)])
    assert won.kept == "fine-tune" and won.sentence.endswith("; frozen features would do.")


def test_a_race_without_validation_items_is_not_decided() -> None:
    with pytest.raises(AdviceError, match="inconclusive"):
        judged(advice(), ("rag", "frozen"), [report("rag"), report("frozen", value=0.9)])
