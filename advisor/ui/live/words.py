"""What a run that is under way says: the sentence of the moment, the time left, its pace, and its log line by line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from advisor.core import wording
from advisor.core.records import RunStatus
from advisor.ui import terms

STOPPING = "Stopping. If there is a model yet, the best one is kept."
#: A run that is expected to take so many times its limit names it.
OVER = 1.1
SILENT = "The run has not said anything yet."
#: Of each kind of event that people read: the field that holds its words.
READ = {"stage": "stage", "said": "sentence"}


def doing(status: RunStatus, ahead: RunStatus | None = None) -> str:
    """What happens now and why, a sentence. ahead: the run that a queued one waits for."""
    if status.state == "stopping":
        return STOPPING
    if status.state == "queued":
        if ahead is None:
            return "Starting."
        return (
            f"Waiting for {ahead.title} on {wording.short(ahead.dataset_name, 60)}: one run at a time has the device."
        )
    return status.doing or f"{status.stage or 'Starting'}."


def moment(status: RunStatus, budget_seconds: float) -> str:
    """The stage and the one time left of the whole run: an estimate once there is one, until then what the limit
    leaves, which is no promise. A run that is over its limit, or will be, says so."""
    if status.state != "running" or not status.stage:
        return terms.STATE[status.state].capitalize()
    if status.eta_seconds is not None:
        expected = terms.left(status.eta_seconds) if status.eta_seconds else "longer than expected"
        over = status.eta_seconds + status.seconds > OVER * budget_seconds
        return f"{status.stage}, {expected}{f'; the limit was {wording.duration(budget_seconds)}' if over else ''}"
    left = budget_seconds - status.seconds
    if left > 0:
        return f"{status.stage}, {wording.duration(left)} left of the limit of {wording.duration(budget_seconds)}"
    return f"{status.stage}, {wording.duration(-left)} over the limit of {wording.duration(budget_seconds)}"


def facts(status: RunStatus) -> list[tuple[str, str]]:
    """Time spent, pace, memory and device, as far as they are known."""
    rows = [("Time so far", wording.duration(status.seconds) if status.seconds >= 1 else "")]
    pace = status.items_per_second
    rows.append(("Items a second", "" if not pace else f"{pace:,.0f}" if pace >= 10 else f"{pace:.1f}"))
    rows.append(("Memory", wording.size(status.memory_bytes) if status.memory_bytes else ""))
    rows.append(("Device", status.device.upper()))
    return [(title, value) for title, value in rows if value]


def log_lines(
    events: Sequence[Mapping[str, Any]], metrics: Sequence[Mapping[str, Any]] = (), took: float | None = None
) -> list[str]:
    """Stages, sentences and validations in order, each with the time since the start.

    took: seconds of work of a run that is done, by its report. Its last line has that time; after an interruption the
    clock also counts the pause and what was repeated, so the line says both.

    >>> log_lines([{"time": 5.0, "event": "attempt"}, {"time": 70.0, "event": "stage", "stage": "Training"}])
    ['0:00  Started.', '1:05  Training.']
    """
    if not events:
        return []
    start = float(events[0]["time"])
    lines = [(float(event["time"]) - start, _event(event, place)) for place, event in enumerate(events)]
    if took is not None and events[-1]["event"] == "done":
        again = sum(event["event"] == "attempt" for event in events) > 1
        lines[-1] = (lines[-1][0], f"Done after {wording.duration(took)} of work.") if again else (took, lines[-1][1])
    lines += [(float(row["seconds"]), _judged(row)) for row in metrics if _is_number(row.get("val_value"))]
    ordered = sorted(lines, key=lambda line: line[0])
    return [f"{_clock(seconds)}  {text}" for seconds, text in ordered if text]


def _event(event: Mapping[str, Any], place: int) -> str:
    kind = str(event["event"])
    if kind in READ:
        return f"{str(event.get(READ[kind], '')).rstrip('.')}."
    if kind == "attempt":
        return "Started again after an interruption." if place else "Started."
    cause = str(event.get("cause") or "")
    return f"{wording.capital(kind)}. {cause}".strip()


def _judged(row: Mapping[str, Any]) -> str:
    """A validation in words."""
    if not 0 <= float(row["val_value"]) <= 1:
        return ""
    fit = f"{wording.capital(str(row['fit']))}, " if isinstance(row.get("fit"), str) else ""
    step = f"step {int(row['step']):,}" if _is_number(row.get("step")) else "now"
    return f"{wording.capital(f'{fit}{step}')}: {wording.percent(float(row['val_value']))} on validation items."


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02d}"
