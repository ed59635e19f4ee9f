"""The estimates that advice made, or would make, of a task that was carried out, so that it can be judged by them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from advisor.advice.outlook.adapters import with_adapter
from advisor.advice.outlook.common import MILLISECONDS_OF_WORDS, forecast_of
from advisor.advice.outlook.cost import priced
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.forecast import Forecast, forecast
from advisor.advice.outlook.signals import Z
from advisor.advice.outlook.timing import peak_bytes, train_seconds
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Goal, Situation


def replayed(task: CompletedTask, experience: Experience, goal: Goal) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first, priced; `experience` should not hold the task's dataset.

    Answers to questions are forecast by their own probes: what was expected then is taken, and what adapters brought on
    the sets in `experience`.
    """
    s = task.situation
    values = remembered(task, experience) if s.kind == "qa" else forecast(s, experience)
    made = tuple(one(task, rung, values.get(rung), experience) for rung in RUNG_NAMES if rung in goal.rungs)
    return priced(made, goal, s.n_labels, None)


def one(task: CompletedTask, rung: RungName, value: Forecast | None, experience: Experience) -> Estimate:
    """The estimate of one rung."""
    if value is None:
        return Estimate(rung=rung, available=False, reason="It was not forecast.")
    items = number(task.outcomes.get(rung, {}), "items") or 0.0
    return forecast_of(
        rung,
        value,
        n=task.situation.n_sample,
        train_seconds=train_seconds(task.situation, rung, items, experience),
        peak_memory_bytes=peak_bytes(experience, task.situation.kind, rung),
        milliseconds_per_prediction=milliseconds(task.situation, rung),
    )


def remembered(task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
    """What was expected of each rung when the task was looked at; of fine-tuning, retrieval with an adapter."""
    found: dict[RungName, Forecast] = {}
    for rung in RUNG_NAMES:
        row = task.outcomes.get(rung, {})
        value, low, high = (number(row, name) for name in ("expected", "expected_low", "expected_high"))
        if value is not None and low is not None and high is not None:
            found[rung] = Forecast(value, low, high, (high - low) / (2 * Z), "measured")
    if "fine-tune" in found and "rag" in found:
        start = found["rag"]
        value, low, high = with_adapter(start.value, start.low, start.high, experience)
        found["fine-tune"] = Forecast(value, low, high, (high - low) / (2 * Z), "predicted")
    return found


def number(row: dict[str, Any], name: str) -> float | None:
    """A number of a table's row, None where it is empty."""
    found = row.get(name)
    return None if found is None or pd.isna(found) else float(found)


def milliseconds(situation: Situation, rung: RungName) -> float:
    """Of one prediction: through the backbone, or by counted words."""
    if rung == "scratch" and situation.kind == "text":
        return MILLISECONDS_OF_WORDS
    return 1000.0 * (situation.seconds_per_item or 0.0)
