"""The figures of the score: what each way of choosing loses, and on which tasks; calibration; forecast and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from advisor.score import meaning
from advisor.score.board import Board
from advisor.score.figures import Figure
from advisor.score.grid import STEPS, TRAININGS, Grid
from advisor.score.meaning import Group
from advisor.score.score import Score, TaskRow
from advisor.score.summary import written
from advisor.ui import terms
from advisor.ui.charts import BRICK, GREY, TEAL, base

Compared = Literal["ideal", "mean_regret", "utility_regret", "compute"]


@dataclass(frozen=True)
class Measure:
    """A figure that every adviser has: its title, in short, its unit, and whether more of it is better."""

    title: str
    short: str
    unit: str
    more_is_better: bool = False


MEASURES: dict[Compared, Measure] = {
    "mean_regret": Measure("Average points lost", "Points lost", "points"),
    "utility_regret": Measure("Average points lost, costs included", "With costs", "points"),
    "ideal": Measure("Ideal rung recommended", "Ideal rung", "%", more_is_better=True),
    "compute": Measure("Training, relative to the ideal rungs", "Training", "x"),
}


def losses(board: Board) -> go.Figure:
    """What the advisor's choices lose on average, as bars beside those of simple habits; the least on top."""
    shown = sorted((board.ours, *meaning.habits(board)), key=lambda score: -(score.mean_regret.value or 0.0))
    figure = base(70 + 40 * len(shown), showlegend=False)
    names = [f"<b>{meaning.does(s.name)}</b>" if s is board.ours else meaning.does(s.name) for s in shown]
    lost = [s.mean_regret for s in shown]
    figure.add_trace(
        go.Bar(
            x=[f.value for f in lost], y=names, orientation="h", cliponaxis=False,
            marker={"color": [TEAL if s is board.ours else GREY for s in shown]},
            text=[f"{f.value:.1f}" for f in lost], textposition="outside",
            customdata=[[written(f, "points"), f"{f.n:,}"] for f in lost],
            hovertemplate="<b>%{y}</b><br>%{customdata[0]} points, n = %{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Average points lost", rangemode="tozero")
    return figure


def by_labels(groups: Sequence[Group]) -> go.Figure:
    """Every task as a dot by its number of labels, the fewest on top; a bar marks the mean."""
    figure = base(110 + 56 * len(groups))
    tasks = [(group, task) for group in groups for task in group.tasks]
    figure.add_trace(
        go.Scatter(
            x=[task.regret for _, task in tasks], y=[group.title for group, _ in tasks], mode="markers", name="A task",
            marker={"size": 9, "color": GREY, "opacity": 0.6}, cliponaxis=False,
            hovertext=[lost(task) for _, task in tasks], hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[group.mean_regret for group in groups], y=[group.title for group in groups], mode="markers",
            name="Mean", cliponaxis=False,
            marker={"symbol": "line-ns-open", "size": 26, "color": BRICK, "line": {"width": 4, "color": BRICK}},
            customdata=[[len(group.tasks)] for group in groups],
            hovertemplate="%{y}: %{x:.1f} points on average, n = %{customdata[0]}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Points lost", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure


def lost(task: TaskRow) -> str:
    """What hovering over a task says."""
    advised = " or ".join(terms.title(rung) for rung in dict.fromkeys(task.chosen))
    return (
        f"<b>{terms.plotted(task.dataset)}</b>, {meaning.labels(terms.plotted(task.labels))}: "
        f"{meaning.points(task.regret)} lost<br>recommended {advised}; best: {terms.title(task.best)}"
    )


def cells(grid: Grid) -> go.Figure:
    """The lead over the best constant of each pair of prices, as a heat map; 0 is white."""
    shape = (len(STEPS), len(TRAININGS))
    leads, best = np.array(grid.constant.cells).reshape(shape), np.array(grid.best).reshape(shape)
    most = max(float(np.abs(leads).max()), 0.1)
    figure = base(90 + 46 * len(STEPS), showlegend=False)
    figure.add_trace(
        go.Heatmap(
            z=leads, x=[f"{price:g}" for price in TRAININGS], y=[f"{price:g}" for price in STEPS],
            zmin=-most, zmax=most, colorscale=[[0.0, "#e0a493"], [0.5, "#f4f2ec"], [1.0, "#7cc2ba"]], xgap=2, ygap=2,
            text=[[f"{lead:+.2f}" for lead in row] for row in leads], texttemplate="%{text}",
            textfont={"color": "#1d2b2a"}, showscale=False,
            customdata=np.vectorize(terms.title)(best),
            hovertemplate="A step must bring %{y} points, a training costs %{x}<br>"
                          "%{text} points a task ahead of: always %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="What an average fine-tuning costs, in points", type="category")
    figure.update_yaxes(title="What a step up must bring, in points", type="category", autorange="reversed")
    return figure


def advisers(board: Board, measure: Compared) -> go.Figure:
    """One figure of every adviser with its interval, the best on top."""
    it = MEASURES[measure]
    known: list[tuple[Score, Figure]] = [
        (s, getattr(s, measure)) for s in (board.ours, *board.baselines, *board.references)
    ]
    shown = sorted(
        ((s, f) for s, f in known if f.value is not None), key=lambda pair: (pair[1].value or 0.0) * _sign(it)
    )
    figure = base(90 + 30 * len(shown), showlegend=False)
    for score, value in shown:
        color = TEAL if score is board.ours else GREY
        figure.add_trace(_dot(value, _name(score, board), color, it.unit, hollow=score in board.references))
    log = measure == "compute"
    figure.update_xaxes(title=it.title, type="log" if log else "linear", tickformat="~%" if it.unit == "%" else "~g")
    if log:
        ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{t:g}x" for t in ticks])
    else:
        top = max((f.high or f.value or 0.0 for _, f in shown), default=1.0)
        least = min((f.low or 0.0 for _, f in shown), default=0.0)
        figure.update_xaxes(range=[min(least, 0.0) - 0.03 * top, 1.03 * top])
    return figure


def ranked(board: Board, measure: Compared) -> str:
    """Where the advisor stands among all, in a sentence."""
    it = MEASURES[measure]
    known = [getattr(s, measure).value for s in (*board.baselines, *board.references)]
    ours = getattr(board.ours, measure).value or 0.0
    better = sum(value * _sign(it) > ours * _sign(it) for value in known if value is not None)
    value = written(getattr(board.ours, measure), it.unit, interval=False)
    return f"{it.title}: this advisor {value}; {better} of {len(known)} others do better."


def _sign(measure: Measure) -> int:
    return 1 if measure.more_is_better else -1


def _name(score: Score, board: Board) -> str:
    name = terms.plotted(meaning.does(score.name), 40)
    return f"<b>{name}</b>" if score is board.ours else name


def _dot(figure: Figure, name: str, color: str, unit: str, *, hollow: bool) -> go.Scatter:
    middle = figure.value or 0.0
    low, high = (middle if end is None else end for end in (figure.low, figure.high))
    return go.Scatter(
        x=[middle], y=[name], mode="markers", cliponaxis=False,
        marker={"size": 13, "color": color, "symbol": "circle-open" if hollow else "circle",
                "line": {"width": 2, "color": color}},
        error_x={"type": "data", "symmetric": False, "array": [max(0.0, high - middle)], "color": color,
                 "arrayminus": [max(0.0, middle - low)], "thickness": 1.6, "width": 5},
        hovertemplate=f"<b>{name}</b><br>{written(figure, unit)}<extra></extra>",
    )  # fmt: skip
