"""What an adviser could reach that had seen every test value of the same dataset, with another draw of as many labels.

A rung's test value moves by points from one draw of 50 or 200 labels to the next, and one point decides which rung is
ideal. So no advice from evidence finds the ideal rung of a draw much more often than the truth of another draw does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from advisor.advice.outlook.experience import CompletedTask
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.score import figures
from advisor.score.figures import Figure
from advisor.score.measures import Truth, cheapest, number


@dataclass(frozen=True)
class Ceiling:
    """Of tasks with two draws of labels or more: how often one's ideal rung is another's, and the points lost by it."""

    ideal: Figure
    regret: Figure


def ceiling(truths: Sequence[Truth]) -> Ceiling:
    """The figures over all pairs of seeds, each asked for the other; all labels are no draw."""
    known = [truth for truth in truths if len(truth.cases) > 1 and truth.labels != "all"]
    draws = figures.drawn([truth.dataset for truth in known])
    pairs = [[_asked(values_of(one), values_of(other)) for one, other in permutations(t.cases, 2)] for t in known]
    right, lost = (np.array([np.mean([pair[i] for pair in task]) for task in pairs]) for i in (0, 1))
    return Ceiling(figures.mean(right, draws), figures.mean(lost, draws))


def values_of(case: CompletedTask) -> dict[RungName, float]:
    """The test value of every rung that was carried out."""
    return {rung: number(case, rung, "value") for rung in RUNG_NAMES if case.value(rung) is not None}


def _asked(one: Mapping[RungName, float], other: Mapping[RungName, float]) -> tuple[float, float]:
    """Whether the one's ideal rung is the other's, and what it loses there against the best (points)."""
    taken = cheapest({rung: value for rung, value in one.items() if rung in other})
    assert taken is not None
    return float(taken == cheapest(other)), 100.0 * (max(other.values()) - other[taken])
