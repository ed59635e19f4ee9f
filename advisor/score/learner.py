"""The advisor itself, as one of those that are scored: its estimates of a completed task, then its decision."""

from __future__ import annotations

from functools import lru_cache

from advisor.advice.decide import decide
from advisor.advice.outlook.common import MILLISECONDS_OF_WORDS, forecast_of
from advisor.advice.outlook.cost import repriced
from advisor.advice.outlook.elsewhere import informed
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.forecast import Forecast
from advisor.advice.outlook.signals import counts_words
from advisor.advice.outlook.tasks import outlook_of
from advisor.advice.outlook.timing import expected, peak_bytes, train_seconds
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Goal, Situation
from advisor.score.choice import Adviser, Choice


def advisor(past: Experience) -> Adviser:
    """Advice as it would have been given, knowing nothing but the tasks in `past`."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        estimates = estimates_of(case, past, goal)
        decision = decide(estimates, goal)
        return Choice({decision.recommended: 1.0}, estimates=estimates, times=times(case, past), sure=decision.sure)

    return answer


def times(case: CompletedTask, past: Experience) -> dict[RungName, tuple[float, float]]:
    """(predicted, taken) processor seconds of the rungs' runs, where a step was timed."""
    every = {rung: expected(case, rung, past) for rung in RUNG_NAMES}
    return {rung: both for rung, both in every.items() if both is not None}


def estimates_of(task: CompletedTask, experience: Experience, goal: Goal) -> tuple[Estimate, ...]:
    """The allowed rungs, cheapest first, priced; `experience` should not hold the task's dataset."""
    return repriced([e for e in replayed(task, experience) if e.rung in goal.rungs], goal)


@lru_cache(maxsize=4096)
def replayed(task: CompletedTask, experience: Experience) -> tuple[Estimate, ...]:
    """All rungs as they would have been expected, cheapest first, not priced."""
    kind = task.situation.kind
    forecasts = outlook_of(kind).replayed(task, experience)
    estimates = tuple(one(task, rung, forecasts.get(rung), experience) for rung in RUNG_NAMES)
    return informed(estimates, kind, experience)


def one(task: CompletedTask, rung: RungName, forecast: Forecast | None, experience: Experience) -> Estimate:
    """The estimate of one rung."""
    if forecast is None:
        return Estimate(rung=rung, available=False, reason="It was not forecast.")
    items = task.number(rung, "items") or 0.0
    return forecast_of(
        rung,
        forecast,
        n=task.situation.n_sample,
        train_seconds=train_seconds(task.situation, rung, items, experience),
        peak_memory_bytes=peak_bytes(experience, task.situation.kind, rung),
        milliseconds_per_prediction=milliseconds(task.situation, rung),
    )


def milliseconds(situation: Situation, rung: RungName) -> float:
    """Of one prediction: through the backbone, or by counted words."""
    if counts_words(situation.kind, rung):
        return MILLISECONDS_OF_WORDS
    return 1000.0 * (situation.seconds_per_item or 0.0)
