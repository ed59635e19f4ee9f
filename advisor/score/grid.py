"""Utility over a grid of prices: does advice beat the best fixed rung wherever there is something to choose?

A cell has a price for a step up the ladder and one for training, both in points of the metric: a model is worth 100 x
its value, less the step's price times the place of the model that is served, less the training's price times its
processor seconds over those of a mean fine-tuning. In each cell every adviser is asked for these very prices. "Best
constant" is the rung that does best in the cell once everything is known; the static rule knows the prices and, of the
other datasets, what did best on this kind of data; the oracle knows every test value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.advice.outlook.experience import CompletedTask
from advisor.core.ladder import RUNG_NAMES, TUNED, RungName
from advisor.core.records import Goal, Prices
from advisor.score import figures
from advisor.score.choice import Adviser, Choice
from advisor.score.figures import NOTHING, Figure
from advisor.score.measures import Truth, nearest, number, utility

#: Prices of a step up the ladder, in points, and of a mean fine-tuning.
STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
TRAININGS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
SECONDS_OF_AN_HOUR = 3600.0


@dataclass(frozen=True)
class Cell:
    """One pair of prices, in points: of a step up the ladder, of a mean fine-tuning."""

    step: float
    training: float


CELLS = tuple(Cell(step, training) for step in STEPS for training in TRAININGS)


@dataclass(frozen=True)
class Lead:
    """How far the advisor is ahead of another over all cells, and in each (points a task, as `CELLS`)."""

    name: str
    over: Figure
    cells: tuple[float, ...]

    @property
    def worst(self) -> tuple[Cell, float]:
        """The cell with the smallest lead."""
        at = int(np.argmin(self.cells))
        return CELLS[at], self.cells[at]


@dataclass(frozen=True)
class Grid:
    """The advisor against everyone else. ``best``: the best constant of each cell; ``oracle``: its lead over us.

    ``another_draw``: our lead over the truth of another draw of as many labels, on the tasks that have two draws.
    ``at_default``: the lead over always fine-tuning at the default goal, where no training is priced.
    """

    constant: Lead
    static: Lead
    others: tuple[Lead, ...]
    oracle: Lead
    another_draw: Lead
    at_default: Figure
    best: tuple[RungName, ...]


class Table:
    """Utilities of every seed, rung and cell. Shape: worths (cells, cases, rungs); task (cases,) index of the truth."""

    def __init__(self, truths: Sequence[Truth]) -> None:
        self.truths = tuple(truths)
        self.cases = [case for truth in truths for case in truth.cases]
        self.task = np.repeat(np.arange(len(truths)), [len(truth.cases) for truth in truths])
        tunings = [number(case, TUNED, "cpu_seconds") for case in self.cases if case.value(TUNED) is not None]
        self.tuning_seconds = float(np.mean(tunings)) if tunings else 1.0
        self.worths = np.array([[self._row(case, cell) for case in self.cases] for cell in CELLS])
        self.draws = figures.drawn([truth.dataset for truth in truths])

    def _row(self, case: CompletedTask, cell: Cell) -> list[float]:
        carried = [rung for rung in RUNG_NAMES if case.value(rung) is not None]
        each = {rung: utility(case, rung, cell.step, cell.training / self.tuning_seconds) for rung in carried}
        return [each[nearest(rung, carried)] for rung in RUNG_NAMES]

    def goal(self, cell: Cell) -> Goal:
        """What an adviser is asked for in a cell: points are the currency."""
        hour = cell.training * SECONDS_OF_AN_HOUR / self.tuning_seconds
        return Goal(tolerance=cell.step, prices=Prices(point=1.0, hour=hour))

    def of_tasks(self, values: np.ndarray) -> np.ndarray:
        """Means over a task's seeds. Shape: (cells, cases) to (cells, tasks)."""
        counts = np.bincount(self.task, minlength=len(self.truths))
        means: np.ndarray = np.stack([np.bincount(self.task, row, len(self.truths)) for row in values]) / counts
        return means

    def of_adviser(self, advisers: Mapping[str, Adviser], priced: bool) -> np.ndarray:
        """The utility of an adviser's choices. Shape: (cells, tasks). priced: it is asked anew in each cell.

        What it ran before it chose is charged at the cell's price of training.
        """
        goals = [self.goal(cell) for cell in CELLS] if priced else [Goal()]
        choices = [[advisers[case.dataset](case, goal) for case in self.cases] for goal in goals]
        choices = choices if priced else choices * len(CELLS)
        shares = np.array([[_shares(choice) for choice in row] for row in choices])
        run = np.array([[choice.charged_cpu_seconds for choice in row] for row in choices]) / self.tuning_seconds
        prices = np.array([cell.training for cell in CELLS])[:, None]
        return self.of_tasks((shares * self.worths).sum(axis=2) - prices * run)

    def constants(self) -> np.ndarray:
        """The utility of every rung, taken always. Shape: (cells, rungs, tasks)."""
        return np.stack([self.of_tasks(self.worths[:, :, at]) for at in range(len(RUNG_NAMES))], axis=1)

    def static_rule(self) -> np.ndarray:
        """The utility of the rung that did best on other datasets of the kind. Shape: (cells, tasks)."""
        names = np.array([case.dataset for case in self.cases])
        kinds = np.array([case.situation.kind for case in self.cases])
        answer = np.zeros(self.worths.shape[:2])
        for name in np.unique(names):
            own = names == name
            alike = (kinds == kinds[own][0]) & ~own
            others = next((some for some in (alike, ~own) if some.any()), own)
            taken = self.worths[:, others].mean(axis=1).argmax(axis=1)
            answer[:, own] = np.take_along_axis(self.worths[:, own], taken[:, None, None], axis=2)[:, :, 0]
        return self.of_tasks(answer)

    def another_draw(self) -> tuple[np.ndarray, np.ndarray]:
        """What the truth of one draw of labels is worth on another. Shape: (cells, tasks), tasks with two (n,) bool."""
        answer = np.zeros(self.worths.shape[:2])
        for at in range(len(self.truths)):
            own = np.flatnonzero(self.task == at)
            for one, other in zip(own, np.roll(own, 1), strict=True):
                taken = self.worths[:, other].argmax(axis=1)
                answer[:, one] = self.worths[np.arange(len(CELLS)), one, taken]
        drawn = np.array([len(truth.cases) > 1 and truth.labels != "all" for truth in self.truths])
        return self.of_tasks(answer), drawn


def _shares(choice: Choice) -> list[float]:
    return [choice.shares.get(rung, 0.0) for rung in RUNG_NAMES]


def grid(
    truths: Sequence[Truth], ours: Mapping[str, Adviser], others: Sequence[tuple[str, Mapping[str, Adviser]]]
) -> Grid:
    """The advisor in every cell against constants, the static rule and the others; all by dataset, held out."""
    table = Table(truths)
    own, constants = table.of_adviser(ours, priced=True), table.constants()
    best = constants.mean(axis=2).argmax(axis=1)
    at_default = CELLS.index(Cell(Goal().tolerance, 0.0))
    known, drawn = table.another_draw()
    tuned = constants[at_default, RUNG_NAMES.index(TUNED)]
    return Grid(
        constant=_lead("best constant of each cell", own, constants[np.arange(len(CELLS)), best], table),
        static=_lead("static rule that knows the prices", own, table.static_rule(), table),
        others=tuple(_lead(name, own, table.of_adviser(advisers, priced=False), table) for name, advisers in others),
        oracle=_lead("oracle", own, table.of_tasks(table.worths.max(axis=2)), table),
        another_draw=_lead("truth of another draw of the labels", own, known, table, drawn),
        at_default=figures.mean(own[at_default] - tuned, table.draws),
        best=tuple(RUNG_NAMES[at] for at in best),
    )


def _lead(name: str, own: np.ndarray, other: np.ndarray, table: Table, tasks: np.ndarray | None = None) -> Lead:
    """tasks: those that count, (n,) bool; all of them where none are named."""
    kept = np.ones(own.shape[1], bool) if tasks is None else tasks
    if not kept.any():
        return Lead(name, NOTHING, ())
    apart = (own - other)[:, kept]
    return Lead(name, figures.mean(apart.mean(axis=0), table.draws[:, kept]), tuple(apart.mean(axis=1).tolist()))
