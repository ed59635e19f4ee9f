"""The five rungs side by side: a column for each rung and a row for each quantity, in words."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.comparison import basis, chance_beside, taken_for_luck, training_time
from advisor.advice.explain import is_too_early
from advisor.advice.outlook.cost import place_of
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import RUNG_NAMES, TUNED, RungName, rung
from advisor.core.records import Advice, Estimate, Goal
from advisor.core.wording import amount, capital, counted, energy, percent, size

#: What a cost is for, in words.
COSTS = {
    "upkeep": "Cost: upkeep",
    "training": "Cost: training",
    "predictions": "Cost: predictions",
    "electricity": "Cost: electricity",
    "tokens": "Cost: tokens",
}


@dataclass(frozen=True)
class Table:
    """A table in words: the headings, and rows as long as they are."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def without_empty(self) -> Table:
        """The table without its empty columns."""
        kept = [i for i in range(len(self.headings)) if any(row[i] for row in self.rows)]
        return Table(tuple(self.headings[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in self.rows))


def side_by_side(advice: Advice) -> Table:
    """All that is known of each rung; a quantity that no rung has is left out."""
    columns = [_column(estimate, advice) for estimate in advice.estimates]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [(name, *(column.get(name, "") for column in columns)) for name in _ordered(names)]
    headings = ("Per rung", *(_heading(e.rung, advice) for e in advice.estimates))
    return Table(headings, tuple(row for row in rows if any(row[1:])))


def upkeep_words(advice: Advice) -> str:
    """What the upkeep of the rungs is made of, in a sentence or two; "" where it has no price."""
    price, tuned = advice.question.prices.rung, advice.estimate(TUNED)
    if price is None or not any("upkeep" in e.costs for e in advice.estimates):
        return ""
    each = amount(price, advice.question.prices.currency)
    said = f"Upkeep is {each} for each step of the ladder above {_name(RUNG_NAMES[0])}."
    if "upkeep" not in tuned.costs or tuned.kept_chance is None or tuned.kept is not None:
        return said
    steps, often = place_of(tuned), percent(tuned.kept_chance, digits=0)
    back = rung(rung(TUNED).falls_back_to[task_of_metric(advice.metric)])
    return (
        f"{said} Fine-tuning counts as {steps:.1f} steps: {often} of its runs keep what was tuned, and the others "
        f"serve {back.in_text}, {counted(back.place, 'step')} up."
    )


def _ordered(names: list[str]) -> list[str]:
    """Costs before their sum and what is left after it, whichever rung named them first."""
    last = ("Total cost", "Points less costs", "Blocked")
    return [n for n in names if n not in last] + [n for n in last if n in names]


def _heading(name: RungName, advice: Advice) -> str:
    first = " (leading so far)" if is_too_early(advice) else " (recommended)"
    mark = {advice.recommended: first, advice.runner_up: " (runner-up)"}.get(name, "")
    return rung(name).title + mark


def _column(estimate: Estimate, advice: Advice) -> dict[str, str]:
    """One rung's quantities in the order of the table, "" where there is none."""
    if not estimate.available or estimate.value is None:
        return {words_for(advice): "no number"}
    parts = (_value(estimate, advice), _effort(estimate), _labels(estimate, advice.question), _costs(estimate, advice))
    return {name: text for part in parts for name, text in part.items()} | {"Blocked": estimate.blocked}


def words_for(advice: Advice) -> str:
    """The metric as a heading: "Token F1", "Balanced accuracy"."""
    return capital(advice.metric)


def _value(estimate: Estimate, advice: Advice) -> dict[str, str]:
    low, high, target = estimate.low, estimate.high, advice.question.target
    odds = f"Chance of {percent(target)}" if target is not None else f"Chance of beating {_name(advice.recommended)}"
    return {
        words_for(advice): percent(estimate.value or 0.0),
        "90 % interval": f"{100 * low:.1f} to {percent(high)}" if low is not None and high is not None else "",
        "Known by": f"{basis(estimate)}, n = {estimate.n:,}",
        odds: chance_beside(estimate, advice),
        "Taken off for luck": f"{off:.1f} points" if (off := taken_for_luck(estimate)) else "",
    }


def _name(name: RungName) -> str:
    return rung(name).in_text


def _effort(estimate: Estimate) -> dict[str, str]:
    used, spent, pace = estimate.peak_memory_bytes, estimate.energy_wh, estimate.milliseconds_per_prediction
    kept = estimate.kept_chance
    return {
        "Tuning is kept": f"{percent(kept, digits=0)} of runs" if kept is not None else "",
        "Training time": training_time(estimate),
        "Peak memory": size(used) if used else "",
        "Energy to train": energy(spent) if spent is not None and rung(estimate.rung).trains else "",
        "One prediction": f"{pace:,.{1 if pace < 10 else 0}f} ms" if pace is not None else "",
    }


def _labels(estimate: Estimate, goal: Goal) -> dict[str, str]:
    if goal.target is None:
        return {}
    missing, price = estimate.labels_missing, estimate.labels_price
    labels = "out of reach" if missing is None else f"{missing:,}" if missing else "none"
    return {
        "Labels to add for an even chance": labels,
        "Price of those labels": amount(price, goal.prices.currency) if price else "",
    }


def _costs(estimate: Estimate, advice: Advice) -> dict[str, str]:
    """Every cost that the user gave a price for, and, where a point has one too, what is weighed."""
    prices, each = advice.question.prices, estimate.price_per_1000
    weighed = prices.point and estimate.utility is not None
    return {
        "Price of 1,000 predictions": amount(each, prices.currency) if each is not None else "",
        **{COSTS[name]: amount(cost, prices.currency) for name, cost in estimate.costs.items()},
        "Total cost": amount(sum(estimate.costs.values()), prices.currency) if estimate.costs else "",
        "Points less costs": f"{estimate.utility:.1f}" if weighed else "",
    }
