"""The whole score: the advisor beside the baselines, and every figure beside its bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.advice.outlook.experience import Experience
from advisor.core.kinds import KINDS, Kind, TaskName
from advisor.core.ladder import TUNED
from advisor.score import figures
from advisor.score.baselines import BASELINES, REFERENCES, TARGET_RULE
from advisor.score.ceiling import Ceiling, ceiling
from advisor.score.choice import Learner
from advisor.score.figures import NOTHING, Figure
from advisor.score.grid import CELLS, Grid, Lead, grid
from advisor.score.learner import advisor
from advisor.score.measures import advice_cost, truths
from advisor.score.score import Held, Score, hold_fresh, hold_out, score, scored
from probes.progress import Progress, silent

NAME = "the advisor"
#: Tasks that the score's figures and bounds are of: the advice was chosen on them, and their metrics can be averaged.
#: What is completed of any other task has a score of its own.
SCORED: tuple[TaskName, ...] = ("classification", "answering")
STAGE = "Asking the advisor on every task, each dataset unseen"


@dataclass(frozen=True)
class Bound:
    """A figure and what it should be. ``kept`` is None where nothing was counted or wanted.

    ``what``: its name in `--json`. ``plain``: what it says, for a reader who does not know the names.
    """

    what: str
    figure: Figure
    unit: str
    wanted: str
    kept: bool | None
    plain: str = ""


@dataclass(frozen=True)
class Board:
    """The score of the advisor, those of the baselines, and the bounds. ``references`` are not baselines.

    ``ceiling``: what the truth of another draw of the same labels would reach. ``grid``: utility at many prices.
    ``advice``: the advice's processor seconds as a share of trying every rung with all seeds. ``unfinished``: seeds of
    tasks that lack the row of a rung. ``fresh``: the advisor, the baselines and the references on sets that
    nothing was fitted to nor chosen by, each knowing all the others; empty where none was carried out. ``fresh_grid``:
    utility at many prices there. ``others``: the advisor on tasks with metrics of their own (`SCORED`), by their names.
    """

    ours: Score
    baselines: tuple[Score, ...]
    references: tuple[Score, ...]
    advice: Figure
    bounds: tuple[Bound, ...]
    unfinished: int
    ceiling: Ceiling
    grid: Grid
    fresh: tuple[Score, ...] = ()
    fresh_grid: Grid | None = None
    others: tuple[Score, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The board as plain dictionaries and lists."""
        return dataclasses.asdict(self)


def board(
    experience: Experience | None = None,
    learner: Learner = advisor,
    fresh: Experience | None = None,
    progress: Progress = silent,
) -> Board:
    """Score the advisor and the baselines on LadderBench's tables. Raises AdviceError without a task."""
    progress("Reading the outcomes of every task", 0.0)
    every = Experience.shipped() if experience is None else experience
    known = every.of_kinds(kinds_of(SCORED))
    unseen = Experience.shipped("fresh") if fresh is None and experience is None else fresh or Experience(())
    everyone = ((NAME, learner), *BASELINES, *REFERENCES)
    held: dict[str, Held] = {}
    scores: dict[str, Score] = {}
    for name, rule in everyone:
        progress(STAGE if rule is learner else "Asking every rule on every task", len(held) / len(everyone))
        held[name] = hold_out(known, rule)
        scores[name] = scored(held[name], name)
    progress("Comparing at every price", 0.9)
    ours, baselines = scores[NAME], tuple(scores[name] for name, _ in BASELINES)
    complete = held[NAME].truths
    costs = np.array([advice_cost(truth) for truth in complete])
    advice = figures.ratio(costs[:, 0], costs[:, 1], held[NAME].draws)
    prices = grid_of(held)
    met = {name: one for name, rule in everyone if (one := hold_fresh(known, unseen, rule))}
    return Board(
        ours=ours,
        baselines=baselines,
        references=tuple(scores[name] for name, _ in REFERENCES),
        advice=advice,
        bounds=bounds(ours, scores, prices, advice),
        unfinished=len(known.tasks) - sum(len(truth.cases) for truth in complete),
        ceiling=ceiling(complete),
        grid=prices,
        fresh=tuple(scored(one, name) for name, one in met.items()),
        fresh_grid=grid_of(met) if met else None,
        others=tuple(others(every, learner)),
    )


def kinds_of(tasks: Collection[TaskName]) -> list[Kind]:
    """The kinds of data with these tasks."""
    return [row.name for row in KINDS if row.task in tasks]


def others(experience: Experience, learner: Learner) -> Iterator[Score]:
    """The advisor on each task that is not among `SCORED`, as far as tasks of it are complete."""
    for task in dict.fromkeys(row.task for row in KINDS if row.task not in SCORED):
        own = experience.of_kinds(kinds_of((task,)))
        if truths(own):
            yield score(own, learner, task)


def grid_of(held: Mapping[str, Held]) -> Grid:
    """The advisor's utility at many prices against the baselines'."""
    ours = held[NAME]
    return grid(ours.truths, ours.advisers, [(name, held[name].advisers) for name, _ in BASELINES])


def bounds(ours: Score, scores: Mapping[str, Score], prices: Grid, advice: Figure) -> tuple[Bound, ...]:
    """The bounds that the advisor is held to, each with its figure; the last rows have none."""
    worst = prices.constant.worst[1]
    covers, in_time = ours.coverage.get("all", NOTHING), ours.in_time.get(TUNED, NOTHING)
    return (
        _above(prices.constant, 0.2, "points ahead of the rung that turns out best at each price, after costs"),
        _above(prices.static, 0.2, "points ahead of what is usually best at each price, after costs"),
        _bound(
            "utility over always fine-tuning, default goal", prices.at_default, "points", "at least -0.05",
            "points ahead of always fine-tuning, after costs at default prices", least=-0.05,
        ),
        *(bound for target in ours.targets if target != "all" for bound in target_bounds(ours, scores, target)),
        _bound(
            "90 % intervals that cover", covers, "%", "87 to 93 %", "90 % intervals that held", least=0.87, most=0.93
        ),
        _bound(
            "fine-tuning's times within 1.5 times", in_time, "%", "at least 80 %",
            "fine-tuning times forecast within a factor of 1.5", least=0.80,
        ),
        _bound(
            "advice, share of trying everything", advice, "%", "at most 5 %",
            "time the advice takes, relative to training everything", most=0.05,
        ),
        _bound(
            "utility over the best constant, worst cell", Figure(worst, None, None, len(CELLS)), "points", "-",
            "points ahead of the rung that turns out best, after costs at the worst prices",
        ),
        _bound(
            "utility over an oracle", prices.oracle.over, "points", "-",
            "points ahead of choosing with every result known, after costs at all prices",
        ),
        _bound(
            "utility over the truth of another draw", prices.another_draw.over, "points", "-",
            "points ahead of choosing with the results of another sample of labels, after costs at all prices",
        ),
        _bound(
            "ideal rung recommended", ours.ideal, "%", "-", "cheapest rung within a point of the best recommended"
        ),
        _bound("mean regret", ours.mean_regret, "points", "-", "points lost on average, costs aside"),
        _bound("largest regret", ours.max_regret, "points", "-", "points lost at most, costs aside"),
        _bound(
            "training, multiple of the ideal rungs'", ours.compute, "x", "-",
            "training, relative to the cheapest rung within a point of the best",
        ),
    )  # fmt: skip


def _above(lead: Lead, least: float, plain: str) -> Bound:
    """A lead of at least so many points whose interval lies above 0."""
    wanted = f"at least {least:g}, above 0"
    bound = _bound(f"utility over the {lead.name}", lead.over, "points", wanted, plain, least=least)
    return dataclasses.replace(bound, kept=bound.kept and (lead.over.low or 0.0) > 0)


def target_bounds(ours: Score, scores: Mapping[str, Score], target: str) -> Iterator[Bound]:
    """Targets reached against fine-tuning always and the trivial rule, and the training spent on it."""
    tuned, rule = scores[f"always {TUNED}"].targets[target].value, scores[TARGET_RULE].targets[target].value
    reached, percentage = ours.targets[target], f"{100 * float(target):.0f} %"
    if tuned is None or rule is None:
        return
    least = max(tuned - 0.05, rule)
    yield _bound(
        f"target of {percentage} reached (fine-tuning {100 * tuned:.1f}, trivial rule {100 * rule:.1f})", reached, "%",
        f"at least {100 * least:.1f} %",
        f"target of {percentage} reached (always fine-tuning: {100 * tuned:.1f} %)", least=least,
    )  # fmt: skip
    yield _bound(
        f"target of {percentage}, training over fine-tuning's", ours.target_training[target], "x",
        "at most 0.50 of fine-tuning's",
        f"training for a target of {percentage}, relative to always fine-tuning", most=0.5,
    )  # fmt: skip


def _bound(
    what: str,
    figure: Figure,
    unit: str,
    wanted: str,
    plain: str,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Bound:
    value, slack = figure.value, 1e-9
    kept = None
    if value is not None and (least is not None or most is not None):
        kept = (least is None or value >= least - slack) and (most is None or value <= most + slack)
    return Bound(what, figure, unit, wanted, kept, plain)
