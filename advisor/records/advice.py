"""Estimates and advice: what each rung is expected to reach and cost, and which one to take."""

from __future__ import annotations

from typing import Any

from advisor.ladder import RungName
from advisor.records.base import Metric, Record
from probes.measured import Provenance


class Estimate(Record):
    """What one rung is expected to reach on the locked test part, and what it costs on this device.

    ``value``, ``low``, ``high``: the metric with its 90 % prediction interval, None when not available.
    ``train_seconds``: expected training time here. ``details``: what the number rests on, for the page.
    """

    rung: RungName
    available: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    provenance: Provenance | None = None
    train_seconds: float | None = None
    milliseconds_per_prediction: float | None = None
    settings: dict[str, Any] = {}
    details: str = ""
    reason: str = ""


class Question(Record):
    """What the user wants: target (share, 0 to 1), seconds for the advice, allowed rungs, backbone."""

    target: float | None = None
    budget_seconds: float = 60.0
    rungs: tuple[RungName, ...] = ("prompting", "rag", "frozen", "fine-tune", "scratch")
    backbone: str | None = None


class Advice(Record):
    """The chosen rung, the runner-up, a reason for every rung, and what would flip the decision."""

    fingerprint: str
    metric: Metric
    question: Question
    recommended: RungName
    runner_up: RungName | None
    headline: str
    sentences: tuple[str, ...]
    flips: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    seconds: float

    def estimate(self, rung: RungName) -> Estimate:
        """The estimate of one rung (all five are always there)."""
        return next(e for e in self.estimates if e.rung == rung)
