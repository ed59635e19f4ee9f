"""The decision over hand-made and random estimates: chance of the target, utility, constraints, the coin toss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice import explain
from advisor.advice.decide import LIKELY, TOSS, Decision, decide, just, p_better, usable
from advisor.advice.outlook.cost import repriced
from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Constraints, Estimate, Goal, Prices
from tests.advice.made_estimates import estimate, ladder

shares = st.floats(0, 1, allow_nan=False)
five = st.lists(shares, min_size=5, max_size=5)
targets = st.one_of(st.none(), st.floats(0.05, 1))
errors = st.one_of(st.none(), st.floats(0, 0.05))
musts = st.builds(
    Constraints, weights_fixed=st.booleans(), knowledge_changes=st.booleans(),
    latency_ms=st.one_of(st.none(), st.floats(1, 20)), deadline_seconds=st.one_of(st.none(), st.floats(1, 400)),
)  # fmt: skip


def decided(estimates: list[Estimate], **goal: object) -> Decision:
    return decide(estimates, Goal(**goal))  # type: ignore[arg-type]


def test_without_a_target_points_are_weighed_against_costs() -> None:
    assert decided(ladder(0.3, 0.7, 0.896, 0.90, 0.2)).recommended == "frozen", "0.4 points are not worth a step of 50"
    assert decided(ladder(0.3, 0.7, 0.85, 0.90, 0.2)).recommended == "fine-tune"
    cheap = Prices(rung=1.0)
    assert decided(ladder(0.3, 0.7, 0.896, 0.90, 0.2), prices=cheap).recommended == "fine-tune"


def test_with_a_target_the_cheapest_that_is_likely_to_reach_it_is_taken() -> None:
    estimates = ladder(0.3, 0.8, 0.95, 0.97, 0.2)
    assert decided(estimates, target=0.75).recommended == "rag"
    assert decided(estimates, target=0.9).recommended == "frozen"
    out_of_reach = decided(estimates, target=0.99)
    assert out_of_reach.sure is False and out_of_reach.recommended == "fine-tune"
    edge = just(estimates[2])
    assert decided(estimates, target=edge).recommended == "frozen"
    assert decided(estimates, target=edge + 0.001).recommended == "fine-tune"


def test_a_rung_that_is_not_available_or_not_allowed_is_never_recommended() -> None:
    estimates = ladder(0.1, 0.2, 0.5, 0.99, 0.3)
    assert decided(estimates, rungs=("prompting", "rag", "frozen")).recommended == "frozen"
    estimates[3] = estimate("fine-tune", 0.99, available=False)
    assert decided(estimates).recommended == "frozen"


def test_no_rung_and_a_bad_target_are_said() -> None:
    with pytest.raises(AdviceError, match=r"No rung.*Allow more rungs"):
        decided([estimate("frozen", 0.5, available=False)])
    with pytest.raises(AdviceError, match=r"No rung.*changes weights.*Drop a constraint"):
        only = Goal(constraints=Constraints(weights_fixed=True), rungs=("fine-tune", "scratch"))
        decide(repriced(ladder(0.1, 0.2, 0.3, 0.4, 0.5), only), only)
    with pytest.raises(AdviceError, match="not a share"):
        decided(ladder(0.1, 0.2, 0.3, 0.4, 0.5), target=95)


def test_two_that_can_hardly_be_told_apart_are_a_coin_toss_and_the_cheaper_is_taken() -> None:
    estimates = ladder(0.3, 0.5, 0.90, 0.907, 0.2, error=0.01)
    toss = decided(estimates)
    assert (toss.recommended, toss.runner_up, toss.race) == ("frozen", "fine-tune", ("frozen", "fine-tune"))
    assert toss.chance is not None and 0.5 < toss.chance < 1 - TOSS, "fine-tuning is expected to be worth more"
    clear = decided(ladder(0.3, 0.5, 0.90, 0.93, 0.2, error=0.01))
    assert (clear.recommended, clear.race) == ("fine-tune", None)
    unknown = decided(ladder(0.3, 0.5, 0.90, 0.907, 0.2))
    assert (unknown.recommended, unknown.race, unknown.chance) == ("fine-tune", None, None), "errors are not known"
    assert decided(estimates, target=0.8).race is None, "both reach the target, so nothing is tossed"


@given(five, targets, errors, musts)
def test_every_decision_keeps_its_own_rule_and_explains_itself(
    values: list[float], target: float | None, error: float | None, constraints: Constraints
) -> None:
    goal = Goal(target=target, constraints=constraints)
    estimates = repriced(ladder(*values, error=error), goal)
    open_to_it = usable(estimates, goal)
    if not open_to_it:
        with pytest.raises(AdviceError):
            decide(estimates, goal)
        return
    decision = decide(estimates, goal)
    chosen = explain.find(estimates, decision.recommended)
    assert not chosen.blocked and chosen in open_to_it
    likely = [e for e in open_to_it if e.p_target is not None and e.p_target >= LIKELY - 1e-9]
    if decision.sure:
        assert chosen == likely[0]
    elif decision.race:
        other = next(name for name in decision.race if name != chosen.rung)
        assert RUNG_NAMES.index(chosen.rung) < RUNG_NAMES.index(other) and decision.runner_up == other
    else:
        assert not likely
        assert (chosen.utility or 0) >= max(e.utility or 0 for e in open_to_it) - 1e-6
    assert decision.runner_up != decision.recommended
    said = explain.reasons(decision, estimates, goal)
    assert set(said) == set(RUNG_NAMES) and all(reason.endswith(".") for reason in said.values())
    assert explain.headline(decision, estimates, "accuracy", goal)
    assert all(sentence[0].isupper() for sentence in explain.summary(decision, estimates, goal))


@given(five, st.floats(0.001, 0.05), st.floats(1, 1000))
def test_utilities_order_the_chances_that_one_rung_is_worth_more(
    values: list[float], error: float, point: float
) -> None:
    goal = Goal(prices=Prices(point=point))
    estimates = repriced(ladder(*values, error=error), goal)
    for one in estimates:
        for other in estimates:
            there, back = p_better(one, other, goal), p_better(other, one, goal)
            assert there is not None and back is not None and there + back == pytest.approx(1.0)
            assert (one.utility or 0) <= (other.utility or 0) or there >= 0.5


def test_a_constraint_changes_the_recommendation_and_is_the_reason_given() -> None:
    values = ladder(0.3, 0.7, 0.85, 0.90, 0.2)
    free = Goal()
    fixed = Goal(constraints=Constraints(weights_fixed=True))
    assert decide(repriced(values, free), free).recommended == "fine-tune"
    estimates = repriced(values, fixed)
    decision = decide(estimates, fixed)
    assert decision.recommended == "frozen"
    assert explain.reasons(decision, estimates, fixed)["fine-tune"] == "It changes weights, and none may change."


@pytest.mark.parametrize(
    ("wishes", "begin"),
    [
        ({}, "Fine-tuning pays most here"),
        ({"constraints": Constraints(weights_fixed=True)}, "Within your constraints, frozen features pay most here"),
        ({"rungs": ("rag", "frozen")}, "Of the allowed rungs, frozen features pay most here"),
        ({"rungs": ("frozen", "fine-tune")}, "Fine-tuning pays most here"),
        (
            {"constraints": Constraints(weights_fixed=True), "target": 0.99},
            "No rung is likely to reach 99.0 %. Within your constraints, frozen features are worth most",
        ),
    ],
)
def test_the_headline_says_what_keeps_a_better_rung_out(wishes: dict[str, Any], begin: str) -> None:
    goal = Goal(**wishes)
    estimates = repriced(ladder(0.3, 0.7, 0.85, 0.90, 0.2), goal)
    assert explain.headline(decide(estimates, goal), estimates, "accuracy", goal).startswith(begin)


def test_what_decided_is_told_in_points_in_money_and_in_costs() -> None:
    goal = Goal()
    estimates = repriced(ladder(0.3, 0.4, 0.88, 0.892, 0.6), goal)
    decision = decide(estimates, goal)
    assert explain.summary(decision, estimates, goal)[0] == (
        "Fine-tuning is expected 1.2 points above frozen features, worth 120, and costs 50 more in upkeep."
    )
    said = explain.reasons(decision, estimates, goal)
    assert said["frozen"] == "Expected 1.2 points below fine-tuning, a loss of 120, but costs 50 less in upkeep."
    assert said["scratch"] == "Expected 29.2 points below fine-tuning, a loss of 2,920, and costs 50 more in upkeep."
    dear = Goal(prices=Prices(hour=100.0))
    said = explain.reasons(decide(repriced(estimates, dear), dear), repriced(estimates, dear), dear)
    assert "50 more in upkeep and 7.5 in machine time" in said["fine-tune"] + said["frozen"].replace("less", "more")


def test_the_headline_tells_the_chance_of_the_target_and_a_toss_offers_the_race() -> None:
    goal = Goal(target=0.9)
    estimates = repriced(ladder(0.3, 0.4, 0.95, 0.96, 0.2, error=0.01), goal)
    decision = decide(estimates, goal)
    said = explain.headline(decision, estimates, "accuracy", goal)
    assert said.startswith("Frozen features are enough: expected accuracy 95.0 % (92.0 to 98.0)")
    assert said.endswith("with more than a 99 % chance of reaching your target of 90.0 %.")
    reasons = explain.reasons(decision, estimates, goal)
    assert reasons["fine-tune"].startswith("Not needed: frozen features are likely to reach the target")
    assert reasons["prompting"] == "Less than a 1 % chance of reaching the target (expected: 30.0 %)."
    less_sure = repriced(ladder(0.3, 0.89, 0.95, 0.96, 0.2, error=0.01), goal)
    reason = explain.reasons(decide(less_sure, goal), less_sure, goal)["rag"]
    assert reason == "Only a 29 % chance of reaching the target (expected: 89.0 %)."
    free = Goal()
    near = repriced(ladder(0.3, 0.4, 0.95, 0.956, 0.2, error=0.01), free)  # 0.6 points above, worth 10 after upkeep
    assert "coin toss" in explain.summary(decide(near, free), near, free)[0]
    assert "race" in explain.summary(decide(near, free), near, free)[0]
    ahead = repriced(estimates, free)  # 1 point above is worth 50 after upkeep, and is taken
    assert decide(ahead, free).race is None and decide(ahead, free).recommended == "fine-tune"


def test_the_headline_is_grammatical_for_every_rung() -> None:
    for place, (begin, verb) in enumerate(
        [("Prompting", "s"), ("Retrieval", "s"), ("Frozen features", ""), ("Fine-tuning", "s"),
         ("Training from scratch", "s")]
    ):  # fmt: skip
        estimates = ladder(*[0.9 if place == other else 0.5 for other in range(5)])
        said = explain.headline(decide(estimates, Goal()), estimates, "accuracy", Goal())
        assert said.startswith(f"{begin} pay{verb} most here")
