"""What a rung costs and is worth to the user, its chance of the target, and the constraint that it breaks.

Utility is in points of the metric: 100 x value, what luck takes off taken off, less the tolerance for each step up the
ladder of the model that is served, less the costs where the user says what a point is worth: machine time for training
and for the predictions of all months, electricity and an endpoint's tokens. Labels that are there are paid for and
count nothing; labels to buy are priced apart. Assumed and not measured: `CPU_WATTS`, `GPU_WATTS`, `GPU_SPEEDUP`, and
four characters to a token.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from advisor.advice.outlook.elsewhere import curse, with_luck, without_luck
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Goal, LearningCurve
from advisor.core.wording import duration
from advisor.llm.identity import is_endpoint
from advisor.llm.models import ENDPOINT

CPU_WATTS, GPU_WATTS = 65.0, 300.0
#: Assumed: a GPU trains and predicts so many times faster than a processor.
GPU_SPEEDUP = 20.0
CHARACTERS_PER_TOKEN = 4
#: The standard normal's 95 % point: the bounds of an estimate are 5 % and 95 % points.
Z = 1.6448536269514722
#: Without a GPU, a training that takes longer than this on a processor counts as needing one.
LONGEST_ON_CPU_SECONDS = 86_400.0
#: Longer than any training.
FOREVER = 1e12
CPU = "cpu"


def priced(
    estimates: Sequence[Estimate],
    goal: Goal,
    n_labels: int,
    curve: LearningCurve | None = None,
    device: str = CPU,
) -> tuple[Estimate, ...]:
    """The estimates with costs, utility, price, chance of the target, broken constraint, and labels still missing.

    n_labels: labelled items at hand. curve: of the frozen rung. device: where the times were taken ("cpu", "cuda",
    "mps"). Values are those without luck (`elsewhere.curse`). Pricing again for another goal replaces everything; the
    forecast and the times stay.
    """
    return tuple(_with_labels(e, goal, n_labels, curve) for e in repriced(estimates, goal, device))


def repriced(estimates: Sequence[Estimate], goal: Goal, device: str = CPU) -> tuple[Estimate, ...]:
    """`priced` without the labels: all that a decision looks at."""
    lucky = [with_luck(e) for e in estimates]
    return tuple(_one(without_luck(e, curse(e, lucky)), goal, device) for e in lucky)


def _one(estimate: Estimate, goal: Goal, device: str) -> Estimate:
    value, low, high = estimate.value, estimate.low, estimate.high
    if not estimate.available or value is None or low is None or high is None:
        cleared = dict.fromkeys(("p_target", "utility", "price_per_1000", "energy_wh"))
        return estimate.model_copy(update={**cleared, "curse": 0.0, "costs": {}, "blocked": ""})
    target, costs, each = goal.target, costs_of(estimate, goal, device), _of_1000(estimate, goal, device)
    reached = None if target is None else p_at_least(target, value, low, high)
    return estimate.model_copy(
        update={
            "p_target": reached,
            "costs": costs,
            "price_per_1000": sum(each.values()) if each else None,
            "energy_wh": watts(device) * training_seconds(estimate) / 3600.0,
            "utility": 100.0 * value - points_of(estimate, costs, goal),
            "blocked": broken(estimate, goal, device),
        }
    )


def points_of(estimate: Estimate, costs: Mapping[str, float], goal: Goal) -> float:
    """What place and costs take off, in points of the metric; money counts only where a point has a price.

    Upkeep stands for the tolerance where it is a cost.
    """
    point = goal.prices.point
    money = sum(costs.values()) / point if point else 0.0
    return money if "upkeep" in costs and point else goal.tolerance * place_of(estimate) + money


def place_of(estimate: Estimate) -> float:
    """The expected place on the ladder of the model that is served, 0 to 4."""
    return float(row_of(estimate.rung).place) if estimate.place is None else estimate.place


def p_at_least(target: float, value: float, low: float, high: float) -> float:
    """The chance of at least `target` under the two-piece normal with 5 %, 50 % and 95 % points low, value and high.

    >>> [round(p_at_least(t, 0.9, 0.87, 0.92), 2) for t in (0.87, 0.9, 0.92)]
    [0.95, 0.5, 0.05]
    """
    spread = (value - low if target <= value else high - value) / Z
    if spread <= 0.0:
        return 1.0 if target <= value else 0.0
    return normal_cdf((value - target) / spread)


def normal_cdf(z: float) -> float:
    """The standard normal's distribution function."""
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def costs_of(estimate: Estimate, goal: Goal, device: str = CPU) -> dict[str, float]:
    """Each cost over the months that the model is used, by name: those whose price the user gave.

    All but the upkeep follow from measured times.
    """
    prices, months = goal.prices, goal.prices.months
    hours = training_seconds(estimate) / 3600.0
    thousands = (prices.predictions_per_month or 0) * months / 1000.0
    each = _of_1000(estimate, goal, device)
    costs: dict[str, float] = {}
    if prices.rung is not None:
        costs["upkeep"] = prices.rung * place_of(estimate)
    if prices.hour is not None:
        costs["training"] = prices.hour * hours
    if "machine" in each and prices.predictions_per_month is not None:
        costs["predictions"] = each["machine"] * thousands
    if prices.kwh is not None:
        costs["electricity"] = prices.kwh * hours * watts(device) / 1000.0 + each.get("electricity", 0.0) * thousands
    if each.get("tokens"):
        costs["tokens"] = each["tokens"] * thousands
    return costs


def _of_1000(estimate: Estimate, goal: Goal, device: str) -> dict[str, float]:
    """The cost of a thousand predictions, as far as there are prices: machine time, electricity, tokens."""
    prices = goal.prices
    if by_endpoint(estimate, goal):
        return {} if prices.token is None else {"tokens": 1000 * prices.token * tokens_each(estimate) / 1e6}
    hours = (estimate.milliseconds_per_prediction or 0.0) / 3600.0
    each = {"machine": prices.hour, "electricity": None if prices.kwh is None else prices.kwh * watts(device) / 1000.0}
    return {name: hours * price for name, price in each.items() if price is not None}


def training_seconds(estimate: Estimate) -> float:
    """What a training takes here: as a run took it, where one has finished."""
    return (estimate.train_seconds if estimate.run_seconds is None else estimate.run_seconds) or 0.0


def watts(device: str) -> float:
    """Assumed power while it works."""
    return CPU_WATTS if device == CPU else GPU_WATTS


def by_endpoint(estimate: Estimate, goal: Goal) -> bool:
    """Whether predictions are sent to an endpoint: a prompt measured there, or questions answered by one."""
    prompted = is_endpoint(str(estimate.settings.get("identity", "")))
    return prompted or (goal.backbone == ENDPOINT and row_of(estimate.rung).asks_per_call)


def tokens_each(estimate: Estimate) -> float:
    """Tokens of one prediction, roughly: the characters of the prompt around the item, four to a token."""
    prompt = estimate.settings.get("ask") or estimate.settings.get("prompt") or {}
    return len(str(prompt)) / CHARACTERS_PER_TOKEN


def broken(estimate: Estimate, goal: Goal, device: str = CPU) -> str:
    """The constraint that a rung breaks, in a sentence; "" for none."""
    musts, rung = goal.constraints, row_of(estimate.rung)
    seconds, each = estimate.train_seconds or 0.0, estimate.milliseconds_per_prediction or 0.0
    latency, deadline = musts.latency_ms or math.inf, musts.deadline_seconds or FOREVER
    on_cpu = seconds if device == CPU else GPU_SPEEDUP * seconds
    checks = (
        (musts.weights_fixed and rung.changes_weights, "It changes weights, and none may change."),
        (musts.knowledge_changes and not rung.stays_current, "Knowledge changes daily; only retrieval stays current."),
        (musts.local_only and by_endpoint(estimate, goal), "It sends data to an endpoint, and none may leave."),
        (musts.no_gpu and on_cpu > LONGEST_ON_CPU_SECONDS, "Its training needs a GPU, and it must run without one."),
        (each > latency, f"A prediction takes {each:,.1f} ms; at most {latency:,.1f} ms is allowed."),
        (seconds > deadline, f"Training takes {duration(seconds)}; at most {duration(deadline)} is allowed."),
    )
    return next((sentence for breaks, sentence in checks if breaks), "")


def _with_labels(estimate: Estimate, goal: Goal, n_labels: int, curve: LearningCurve | None) -> Estimate:
    missing = None if goal.target is None else labels_missing(estimate, goal.target, n_labels, curve)
    price = None if missing is None or goal.prices.label is None else goal.prices.label * missing
    return estimate.model_copy(update={"labels_missing": missing, "labels_price": price})


def labels_missing(estimate: Estimate, target: float, n_labels: int, curve: LearningCurve | None) -> int | None:
    """Labels to add until the target is expected; None where the curve does not reach it as far as it is believed.

    The rung's error shrinks as the frozen rung's does, where the rung learns from labels.
    """
    if not estimate.available or estimate.value is None:
        return None
    if estimate.value >= target:
        return 0
    if curve is None or not row_of(estimate.rung).needs_labels or curve.b <= 0 or n_labels < 1:
        return None
    now = curve.a + curve.b * n_labels**-0.5
    wanted = now * (1.0 - target) / (1.0 - estimate.value) - curve.a
    if wanted <= 0:
        return None
    needed = (curve.b / wanted) ** 2
    return math.ceil(needed) - n_labels if needed <= curve.furthest else None
