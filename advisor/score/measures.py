"""How good a choice was: the ideal rung of a task, regret, compute and utility.

The ideal rung is the cheapest within one point of the best. Points alone would reward always climbing to the top, since
a fine-tuned model that falls back to the frozen one is never worse than it. A task's values are means over its seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.core.kinds import kind_row
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Goal, Kind
from advisor.score.choice import Choice

#: Rungs this close to the best (one point) count as equally good.
MARGIN = 0.01
SLACK = 1e-9


@dataclass(frozen=True)
class Truth:
    """What came out on a task, as means over its seeds, of every rung that was carried out.

    ``values`` are shares, ``cpu_seconds`` those of training, ``utilities`` in points at the default goal.
    """

    dataset: str
    kind: Kind
    labels: str
    metric: str
    values: dict[RungName, float]
    cpu_seconds: dict[RungName, float]
    utilities: dict[RungName, float]
    cases: tuple[CompletedTask, ...]

    @property
    def name(self) -> str:
        """Such as "trec6/200"."""
        return f"{self.dataset}/{self.labels}"

    @cached_property
    def best(self) -> RungName:
        """The rung of the highest value; of equals the cheapest."""
        return max(self.values, key=lambda rung: (self.values[rung], -RUNG_NAMES.index(rung)))

    @cached_property
    def ideal(self) -> RungName:
        """The cheapest rung within one point of the best."""
        rung = cheapest(self.values)
        assert rung is not None
        return rung


def cheapest(values: Mapping[RungName, float]) -> RungName | None:
    """The cheapest rung within one point of the highest value; None of nothing.

    >>> cheapest({"frozen": 0.895, "fine-tune": 0.90, "prompting": 0.3})
    'frozen'
    """
    if not values:
        return None
    enough = max(values.values()) - MARGIN - SLACK
    return min((rung for rung, value in values.items() if value >= enough), key=RUNG_NAMES.index)


@lru_cache(maxsize=64)
def truths(experience: Experience) -> tuple[Truth, ...]:
    """The tasks of which at least one seed has the row of every rung, and some rung a value."""
    grouped: dict[tuple[str, str], list[CompletedTask]] = {}
    for case in experience.tasks:
        if set(RUNG_NAMES) <= set(case.outcomes):
            grouped.setdefault((case.dataset, case.labels), []).append(case)
    every = [_truth(tuple(sorted(cases, key=lambda case: case.seed))) for cases in grouped.values()]
    return tuple(truth for truth in every if truth.values)


def _truth(cases: tuple[CompletedTask, ...]) -> Truth:
    first = cases[0]
    carried: dict[RungName, list[CompletedTask]] = {
        rung: [case for case in cases if case.value(rung) is not None] for rung in RUNG_NAMES
    }
    carried = {rung: seeds for rung, seeds in carried.items() if seeds}
    return Truth(
        dataset=first.dataset,
        kind=first.situation.kind,
        labels=first.labels,
        metric=first.situation.metric,
        values={rung: _mean([number(c, rung, "value") for c in seeds]) for rung, seeds in carried.items()},
        cpu_seconds={rung: _mean([number(c, rung, "cpu_seconds") for c in seeds]) for rung, seeds in carried.items()},
        utilities={rung: _mean([worth(c, rung) for c in seeds]) for rung, seeds in carried.items()},
        cases=cases,
    )


@lru_cache(maxsize=10_000)
def worth(case: CompletedTask, rung: RungName) -> float:
    """The utility that advice expects (`advice.outlook.cost`), from what came out, in points at the default goal."""
    return utility(case, rung, Goal().tolerance)


def utility(case: CompletedTask, rung: RungName, step: float, per_second: float = 0.0) -> float:
    """100 x value, less ``step`` points for each place of the model that is served and ``per_second`` of training."""
    value = case.value(rung)
    assert value is not None, f"{case.dataset}: {rung} has no value"
    return 100.0 * value - step * served(case, rung) - per_second * number(case, rung, "cpu_seconds")


def served(case: CompletedTask, rung: RungName) -> int:
    """The place on the ladder of the model that came out: what was tuned and not kept serves the rung below."""
    row = row_of(rung)
    back = row.falls_back_to.get(kind_row(case.situation.kind).task)
    return row_of(back).place if back and case.number(rung, "kept") == 0.0 else row.place


@dataclass(frozen=True)
class Judged:
    """An adviser's choices for a task (one per seed) against what came out."""

    truth: Truth
    choices: tuple[Choice, ...]

    @property
    def shares(self) -> dict[RungName, float]:
        """How often each rung was taken, over seeds; what was not carried out falls to the next rung that was."""
        taken = dict.fromkeys(self.truth.values, 0.0)
        for choice in self.choices:
            for rung, share in choice.shares.items():
                taken[nearest(rung, self.truth.values)] += share / len(self.choices)
        return taken

    @property
    def chosen(self) -> tuple[RungName, ...]:
        """The rung of each seed."""
        return tuple(nearest(choice.rung, self.truth.values) for choice in self.choices)

    def share(self, step: int) -> float:
        """Share of choices at the ideal rung (0), above it (1) or below it (-1)."""
        at = RUNG_NAMES.index(self.truth.ideal)
        return sum(share for rung, share in self.shares.items() if _sign(RUNG_NAMES.index(rung) - at) == step)

    @property
    def regret(self) -> float:
        """Points lost against the best rung."""
        return 100.0 * (self.truth.values[self.truth.best] - self._expected(self.truth.values))

    @property
    def utility_regret(self) -> float:
        """Utility lost against the rung of the highest."""
        return max(self.truth.utilities.values()) - self._expected(self.truth.utilities)

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of the training chosen, with what the adviser ran before it chose."""
        charged = sum(choice.charged_cpu_seconds for choice in self.choices) / len(self.choices)
        return self._expected(self.truth.cpu_seconds) + charged

    def reaches(self, target: float) -> float:
        """Share of choices whose rung reaches the target."""
        return sum(share for rung, share in self.shares.items() if self.truth.values[rung] >= target - SLACK)

    def _expected(self, numbers: Mapping[RungName, float]) -> float:
        return sum(share * numbers[rung] for rung, share in self.shares.items())


def nearest(rung: RungName, carried: Mapping[RungName, Any] | Sequence[RungName]) -> RungName:
    """The rung itself where it was carried out, else the next one down, else the next one up.

    Questions have nothing from scratch: "always scratch" trains the rung below there.
    """
    at = RUNG_NAMES.index(rung)
    below = [name for name in RUNG_NAMES[: at + 1] if name in carried]
    return below[-1] if below else next(name for name in RUNG_NAMES[at:] if name in carried)


def advice_cost(truth: Truth) -> tuple[float, float]:
    """(processor seconds of the advice, mean over seeds; of trying every rung with all seeds)."""
    advice = _mean([c.situation.probe_cpu_seconds + c.situation.steps_cpu_seconds for c in truth.cases])
    trying = sum(
        number(c, rung, "cpu_seconds") for c in truth.cases for rung in RUNG_NAMES if c.value(rung) is not None
    )
    return advice, trying


def number(case: CompletedTask, rung: RungName, column: str) -> float:
    """A number of a rung's row; 0 where it is missing."""
    return case.number(rung, column) or 0.0


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _sign(step: int) -> int:
    return (step > 0) - (step < 0)
