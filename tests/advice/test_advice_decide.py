"""The decision over hand-made and random estimates: chance of the target, utility, constraints, the coin toss."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice import explain
from advisor.advice.allowance import more_or_less
from advisor.advice.decide import (
    ANCHOR,
    LEAST_CHANCE,
    LIKELY,
    SAME_CHANCE,
    TOSS,
    Decision,
    decide,
    error_between,
    just,
    lead,
    p_better,
    p_higher,
    usable,
)
from advisor.advice.outlook.cost import Z, p_at_least, repriced
from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Constraints, Estimate, Goal, Prices
from tests.advice.made_estimates import estimate, ladder

shares = st.floats(0, 1, allow_nan=False)
five = st.lists(shares, min_size=5, max_size=5)
targets = st.one_of(st.none(), st.floats(0.05, 1))
errors = st.one_of(st.none(), st.floats(0, 0.05))
usual = st.one_of(st.none(), st.lists(st.floats(-0.1, 0.1), min_size=5, max_size=5))
prices = st.one_of(
    st.just(Prices()),
    st.builds(
        Prices, point=st.one_of(st.none(), st.floats(0.1, 500)), rung=st.one_of(st.none(), st.floats(0, 200)),
        hour=st.one_of(st.none(), st.floats(0, 50)), kwh=st.one_of(st.none(), st.floats(0, 1)),
        predictions_per_month=st.one_of(st.none(), st.integers(0, 10**6)), currency=st.sampled_from(["", "EUR"]),
    ),
)  # fmt: skip
musts = st.builds(
    Constraints, weights_fixed=st.booleans(), knowledge_changes=st.booleans(),
    latency_ms=st.one_of(st.none(), st.floats(1, 20)), deadline_seconds=st.one_of(st.none(), st.floats(1, 400)),
)  # fmt: skip


def decided(estimates: list[Estimate], **wishes: object) -> Decision:
    goal = Goal(**wishes)  # type: ignore[arg-type]
    if goal.target is not None and not 0 < goal.target <= 1:
        return decide(estimates, goal)
    return decide(repriced(estimates, goal), goal)


def test_without_a_target_a_simpler_rung_may_be_a_point_behind_for_each_step() -> None:
    assert decided(ladder(0.3, 0.7, 0.896, 0.90, 0.2)).recommended == "frozen", "0.4 points are not worth a step"
    assert decided(ladder(0.3, 0.7, 0.85, 0.90, 0.2)).recommended == "fine-tune"
    assert decided(ladder(0.3, 0.7, 0.896, 0.90, 0.2), tolerance=0.3).recommended == "fine-tune"
    assert decided(ladder(0.3, 0.7, 0.896, 0.90, 0.2), tolerance=0.0).recommended == "fine-tune", "the best"
    assert decided(ladder(0.3, 0.7, 0.85, 0.90, 0.2), tolerance=6.0).recommended == "frozen"


def test_prices_weigh_once_a_point_has_one() -> None:
    costly = Prices(hour=120.0)  # fine-tuning costs 9 more
    estimates = ladder(0.3, 0.7, 0.85, 0.90, 0.2)
    assert decided(estimates, prices=costly).recommended == "fine-tune"
    assert decided(estimates, prices=costly.model_copy(update={"point": 1.0})).recommended == "frozen"


def test_the_tuned_rung_counts_as_the_step_that_is_served() -> None:
    estimates = ladder(0.3, 0.7, 0.896, 0.902, 0.2)
    assert decided(estimates).recommended == "frozen", "0.6 points for a step of 1"
    kept = [e.model_copy(update={"place": 2.5, "kept_chance": 0.5} if e.rung == "fine-tune" else {}) for e in estimates]
    assert decided(kept).recommended == "fine-tune", "0.6 points for half a step"


def test_the_usual_best_stands_unless_another_leads_by_a_part_of_the_error() -> None:
    def with_usual(*values: float, error: float = 0.02) -> list[Estimate]:
        gains = {"prompting": -0.3, "rag": -0.1, "frozen": 0.0, "fine-tune": 0.03, "scratch": -0.1}
        return [e.model_copy(update={"usual_gain": gains[e.rung]}) for e in ladder(*values, error=error)]

    near = decided(with_usual(0.3, 0.7, 0.9, 0.909, 0.2))  # frozen leads by 0.1 points after the step
    assert (near.recommended, near.anchored, near.race) == ("fine-tune", True, ("frozen", "fine-tune"))
    far = decided(with_usual(0.3, 0.7, 0.9, 0.902, 0.2))  # by 0.8, a quarter of the error being 0.7
    assert (far.recommended, far.anchored) == ("frozen", False)
    aimed = decided(with_usual(0.3, 0.7, 0.9, 0.909, 0.2), target=0.8)
    assert (aimed.recommended, aimed.anchored) == ("frozen", False), "a target decides by itself"


def test_what_trains_nothing_must_lead_by_more_than_luck() -> None:
    assert decided(ladder(0.3, 0.94, 0.91, 0.90, 0.2)).recommended == "frozen"
    assert decided(ladder(0.3, 0.98, 0.91, 0.90, 0.2)).recommended == "rag"


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


def test_out_of_reach_the_cheapest_with_the_best_chance_is_taken() -> None:
    estimates = ladder(0.3, 0.8, 0.90, 0.90, 0.2)
    assert (decided(estimates, target=0.91).recommended, decided(estimates, target=0.91).sure) == ("frozen", False)
    assert decided(ladder(0.3, 0.8, 0.90, 0.904, 0.2), target=0.91).recommended == "fine-tune"
    hopeless = decided(ladder(0.3, 0.8, 0.90, 0.904, 0.2), target=1.0)
    assert (hopeless.recommended, hopeless.sure) == ("frozen", False), "no rung has a chance, so the tolerance decides"


def test_two_that_can_hardly_be_told_apart_are_a_coin_toss() -> None:
    estimates = ladder(0.3, 0.5, 0.90, 0.907, 0.2, error=0.01)
    toss = decided(estimates)
    assert (toss.recommended, toss.runner_up, toss.race) == ("frozen", "fine-tune", ("frozen", "fine-tune"))
    assert toss.chance is not None and TOSS < toss.chance < 0.5
    clear = decided(ladder(0.3, 0.5, 0.90, 0.93, 0.2, error=0.01))
    assert (clear.recommended, clear.race) == ("fine-tune", None)
    unknown = decided(ladder(0.3, 0.5, 0.90, 0.907, 0.2))
    assert (unknown.recommended, unknown.race, unknown.chance) == ("frozen", None, None), "errors are not known"
    assert decided(estimates, target=0.8).race is None, "both reach the target, so nothing is tossed"


@given(five, targets, errors, musts, st.floats(0, 10), usual, prices)
def test_every_decision_keeps_its_own_rule_and_explains_itself(
    values: list[float],
    target: float | None,
    error: float | None,
    constraints: Constraints,
    tolerance: float,
    gains: list[float] | None,
    priced: Prices,
) -> None:
    goal = Goal(target=target, tolerance=tolerance, prices=priced, constraints=constraints)
    made = ladder(*values, error=error)
    plain = [e.model_copy(update={"usual_gain": gains[i] if gains else None}) for i, e in enumerate(made)]
    estimates = repriced(plain, goal)
    open_to_it = usable(estimates, goal)
    if not open_to_it:
        with pytest.raises(AdviceError):
            decide(estimates, goal)
        return
    decision = decide(estimates, goal)
    chosen = explain.find(estimates, decision.recommended)
    assert not chosen.blocked and chosen in open_to_it
    chances = [e.p_target or 0.0 for e in open_to_it]
    if decision.sure:
        assert chosen == next(e for e in open_to_it if (e.p_target or 0.0) >= LIKELY - 1e-9)
    elif target is not None and max(chances) >= LEAST_CHANCE:
        assert max(chances) < LIKELY
        assert chosen == next(e for e in open_to_it if (e.p_target or 0.0) >= max(chances) - SAME_CHANCE)
    else:
        behind = max(e.utility or 0.0 for e in open_to_it) - (chosen.utility or 0.0)
        if decision.anchored:
            leader = explain.find(estimates, decision.runner_up or chosen.rung)
            assert gains is not None and behind <= ANCHOR * error_between(leader, chosen) + 1e-6
        else:
            assert behind <= 1e-6
    if decision.race:
        assert {*decision.race} == {chosen.rung, decision.runner_up} and decision.chance is not None
        assert decision.chance >= TOSS and RUNG_NAMES.index(decision.race[0]) < RUNG_NAMES.index(decision.race[1])
    assert decision.runner_up != decision.recommended
    said = explain.reasons(decision, estimates, "accuracy", goal)
    assert set(said) == set(RUNG_NAMES) and all(reason.endswith(".") for reason in said.values())
    told = [explain.headline(decision, estimates, "accuracy", goal), *said.values()]
    told += explain.summary(decision, estimates, "accuracy", goal)
    assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in told), told
    assert not any("  " in sentence or ".." in sentence or " ," in sentence for sentence in told), told
    if priced == Prices():
        assert not any(re.search(r"\b(in money|currency|for training:|upkeep|worth|utility)\b", t) for t in told), told
    elif priced.currency:
        assert all(re.search(r"\d EUR|^(?!.*EUR)", sentence) for sentence in told), told


@given(five, st.floats(0.001, 0.05), st.floats(0, 5))
def test_utilities_order_the_chances_that_one_rung_is_worth_more(
    values: list[float], error: float, tolerance: float
) -> None:
    estimates = repriced(ladder(*values, error=error), Goal(tolerance=tolerance))
    for one in estimates:
        for other in estimates:
            there, back = p_better(one, other), p_better(other, one)
            assert there is not None and back is not None and there + back == pytest.approx(1.0)
            assert (one.utility or 0) <= (other.utility or 0) or there >= 0.5
            assert (lead(one, other) > 0) <= ((p_higher(one, other) or 0.0) >= 0.5)
            assert lead(one, other) == pytest.approx(-lead(other, one), abs=1e-9)


bounds = st.tuples(shares, shares, shares).map(sorted)


@given(bounds, shares, st.one_of(st.none(), st.floats(0.001, 0.2)))
def test_a_chance_beside_a_measured_value_is_never_beyond_what_the_interval_leaves(
    ends: list[float], other: float, error: float | None
) -> None:
    low, value, high = ends
    tuned = Estimate(rung="fine-tune", available=True, value=value, low=low, high=high, n=400, provenance="predicted",
                     gain_error=error or (high - low) / (2 * Z))  # fmt: skip
    frozen = Estimate(rung="frozen", available=True, value=other, low=max(other - 0.02, 0.0), high=min(other + 0.02, 1),
                      n=400, provenance="measured", run="r1")  # fmt: skip
    better, reached = p_higher(tuned, frozen), p_at_least(other, value, low, high)
    assert better is not None
    if value < high <= other:
        assert better <= 0.05 + 1e-9
    if other <= low < value:
        assert better >= 0.95 - 1e-9
    if error is None and value != other:  # the gain over what was measured is as uncertain as the forecast
        assert better == pytest.approx(reached, abs=1e-6)


def test_a_rung_whose_interval_ends_at_the_other_has_next_to_no_chance_however_low_it_reaches() -> None:
    low, value, high = 0.86, 0.93, 0.952
    tuned = estimate("fine-tune", value, 0.03, error=(high - low) / (2 * Z)).model_copy(
        update={"low": low, "high": high}
    )
    frozen = estimate("frozen", 0.951, 0.02).model_copy(update={"run": "r1"})
    better = p_higher(tuned, frozen)
    assert better is not None and 0.05 < better < 0.1


def test_a_constraint_changes_the_recommendation_and_is_the_reason_given() -> None:
    values = ladder(0.3, 0.7, 0.85, 0.90, 0.2)
    free = Goal()
    fixed = Goal(constraints=Constraints(weights_fixed=True))
    assert decide(repriced(values, free), free).recommended == "fine-tune"
    estimates = repriced(values, fixed)
    decision = decide(estimates, fixed)
    assert decision.recommended == "frozen"
    assert (
        explain.reasons(decision, estimates, "accuracy", fixed)["fine-tune"]
        == "It changes weights, and none may change."
    )


@pytest.mark.parametrize(
    ("wishes", "begin"),
    [
        ({}, "Fine-tuning is recommended: expected accuracy"),
        (
            {"constraints": Constraints(weights_fixed=True)},
            "Within your constraints, frozen features are recommended: expected",
        ),
        ({"rungs": ("rag", "frozen")}, "Among the allowed rungs, frozen features are recommended: expected"),
        ({"rungs": ("frozen", "fine-tune")}, "Fine-tuning is recommended: expected"),
        (
            {"constraints": Constraints(weights_fixed=True), "target": 0.88},
            "Within your constraints, no rung has an 80 % chance of reaching 88.0 %. Frozen features come "
            "closest, with a 5 %",
        ),
        (
            {"target": 0.99},
            "No rung has an 80 % chance of reaching 99.0 %. Without that target, fine-tuning is "
            "recommended: expected accuracy",
        ),
    ],
)
def test_the_headline_says_what_keeps_a_better_rung_out(wishes: dict[str, Any], begin: str) -> None:
    goal = Goal(**wishes)
    estimates = repriced(ladder(0.3, 0.7, 0.85, 0.90, 0.2), goal)
    assert explain.headline(decide(estimates, goal), estimates, "accuracy", goal).startswith(begin)


def told(estimates: list[Estimate], **wishes: Any) -> tuple[tuple[str, ...], dict[RungName, str]]:
    """The sentences under the headline, and each rung's reason."""
    goal = Goal(**wishes)
    made = repriced(estimates, goal)
    decision = decide(made, goal)
    sentences = explain.summary(decision, made, "accuracy", goal)
    return sentences, explain.reasons(decision, made, "accuracy", goal)


def test_a_reason_tells_points_chance_effort_and_serving_in_this_order() -> None:
    sentences, reasons = told(ladder(0.3, 0.4, 0.88, 0.895, 0.6, error=0.012))
    tuned = "1.5 points above frozen features (81 % likely to be better), for at least 5 minutes of training"
    assert reasons["fine-tune"] == f"{tuned}."
    assert sentences[0] == f"Fine-tuning is expected to be {tuned}."
    assert sentences[1] == "That is more than the 1.0 that count as level."
    assert "so it is cheap to try" in sentences[2], "the half point over the step is far from certain"
    best = told(ladder(0.3, 0.4, 0.88, 0.895, 0.6, error=0.012), tolerance=0.0)[0]
    assert best[1] == (
        "Fine-tuning takes at least 5 minutes here and falls back to frozen features where it is not better, so it is "
        "a safe choice."
    )
    assert reasons["frozen"] == (
        "1.5 points below fine-tuning (19 % likely to be better), with 30 seconds of training instead of at "
        "least 5 minutes."
    )
    assert reasons["prompting"].startswith("59.5 points below fine-tuning (under 1 % likely to be better), with no")
    unknown = told(ladder(0.3, 0.4, 0.88, 0.895, 0.6))[1]["fine-tune"]
    assert "(chance of being better not known)" in unknown


def test_a_rung_that_is_nearly_as_good_says_so_and_the_better_one_that_it_is_not_enough() -> None:
    kept = {"place": 2.6, "kept_chance": 0.6}
    estimates = [e.model_copy(update=kept if e.rung == "fine-tune" else {}) for e in
                 ladder(0.3, 0.4, 0.88, 0.884, 0.6, error=0.02)]  # fmt: skip
    sentences, reasons = told(estimates)
    assert sentences[0].startswith("Frozen features are expected to be 0.4 points below fine-tuning (44 % likely")
    assert sentences[1] == (
        "Up to 0.6 points behind count as level (your tolerance of 1 a step, times the 60 % chance "
        "that tuning is kept)."
    )
    assert sentences[2] == (
        "Fine-tuning takes at least 5 minutes here and falls back to frozen features where it is not better, so it is "
        "cheap to try."
    )
    assert "That is less than the 0.6 that count as level" in reasons["fine-tune"]
    assert reasons["fine-tune"].endswith(
        "On other datasets tuning was kept in 60 % of runs; otherwise frozen features are served."
    )


def test_long_trainings_are_left_to_a_race_and_rungs_that_need_none_are_tried() -> None:
    slow = [e.model_copy(update={"train_seconds": 7200.0} if e.rung == "fine-tune" else {}) for e in
            ladder(0.3, 0.4, 0.88, 0.889, 0.6, error=0.02)]  # fmt: skip
    assert told(slow)[0][2] == "The two are close: a race of both on this data would settle it in about 2 hours."
    near = ladder(0.3, 0.94, 0.9, 0.8, 0.6, error=0.02)
    assert "Training both takes 30 seconds here and settles it." in told(near)[0]


def test_the_usual_best_that_stands_says_why() -> None:
    gains = {"prompting": -0.3, "rag": -0.1, "frozen": 0.0, "fine-tune": 0.03, "scratch": -0.1}
    estimates = [e.model_copy(update={"usual_gain": gains[e.rung]}) for e in
                 ladder(0.3, 0.7, 0.905, 0.905, 0.2, error=0.03)]  # fmt: skip
    sentences, reasons = told(estimates)
    assert sentences[1] == (
        "After the tolerance, frozen features are 1.0 points ahead, but that is within the error of the "
        "forecasts, so fine-tuning stands: on other datasets it gained 3.0 points over frozen features on average."
    )
    assert reasons["frozen"].startswith("Level with fine-tuning, with 30 seconds")
    ahead = [e.model_copy(update={"usual_gain": gains[e.rung]}) for e in
             ladder(0.3, 0.7, 0.908, 0.905, 0.2, error=0.06)]  # fmt: skip
    assert "Its lead is within the error of the forecasts, so fine-tuning stands" in told(ahead)[1]["frozen"]


def test_a_lead_that_was_luck_elsewhere_is_said_where_it_changed_the_order() -> None:
    reasons = told(ladder(0.3, 0.92, 0.91, 0.88, 0.2, error=0.02))[1]
    assert reasons["rag"] == (
        "4.3 points below frozen features (11 % likely to be better), with no training. The forecast was 92.0 %; 5.3 "
        "points are taken off, because the best of many measured values is usually lucky."
    )
    assert "luck" not in told(ladder(0.3, 0.5, 0.91, 0.88, 0.2, error=0.02))[1]["rag"], "too far off to matter"


def test_money_is_named_where_it_has_prices_and_weighed_where_a_point_has_one() -> None:
    estimates = ladder(0.3, 0.4, 0.88, 0.892, 0.6)
    euros = Prices(hour=30.0, predictions_per_month=10_000, currency="EUR")
    sentences, reasons = told(estimates, prices=euros)
    assert reasons["fine-tune"].endswith("for at least 5 minutes of training: 2.25 EUR more for training.")
    assert (
        sentences[-1] == "In all it costs about 12 EUR: 2.50 EUR for training and 10 EUR over 12 months of predictions."
    )
    slow = [
        e.model_copy(update={"milliseconds_per_prediction": 25.0} if e.rung == "fine-tune" else {}) for e in estimates
    ]
    assert told(slow, prices=euros)[1]["fine-tune"].endswith(
        "for at least 5 minutes of training and 25 ms instead of 10 ms per prediction: 2.25 EUR more for training and "
        "15 EUR more over 12 months of predictions."
    )
    sentences, reasons = told(estimates, prices=Prices(hour=30.0))
    assert reasons["fine-tune"].endswith(": in your currency, 2.25 more for training.")
    assert sentences[-1] == "In your currency, it costs 2.50 for training."
    sentences, _ = told(estimates, prices=Prices(hour=30.0, point=10.0, currency="EUR"), tolerance=0.5)
    assert sentences[1] == "That is more than tolerance and costs, which come to 0.7 points at 10 EUR a point."
    sentences, _ = told(estimates, prices=Prices(rung=5.0, hour=3.0, point=10.0, currency="EUR"))
    assert sentences[1] == "That is more than the costs, which come to 0.5 points at 10 EUR a point.", "no tolerance"
    sentences, _ = told(estimates, prices=Prices(point=10.0, currency="EUR"))
    assert sentences[1] == "That is more than the 1.0 that count as level.", "nothing costs"


def test_a_target_is_answered_with_its_chance_and_what_it_takes() -> None:
    goal = Goal(target=0.9)
    estimates = repriced(ladder(0.3, 0.4, 0.95, 0.96, 0.2, error=0.01), goal)
    decision = decide(estimates, goal)
    said = explain.headline(decision, estimates, "accuracy", goal)
    assert said.startswith("Frozen features are enough: expected accuracy 95.0 % (92.0 to 98.0)")
    assert said.endswith("with more than a 99 % chance of reaching 90.0 %.")
    assert explain.summary(decision, estimates, "accuracy", goal) == (
        "No cheaper rung has an 80 % chance of that.",
        "The highest target with an 80 % chance is 94.4 %, with fine-tuning.",
    )
    reasons = explain.reasons(decision, estimates, "accuracy", goal)
    assert reasons["fine-tune"].startswith(
        "Not needed: frozen features are likely to reach the target. 1.0 points above"
    )
    assert reasons["prompting"] == "Less than a 1 % chance of reaching the target (expected: 30.0 %)."
    _, reasons = told(ladder(0.3, 0.89, 0.95, 0.96, 0.2, error=0.01), target=0.9)
    assert reasons["rag"].startswith("Only a 23 % chance of reaching the target (expected: 88.5 %). The forecast was")


def test_the_cheapest_of_equal_chances_is_not_said_to_come_closest() -> None:
    goal = Goal(target=0.985)
    estimates = repriced(ladder(0.3, 0.4, 0.95, 0.9505, 0.2, error=0.01), goal)
    decision = decide(estimates, goal)
    chances = {e.rung: e.p_target or 0.0 for e in estimates}
    assert decision.recommended == "frozen" and chances["frozen"] < chances["fine-tune"] < chances["frozen"] + 0.01
    assert "come about as close as any, with a " in explain.headline(decision, estimates, "accuracy", goal)
    reason = explain.reasons(decision, estimates, "accuracy", goal)["frozen"]
    assert reason.startswith("The cheapest within a point of the best chance of the target: ")


def test_a_target_out_of_reach_says_what_comes_closest_and_what_can_be_had() -> None:
    goal = Goal(target=0.97)
    estimates = repriced(ladder(0.3, 0.4, 0.95, 0.96, 0.2, error=0.01), goal)
    decision = decide(estimates, goal)
    assert explain.headline(decision, estimates, "accuracy", goal) == (
        "No rung has an 80 % chance of reaching 97.0 %. Fine-tuning comes closest, with a 29 % chance: expected "
        "accuracy 96.0 % (93.0 to 99.0)."
    )
    sentences = explain.summary(decision, estimates, "accuracy", goal)
    assert sentences[0] == "The highest target with an 80 % chance is 94.4 %, with fine-tuning."
    assert explain.reasons(decision, estimates, "accuracy", goal)["frozen"].startswith(
        "A 14 % chance of reaching the target. 1.0 points below fine-tuning (24 % likely to be better), with"
    )


def test_the_headline_is_grammatical_for_every_rung() -> None:
    for place, (begin, verb) in enumerate(
        [("Prompting", "is"), ("Retrieval", "is"), ("Frozen features", "are"), ("Fine-tuning", "is"),
         ("Training from scratch", "is")]
    ):  # fmt: skip
        estimates = repriced(ladder(*[0.9 if place == other else 0.5 for other in range(5)]), Goal())
        said = explain.headline(decide(estimates, Goal()), estimates, "accuracy", Goal())
        shown = "84.7 %" if place < 2 else "90.0 %"  # what trains nothing and leads is trusted less
        assert said.startswith(f"{begin} {verb} recommended: expected accuracy {shown}")


def test_a_toss_up_says_so_in_the_headline() -> None:
    estimates = repriced(ladder(0.3, 0.5, 0.900, 0.915, 0.2, error=0.02), Goal())
    decision = decide(estimates, Goal())
    said = explain.headline(decision, estimates, "accuracy", Goal())
    assert decision.race is not None
    assert said.startswith("A toss-up between frozen features and fine-tuning; "), said


def test_where_the_value_may_be_almost_anything_the_headline_does_not_recommend() -> None:
    wide = ladder(0.05, 0.1, 0.1, 0.3, 0.05, half=0.2)
    estimates = repriced([e.model_copy(update={"n": 8}) for e in wide], Goal())
    decision = decide(estimates, Goal())
    said = explain.headline(decision, estimates, "accuracy", Goal())
    assert said.startswith("Too early to tell: fine-tuning looks best so far, expected accuracy 30.0 %"), said
    assert explain.summary(decision, estimates, "accuracy", Goal())[0].startswith("This rests on 8 items")


def test_a_lead_that_is_printed_like_what_is_allowed_is_just_more() -> None:
    pair = (estimate("fine-tune", 0.9062), estimate("frozen", 0.9))
    assert more_or_less("more", 0.618, Goal(), pair).startswith("That is just more than the 0.6 that count as level")
    assert more_or_less("more", 0.5, Goal(), pair).startswith("That is more than the 0.5")
