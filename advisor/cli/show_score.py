"""The score on a terminal: each figure beside its bound, the baselines below, then the wrong choices."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from advisor.cli.tables import table
from advisor.score.board import Board
from advisor.score.grid import STEPS, TRAININGS, Grid
from advisor.score.meaning import headline
from advisor.score.score import Score
from advisor.score.summary import (
    COLUMNS,
    adviser_row,
    alike,
    bound_row,
    fresh_rows,
    introduction,
    lead_rows,
    out_of_reach,
    told,
    written,
    wrong_rows,
)


def score(to: Console, board: Board) -> None:
    """Print the whole score."""
    for sentence in (headline(board), *introduction(board), *told(board)):
        to.print(sentence)
    _bounds(to, board)
    _grid(to, board.grid)
    _advisers(to, board)
    _forecasts(to, board.ours)
    _wrong(to, board.ours)
    if board.fresh:
        _fresh(to, board)


def _bounds(to: Console, board: Board) -> None:
    rows = table("figure", ">measured", "bound", "kept")
    for bound in board.bounds:
        rows.add_row(*bound_row(bound), style="yellow" if bound.kept is False else None)
    to.print(rows)
    if known := out_of_reach(board):
        to.print(known)


def _grid(to: Console, grid: Grid) -> None:
    """The lead over the best constant in each cell, and over everyone in all."""
    to.print(
        "Points a task ahead of the best constant of each cell. Down: what a step up the ladder must bring; across: "
        "what a mean fine-tuning costs; both in points."
    )
    cells = table("step", *(f">{price:g}" for price in TRAININGS))
    for row, step in enumerate(STEPS):
        at = row * len(TRAININGS)
        cells.add_row(f"{step:g}", *(f"{lead:+.2f}" for lead in grid.constant.cells[at : at + len(TRAININGS)]))
    to.print(cells)
    rows = table("against, at all prices", ">points a task", ">worst cell")
    for one in lead_rows(grid):
        rows.add_row(*one)
    to.print(rows)


def _advisers(to: Console, board: Board) -> None:
    to.print(
        "Everyone on the same tasks. Regret: points lost against the best rung; utility: points lost at the default "
        "goal; compute: training as a multiple of the ideal rungs'; targets: how often the target was met, among "
        "tasks where some rung meets it. The last one tries every rung first, so it needs no advice."
    )
    to.print(adviser_table((board.ours, *board.baselines, *board.references)))


def adviser_table(scores: Iterable[Score]) -> Table:
    """A row for each adviser."""
    rows = table("adviser", ">ideal rung", ">90 %", *(f">{name}" for name in COLUMNS))
    for score in scores:
        rows.add_row(*adviser_row(score))
    return rows


def _forecasts(to: Console, score: Score) -> None:
    rows = table("rung", ">intervals that cover", ">training times within 1.5 times")
    for rung in dict.fromkeys((*score.coverage, *score.in_time)):
        each = (score.coverage.get(rung), score.in_time.get(rung))
        rows.add_row(rung, *("-" if figure is None else f"{written(figure, '%')}, n {figure.n}" for figure in each))
    to.print(rows)
    to.print("Targets: " + "; ".join(f"{name}: {written(f, '%')}" for name, f in score.targets.items()) + ".")
    to.print(f"Of the targets that it was sure of it reached {written(score.promises, '%')}, n {score.promises.n}.")


def _fresh(to: Console, board: Board) -> None:
    to.print(
        "\nThe fresh datasets played no part in building the advisor, so the figures should look alike. " + alike(board)
    )
    if board.fresh_grid is not None:
        _grid(to, board.fresh_grid)
    rows = table("figure", ">LadderBench", ">fresh")
    for row in fresh_rows(board):
        rows.add_row(*row)
    to.print(rows)
    to.print("Everyone on the fresh tasks; the last one tries every rung first:")
    to.print(adviser_table(board.fresh))


def _wrong(to: Console, score: Score) -> None:
    wrong = list(wrong_rows(score))
    to.print(f"\nOn {len(wrong)} of {score.n_tasks} tasks some seed was advised another rung than the ideal one:")
    rows = table("task", "advised", "ideal", ">points lost", "why")
    for row in wrong:
        rows.add_row(*row)
    to.print(rows)
