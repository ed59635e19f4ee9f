"""How good an adviser's numbers were: intervals, chances of reaching a target, training times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.core.ladder import LADDER, RUNG_NAMES, RungName
from advisor.score.figures import Figure, wilson
from advisor.score.measures import SLACK, Judged
from probes.measured import side

#: A predicted time is right within this factor.
WITHIN = 1.5
#: A training that takes no longer than this is not worth predicting more exactly.
SECOND = 1.0
#: Rungs that train; the others' runs take a part of a second.
TRAINED: tuple[RungName, ...] = tuple(row.name for row in LADDER if row.trains)
BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True)
class Prediction:
    """One rung of one task and seed: what was expected of it, what came out. Seconds are the processor's."""

    dataset: str
    labels: str
    seed: int
    rung: RungName
    expected: float
    low: float
    high: float
    value: float
    expected_seconds: float | None
    seconds: float | None

    @property
    def inside(self) -> bool:
        """The value lies in the interval, as a run's report counts it."""
        return side(self.value, self.low, self.high) == "inside"


@dataclass(frozen=True)
class Bin:
    """Chances between ``low`` and ``high``: their mean, and the share of targets that were reached."""

    low: float
    high: float
    expected: float
    reached: Figure


def predictions_of(tasks: Sequence[Judged]) -> tuple[Prediction, ...]:
    """Every rung with an estimate and an outcome."""
    return tuple(prediction for judged in tasks for prediction in _predictions(judged))


def _predictions(judged: Judged) -> Iterator[Prediction]:
    for case, choice in zip(judged.truth.cases, judged.choices, strict=True):
        for e in choice.estimates:
            value, times = case.value(e.rung), choice.times.get(e.rung, (None, None))
            if value is None or e.value is None or e.low is None or e.high is None:
                continue
            yield Prediction(case.dataset, case.labels, case.seed, e.rung, e.value, e.low, e.high, value, *times)


def covered(tasks: Sequence[Judged]) -> dict[str, Figure]:
    """Share of values inside their intervals, by rung and of "all", with Wilson's interval."""
    return _by_rung([(p.rung, p.inside) for p in predictions_of(tasks)])


def in_time(tasks: Sequence[Judged]) -> dict[str, Figure]:
    """Share of trainings whose time was predicted within 1.5 times, by rung and of "all"."""
    times = [
        (rung, close(*choice.times[rung]))
        for judged in tasks for choice in judged.choices for rung in TRAINED if rung in choice.times
    ]  # fmt: skip
    return _by_rung(times)


def close(predicted: float, taken: float) -> bool:
    """Within 1.5 times either way, or within a second."""
    return abs(predicted - taken) <= SECOND or max(predicted, taken) <= WITHIN * min(predicted, taken) + SLACK


def chances_of(aimed: Mapping[float, Sequence[Judged]]) -> list[tuple[float, bool]]:
    """(chance given, reached) of every rung, task, seed and target."""
    chances = []
    for target, judged in aimed.items():
        for case, choice in ((c, a) for j in judged for c, a in zip(j.truth.cases, j.choices, strict=True)):
            for e in choice.estimates:
                value = case.value(e.rung)
                if e.p_target is not None and value is not None:
                    chances.append((e.p_target, value >= target - SLACK))
    return chances


def reliability(chances: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """The chances in bins, those without any left out."""
    bins = []
    for low, high in pairwise(BINS):
        inside = [(p, met) for p, met in chances if low <= p < high or (high == 1.0 and p == 1.0)]
        if inside:
            expected = sum(p for p, _ in inside) / len(inside)
            bins.append(Bin(low, high, expected, wilson(sum(met for _, met in inside), len(inside))))
    return tuple(bins)


def promises_kept(aimed: Mapping[float, Sequence[Judged]]) -> Figure:
    """Of the recommendations that were sure of their target, the share that reached it."""
    kept = []
    for target, judged in aimed.items():
        for j in judged:
            for choice, rung, case in zip(j.choices, j.chosen, j.truth.cases, strict=True):
                value = case.value(rung)
                if choice.sure and value is not None:
                    kept.append(value >= target - SLACK)
    return wilson(sum(kept), len(kept))


def _by_rung(rows: Sequence[tuple[RungName, bool]]) -> dict[str, Figure]:
    by_rung = {rung: [good for name, good in rows if name == rung] for rung in RUNG_NAMES}
    each = {str(rung): wilson(sum(good), len(good)) for rung, good in by_rung.items() if good}
    return each | {"all": wilson(sum(good for _, good in rows), len(rows))} if rows else {}
