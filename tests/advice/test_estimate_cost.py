"""Prices, chances and constraints: what a rung costs follows from its times and the prices, and from nothing else."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.outlook.cost import p_at_least, priced, repriced
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Constraints, Estimate, Goal, LearningCurve, Prices
from advisor.core.records.wishes import Wish, wishes_of

shares = st.floats(0, 1, allow_nan=False)
amounts = st.floats(0, 1e4, allow_nan=False)


def estimate(rung: RungName, value: float = 0.9, **given: object) -> Estimate:
    made = Estimate(
        rung=rung, available=True, value=value, low=value - 0.04, high=value + 0.02, n=100, provenance="measured",
        train_seconds=1800.0, milliseconds_per_prediction=36.0,
    )  # fmt: skip
    return made.model_copy(update=given)


def curve_of(a: float, b: float, furthest: int) -> LearningCurve:
    """error(n) = a + b n^-0.5, believed to so many labels."""
    return LearningCurve.model_construct(a=a, b=b, furthest=furthest)


def one(found: Estimate, goal: Goal, **given: object) -> Estimate:
    return priced([found], goal, 400, **given)[0]  # type: ignore[arg-type]


@given(st.lists(shares, min_size=3, max_size=3), st.lists(shares, min_size=2, max_size=2))
def test_a_higher_target_is_never_likelier(span: list[float], targets: list[float]) -> None:
    low, value, high = sorted(span)
    easy, hard = sorted(targets)
    assert 0.0 <= p_at_least(hard, value, low, high) <= p_at_least(easy, value, low, high) <= 1.0


@given(shares, st.lists(shares, min_size=4, max_size=4))
def test_a_better_rung_is_never_less_likely_to_reach_the_target(target: float, numbers: list[float]) -> None:
    low, value, high, more = *sorted(numbers[:3]), numbers[3]
    moved = (value + more, low + more, high + more)
    assert p_at_least(target, *moved) >= p_at_least(target, value, low, high) - 1e-12


def test_the_bounds_are_the_5_and_95_percent_points_of_a_normal_on_each_side() -> None:
    assert p_at_least(0.86, 0.9, 0.86, 0.92) == pytest.approx(0.95)
    assert p_at_least(0.92, 0.9, 0.86, 0.92) == pytest.approx(0.05)
    spread = 0.04 / statistics.NormalDist().inv_cdf(0.95)
    assert p_at_least(0.88, 0.9, 0.86, 0.92) == pytest.approx(1 - statistics.NormalDist(0.9, spread).cdf(0.88))


def test_every_cost_is_the_sum_one_would_do_by_hand() -> None:
    prices = Prices(point=10, rung=7, hour=2, kwh=0.5, predictions_per_month=1000, months=10)
    found = one(estimate("fine-tune"), Goal(prices=prices))
    assert found.costs == pytest.approx(
        {
            "upkeep": 3 * 7,  # three steps above prompting
            "training": 0.5 * 2,
            "predictions": 10_000 * 0.036 / 3600 * 2,
            "electricity": (0.5 + 10_000 * 0.036 / 3600) * 0.065 * 0.5,
        }
    )
    assert found.utility == pytest.approx(100 * 0.9 - sum(found.costs.values()) / 10), "upkeep stands for the tolerance"
    assert found.price_per_1000 == pytest.approx(36 / 3600 * 2 + 36 / 3600 * 0.065 * 0.5)
    assert found.energy_wh == pytest.approx(32.5)
    assert one(estimate("fine-tune"), Goal(prices=prices), device="cuda").energy_wh == pytest.approx(150.0)


def test_without_prices_nothing_costs_anything_and_a_step_costs_the_tolerance() -> None:
    found = one(estimate("fine-tune"), Goal(tolerance=0.5))
    assert (found.costs, found.price_per_1000, found.labels_price) == ({}, None, None)
    assert found.utility == pytest.approx(90 - 3 * 0.5)
    served = one(estimate("fine-tune", place=2.6), Goal(tolerance=0.5))
    assert served.utility == pytest.approx(90 - 2.6 * 0.5)


def test_prices_of_some_things_are_costs_of_those_alone_and_weigh_nothing_without_a_points_own() -> None:
    found = one(estimate("fine-tune"), Goal(prices=Prices(hour=2.0)))
    assert found.costs == pytest.approx({"training": 1.0}), "predictions cost nothing until their number is known"
    assert found.utility == one(estimate("fine-tune"), Goal()).utility


def test_what_leads_by_luck_loses_points_and_chances() -> None:
    goal = Goal(target=0.9)
    found = priced([estimate("rag", 0.93), estimate("frozen", 0.9)], goal, 400)
    alone = priced([estimate("rag", 0.93)], goal, 400)[0]
    assert found[0].curse == pytest.approx(0.053) and alone.curse == 0.0
    assert found[0].utility == pytest.approx(93 - 5.3 - 1) and (found[0].p_target or 0) < (alone.p_target or 0)
    assert priced([estimate("rag", 0.87), estimate("frozen", 0.9)], goal, 400)[0].curse == pytest.approx(
        0.053 * math.exp(-1)
    )


@given(
    st.sampled_from(RUNG_NAMES), amounts, amounts, amounts, st.integers(0, 10**7), st.integers(1, 60),
    st.one_of(st.none(), st.floats(0.1, 1e3)),
)  # fmt: skip
def test_dearer_prices_never_raise_a_rungs_utility(
    rung: RungName, step: float, hour: float, kwh: float, predictions: int, months: int, point: float | None
) -> None:
    base = Prices(point=point, rung=step, hour=hour, kwh=kwh, predictions_per_month=predictions, months=months)
    here = one(estimate(rung), Goal(prices=base)).utility
    assert here is not None
    for name in ("rung", "hour", "kwh", "predictions_per_month", "months"):
        dearer = base.model_copy(update={name: getattr(base, name) + 1})
        assert (one(estimate(rung), Goal(prices=dearer)).utility or 0.0) <= here + 1e-6


def test_an_endpoint_costs_tokens_and_no_time_of_this_machine() -> None:
    asked = {"identity": "endpoint https://x m", "ask": {"template": "a" * 4000}}
    prices = Prices(hour=1.0, token=5.0, predictions_per_month=10_000, months=1)
    there = one(estimate("prompting", settings=asked), Goal(prices=prices))
    assert "predictions" not in there.costs and there.costs["tokens"] > 10_000 * 1000 * 5 / 1e6
    assert "tokens" not in one(estimate("prompting"), Goal(prices=prices)).costs


@pytest.mark.parametrize(
    ("musts", "blocked"),
    [
        (Constraints(weights_fixed=True), {"fine-tune", "scratch"}),
        (Constraints(knowledge_changes=True), {"prompting", "frozen", "fine-tune", "scratch"}),
        (Constraints(latency_ms=35.0), set(RUNG_NAMES)),
        (Constraints(latency_ms=37.0), set()),
        (Constraints(deadline_seconds=1799.0), set(RUNG_NAMES)),
        (Constraints(deadline_seconds=1801.0), set()),
        (Constraints(local_only=True), set()),
        (Constraints(no_gpu=True), set()),
    ],
)
def test_each_constraint_blocks_its_rungs_and_says_why(musts: Constraints, blocked: set[RungName]) -> None:
    found = priced([estimate(rung) for rung in RUNG_NAMES], Goal(constraints=musts), 400)
    assert {e.rung for e in found if e.blocked} == blocked
    assert all(e.blocked.endswith(".") for e in found if e.blocked)


def test_local_only_blocks_what_an_endpoint_answers() -> None:
    goal = Goal(constraints=Constraints(local_only=True))
    assert one(estimate("prompting", settings={"identity": "endpoint https://x m"}), goal).blocked
    over_documents = goal.model_copy(update={"backbone": "endpoint"})
    assert one(estimate("rag"), over_documents).blocked and not one(estimate("frozen"), over_documents).blocked


def test_what_would_take_more_than_a_day_on_a_processor_needs_a_gpu() -> None:
    goal = Goal(constraints=Constraints(no_gpu=True))
    hours = estimate("scratch", train_seconds=2 * 3600.0)
    assert not one(hours, goal).blocked
    assert one(hours, goal, device="cuda").blocked, "2 hours on a GPU are 40 on a processor"


def test_labels_missing_follow_the_curve_and_no_further_than_it_may_be_believed() -> None:
    goal, curve = Goal(target=0.93, prices=Prices(label=0.5)), curve_of(0.0, 2.0, 1600)  # 0.9 with 400 labels
    found = one(estimate("frozen"), goal, curve=curve)
    assert found.labels_missing == math.ceil((2.0 / 0.07) ** 2) - 400
    assert found.labels_price == pytest.approx(0.5 * (found.labels_missing or 0))
    assert one(estimate("frozen"), goal, curve=curve_of(0.0, 2.0, 800)).labels_missing is None
    assert one(estimate("frozen"), goal, curve=curve_of(0.08, 0.4, 10**9)).labels_missing is None, "it ends above it"
    assert one(estimate("prompting"), goal, curve=curve).labels_missing is None, "it learns from no label"
    assert one(estimate("frozen", 0.94), goal, curve=curve).labels_missing == 0
    assert one(estimate("frozen"), Goal(), curve=curve).labels_missing is None, "no target, nothing is missing"


def test_pricing_again_forgets_the_question_before() -> None:
    first = priced([estimate("frozen")], Goal(target=0.8, constraints=Constraints(latency_ms=1.0)), 400)
    assert first[0].blocked and first[0].p_target is not None
    assert priced(first, Goal(), 400) == priced([estimate("frozen")], Goal(), 400)
    none = Estimate(rung="scratch", available=False, reason="No pilot.")
    assert repriced([none], Goal(target=0.9)) == (none,)


@pytest.mark.parametrize("wish", [*wishes_of(Prices), *wishes_of(Constraints)], ids=lambda wish: wish.name)
def test_the_page_on_the_decision_names_every_price_and_constraint_with_its_default(wish: Wish) -> None:
    page = (Path(__file__).parents[2] / "docs" / "decision.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{wish.words.option}"))
    assert row.endswith(f"| {wish.default} |" if wish.default else "|  |") and wish.words.help in row
