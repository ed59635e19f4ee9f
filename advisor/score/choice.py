"""What an adviser answers, and the shape of everything that is scored as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal


@dataclass(frozen=True)
class Choice:
    """The rung an adviser recommends for one situation.

    ``shares``: how likely each rung is taken; 1 for a rule, a fifth each for a random rung. ``charged_cpu_seconds``:
    runs it paid for before it chose, its own excepted. ``estimates``: of all rungs, empty for rules that make none.
    ``times``: (predicted, taken) processor seconds of the rungs' runs. ``sure``: the target is promised.
    """

    shares: dict[RungName, float]
    charged_cpu_seconds: float = 0.0
    estimates: tuple[Estimate, ...] = ()
    times: dict[RungName, tuple[float, float]] = field(default_factory=dict)
    sure: bool | None = None

    @property
    def rung(self) -> RungName:
        """The likeliest rung; of equals the first."""
        return max(self.shares, key=lambda rung: self.shares[rung])

    def estimate(self, rung: RungName) -> Estimate | None:
        """The estimate of a rung with a value, None without one."""
        return next((e for e in self.estimates if e.rung == rung and e.value is not None), None)


def take(rung: RungName) -> Choice:
    """One rung and nothing else."""
    return Choice({rung: 1.0})


#: Answers for one task carried out. It may look at what was seen before training; what came out is for races alone.
Adviser = Callable[[CompletedTask, Goal], Choice]
#: Learns from the tasks of other datasets.
Learner = Callable[[Experience], Adviser]
