"""The score on a terminal: each figure beside its bound, the baselines below, then the wrong choices."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from advisor.cli.tables import table
from advisor.score.board import Board
from advisor.score.score import Score
from advisor.score.summary import (
    COLUMNS,
    adviser_row,
    alike,
    bound_row,
    fresh_rows,
    introduction,
    out_of_reach,
    written,
    wrong_rows,
)


def score(to: Console, board: Board) -> None:
    """Print the whole score."""
    for sentence in introduction(board):
        to.print(sentence)
    _bounds(to, board)
    _advisers(to, board)
    _forecasts(to, board.ours)
    _wrong(to, board.ours)
    if board.fresh:
        _fresh(to, board)


def _bounds(to: Console, board: Board) -> None:
    rows = table("figure", ">measured", "bound", "kept")
    for bound in board.bounds:
        rows.add_row(*bound_row(bound), style=None if bound.kept else "yellow")
    to.print(rows)
    if known := out_of_reach(board):
        to.print(known)


def _advisers(to: Console, board: Board) -> None:
    to.print(
        "Everyone on the same tasks. Regret: points lost against the best rung; utility: what is lost at the default "
        "prices; compute: training as a multiple of the ideal rungs'; targets: how often the target was met, among "
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
