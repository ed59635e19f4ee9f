"""A climb: rungs of one dataset trained one after the other, until what was measured is enough."""

from __future__ import annotations

from typing import Any, Literal

from advisor.core.ladder import RungName
from advisor.core.records.advice import Advice
from advisor.core.records.base import Record
from advisor.core.records.runs import Plan
from probes.measured import Measured


class Gain(Record):
    """Points of the metric between two models with a 90 % interval; ``paired``: measured on the same items."""

    points: float
    low: float
    high: float
    paired: bool


class ClimbStep(Record):
    """One run of a climb with its share of the budget, and once it has ended what it cost and brought.

    ``served``: the rung of the model that it kept. ``held_out``: the metric of what it trained, on items that this had
    not learned from; None where nothing could be measured. ``start``: the same of the model that it started from and
    may roll back to. ``brought``: over the model that the climb had kept before. ``p_target``: the chance that the
    model kept after this step reaches the target. ``reason``: why the climb then went on or ended.
    """

    rung: RungName
    run: str
    budget_seconds: float
    seconds: float | None = None
    served: RungName | None = None
    held_out: Measured | None = None
    start: Measured | None = None
    brought: Gain | None = None
    p_target: float | None = None
    dropped: str = ""
    reason: str = ""


class Climb(Record):
    """Rungs trained one after the other under one advice, whose question says what is enough.

    ``rungs``: cheapest first, with a plan each. ``every``: all of them are trained, whatever is measured (a race).
    ``budget_seconds``: for all runs together. ``class_shares``: of each class among the labelled items.
    ``steps``: the runs so far, the last one perhaps under way. ``kept``: the run whose model is the best so far on
    held-out items, of the rung ``kept_rung``, with its value there. ``test``: of that run, once the climb has ended.
    ``stop``: somebody asked it to stop. ``sentence``: how it stands.
    """

    climb: str
    fingerprint: str
    dataset_name: str
    advice: Advice
    rungs: tuple[RungName, ...]
    plans: tuple[Plan, ...] = ()
    every: bool = False
    budget_seconds: float
    class_shares: tuple[float, ...] = ()
    steps: tuple[ClimbStep, ...] = ()
    kept: str | None = None
    kept_rung: RungName | None = None
    held_out: Measured | None = None
    test: Measured | None = None
    state: Literal["running", "done", "stopped", "failed"] = "running"
    stop: bool = False
    sentence: str = ""

    @classmethod
    def upgraded(cls, content: dict[str, Any]) -> dict[str, Any]:
        """With its advice as that of this version."""
        advice = content.get("advice")
        return {**content, "advice": Advice.upgraded(advice)} if isinstance(advice, dict) else content

    @property
    def current(self) -> ClimbStep | None:
        """The step that is under way, None between two and after the last."""
        last = self.steps[-1] if self.steps else None
        return last if last is not None and last.seconds is None and self.state == "running" else None

    @property
    def seconds(self) -> float:
        """Training time of all ended steps."""
        return sum(step.seconds or 0.0 for step in self.steps)
