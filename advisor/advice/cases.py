"""One decision with all that it rests on, so that it can be taken again with something changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.advice.decide import Decision, decide
from advisor.advice.outlook.cost import repriced as reprice
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal

#: Priced estimates with so many times the labels at hand, 0.25 to 4.
At = Callable[[float], Sequence[Estimate]]


@dataclass(frozen=True)
class Case:
    """A decision, the priced estimates and the goal behind it, and what is at hand.

    at: priced estimates with so many times the labels; None where no curve may be extrapolated. n_labels: 0 where they
    are not known, and then nothing is said of them. device: where the times were taken.
    """

    estimates: tuple[Estimate, ...]
    goal: Goal
    decision: Decision
    at: At | None
    n_labels: int
    n_classes: int
    device: str

    @property
    def chosen(self) -> Estimate:
        """The estimate of the recommended rung."""
        return self.find(self.decision.recommended)

    def find(self, rung: RungName) -> Estimate:
        """The estimate of a rung."""
        return next(e for e in self.estimates if e.rung == rung)

    def repriced(self, **changed: Any) -> tuple[Estimate, ...]:
        """The estimates priced for the goal with some fields changed."""
        return reprice(self.estimates, self.goal.model_copy(update=changed), self.device)

    def with_prices(self, **changed: Any) -> RungName:
        """The rung recommended with some prices changed. Raises AdviceError."""
        prices = self.goal.prices.model_copy(update=changed)
        goal = self.goal.model_copy(update={"prices": prices})
        return decide(self.repriced(prices=prices), goal).recommended
