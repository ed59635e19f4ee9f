"""The whole score: the advisor beside the baselines, and every figure beside its bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.advice.outlook.experience import Experience
from advisor.score import figures
from advisor.score.baselines import BASELINES, REFERENCES
from advisor.score.ceiling import Ceiling, ceiling
from advisor.score.choice import Learner
from advisor.score.figures import NOTHING, Figure
from advisor.score.learner import advisor
from advisor.score.measures import advice_cost, truths
from advisor.score.score import Score, score, score_fresh

NAME = "the advisor"


@dataclass(frozen=True)
class Bound:
    """A figure and what it should be. ``kept`` is None where nothing was counted."""

    what: str
    figure: Figure
    unit: str
    wanted: str
    kept: bool | None
    remark: str = ""


@dataclass(frozen=True)
class Board:
    """The score of the advisor, those of the baselines, and the bounds. ``references`` are not baselines.

    ``ceiling``: what the truth of another draw of the same labels would reach.
    ``advice``: the advice's processor seconds as a share of trying every rung with all seeds. ``unfinished``: seeds of
    tasks that lack the row of a rung. ``fresh``: the advisor, the baselines and the references on sets that
    nothing was fitted to nor chosen by, each knowing all the others; empty where none was carried out.
    """

    ours: Score
    baselines: tuple[Score, ...]
    references: tuple[Score, ...]
    advice: Figure
    bounds: tuple[Bound, ...]
    unfinished: int
    ceiling: Ceiling
    fresh: tuple[Score, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The board as plain dictionaries and lists."""
        return dataclasses.asdict(self)


def board(experience: Experience | None = None, learner: Learner = advisor, fresh: Experience | None = None) -> Board:
    """Score the advisor and the baselines on LadderBench's tables, in seconds. Raises AdviceError without a task."""
    known = Experience.shipped() if experience is None else experience
    unseen = Experience.shipped("fresh") if fresh is None and experience is None else fresh or Experience(())
    everyone = ((NAME, learner), *BASELINES, *REFERENCES)
    ours = score(known, learner, NAME)
    baselines = tuple(score(known, rule, name) for name, rule in BASELINES)
    complete = truths(known)
    costs = np.array([advice_cost(truth) for truth in complete])
    advice = figures.ratio(costs[:, 0], costs[:, 1], figures.drawn([truth.dataset for truth in complete]))
    return Board(
        ours=ours,
        baselines=baselines,
        references=tuple(score(known, rule, name) for name, rule in REFERENCES),
        advice=advice,
        bounds=bounds(ours, baselines, advice),
        unfinished=len(known.tasks) - sum(len(truth.cases) for truth in complete),
        ceiling=ceiling(complete),
        fresh=tuple(one for name, rule in everyone if (one := score_fresh(known, unseen, rule, name))),
    )


def bounds(ours: Score, baselines: Sequence[Score], advice: Figure) -> tuple[Bound, ...]:
    """The bounds that the advisor is held to, each with its figure."""
    rival = max(baselines, key=lambda s: s.ideal.value or 0.0)
    dearest = min(baselines, key=lambda s: s.utility_regret.value or 0.0)
    lead, worth_more = ahead(ours, rival), saved(ours, dearest)
    coverage, in_time = ours.coverage.get("all", NOTHING), ours.in_time.get("all", NOTHING)
    return (
        _bound("ideal rung recommended", ours.ideal, "%", "at least 75 %", 0.75, None),
        _bound("lead over the best baseline", lead, "share points", "at least 10 points", 0.10, None, rival.name),
        _bound("mean regret", ours.mean_regret, "points", "at most 1.0", None, 1.0),
        _bound("largest regret", ours.max_regret, "points", "at most 5.0", None, 5.0),
        _bound("training, multiple of the ideal rungs'", ours.compute, "x", "at most 1.30", None, 1.3),
        _bound("utility over the best baseline", worth_more, "currency", "above 0", 1e-6, None, dearest.name),
        _bound("90 % intervals that cover", coverage, "%", "85 to 95 %", 0.85, 0.95),
        _bound("training times within 1.5 times", in_time, "%", "at least 80 %", 0.80, None),
        _bound("advice, share of trying everything", advice, "%", "at most 5 %", None, 0.05),
    )


def ahead(ours: Score, other: Score) -> Figure:
    """How much more often the ideal rung is recommended, with the paired interval."""
    return _difference([t.right for t in ours.tasks], [t.right for t in other.tasks], ours)


def saved(ours: Score, other: Score) -> Figure:
    """Utility gained over another adviser, a task, with the paired interval."""
    return _difference([t.utility_regret for t in other.tasks], [t.utility_regret for t in ours.tasks], ours)


def _difference(one: Sequence[float], other: Sequence[float], ours: Score) -> Figure:
    draws = figures.drawn([task.dataset for task in ours.tasks])
    return figures.mean(np.array(one) - np.array(other), draws)


def _bound(
    what: str, figure: Figure, unit: str, wanted: str, least: float | None, most: float | None, remark: str = ""
) -> Bound:
    value, slack = figure.value, 1e-9
    kept = None
    if value is not None:
        kept = (least is None or value >= least - slack) and (most is None or value <= most + slack)
    return Bound(what, figure, unit, wanted, kept, remark)
