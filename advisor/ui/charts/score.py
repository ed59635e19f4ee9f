"""The figures of the score: advisers beside one another, calibration, predicted against actual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.score.board import Board
from advisor.score.figures import Figure, wilson
from advisor.score.forecasts import Bin, Prediction
from advisor.score.grid import STEPS, TRAININGS, Grid
from advisor.score.score import Score
from advisor.score.summary import written
from advisor.ui import terms
from advisor.ui.charts import BRICK, GREY, OCHRE, TEAL, base

VIOLET = "#7d78b8"
COLORS: dict[RungName, str] = {
    "prompting": OCHRE, "rag": VIOLET, "frozen": TEAL, "fine-tune": BRICK, "scratch": GREY,
}  # fmt: skip
#: The quantiles at which predictions are compared with outcomes; 0.05 to 0.95 is the 90 % interval.
QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
NORMAL = NormalDist()

Compared = Literal["ideal", "mean_regret", "utility_regret", "compute"]


@dataclass(frozen=True)
class Measure:
    """A figure that every adviser has: its title, in short, its unit, and whether more of it is better."""

    title: str
    short: str
    unit: str
    more_is_better: bool = False


MEASURES: dict[Compared, Measure] = {
    "utility_regret": Measure("Utility lost per task at the default goal, in points", "Utility lost", "points"),
    "mean_regret": Measure("Mean regret, in points", "Regret", "points"),
    "ideal": Measure("Ideal rung recommended", "Ideal rung", "%", more_is_better=True),
    "compute": Measure("Training, as a multiple of the ideal rungs'", "Compute", "x"),
}


def cells(grid: Grid) -> go.Figure:
    """The lead over the best constant of each pair of prices, as a heat map; 0 is white."""
    shape = (len(STEPS), len(TRAININGS))
    leads, best = np.array(grid.constant.cells).reshape(shape), np.array(grid.best).reshape(shape)
    most = max(float(np.abs(leads).max()), 0.1)
    figure = base(90 + 46 * len(STEPS), showlegend=False)
    figure.add_trace(
        go.Heatmap(
            z=leads, x=[f"{price:g}" for price in TRAININGS], y=[f"{price:g}" for price in STEPS],
            zmin=-most, zmax=most, colorscale=[[0.0, BRICK], [0.5, "#f4f2ec"], [1.0, TEAL]], xgap=2, ygap=2,
            text=[[f"{lead:+.2f}" for lead in row] for row in leads], texttemplate="%{text}",
            textfont={"color": "#1d2b2a"}, showscale=False,
            customdata=np.vectorize(terms.title)(best),
            hovertemplate="A step must bring %{y} points, a training costs %{x}<br>"
                          "%{text} points a task ahead of: always %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="A mean fine-tuning costs, in points", type="category")
    figure.update_yaxes(title="A step up must bring, in points", type="category", autorange="reversed")
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


def _sign(measure: Measure) -> int:
    return 1 if measure.more_is_better else -1


def _name(score: Score, board: Board) -> str:
    name = terms.plotted(score.name, 40)
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


def quantiles(predictions: Sequence[Prediction]) -> list[tuple[float, Figure]]:
    """Of each predicted quantile, the share of outcomes at or below it, with Wilson's interval.

    A prediction is two halves of a normal: 5 %, 50 % and 95 % lie at its low, expected and high.
    """
    return [
        (share, wilson(sum(p.value <= quantile(p, share) + 1e-9 for p in predictions), len(predictions)))
        for share in QUANTILES
    ]


def quantile(prediction: Prediction, share: float) -> float:
    """The value below which the outcome lies with this predicted chance."""
    z = NORMAL.inv_cdf(share) / NORMAL.inv_cdf(0.95)
    side = prediction.high - prediction.expected if z > 0 else prediction.expected - prediction.low
    return prediction.expected + z * side


def calibration(predictions: Sequence[Prediction]) -> go.Figure:
    """The reliability diagram: predicted quantiles against the shares observed."""
    return _reliability(quantiles(predictions), "Predicted quantile", "Outcomes at or below it")


def chances(bins: Sequence[Bin]) -> go.Figure:
    """The chance of reaching a target against how often it was reached."""
    return _reliability([(b.expected, b.reached) for b in bins], "Predicted chance", "Targets reached")


def _reliability(points: Sequence[tuple[float, Figure]], across: str, up: str) -> go.Figure:
    figure = base(360, showlegend=False)
    figure.add_trace(_diagonal(0.0, 1.0))
    shown = [(x, share) for x, share in points if share.value is not None]
    values = [share.value or 0.0 for _, share in shown]
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in shown], y=values, mode="lines+markers",
            line={"color": TEAL, "width": 1}, marker={"size": 9, "color": TEAL},
            error_y={"type": "data", "symmetric": False, "color": TEAL, "thickness": 1.2, "width": 4,
                     "array": [(f.high or 0.0) - v for v, (_, f) in zip(values, shown, strict=True)],
                     "arrayminus": [v - (f.low or 0.0) for v, (_, f) in zip(values, shown, strict=True)]},
            customdata=[[wording.percent(x, 0), written(f, "%"), wording.count(f.n)] for x, f in shown],
            hovertemplate="predicted %{customdata[0]}<br>observed %{customdata[1]}, n = %{customdata[2]}"
                          "<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=across, tickformat="~%", range=[-0.03, 1.03], nticks=6)
    figure.update_yaxes(title=up, tickformat="~%", range=[-0.03, 1.03], nticks=6)
    return figure


def _diagonal(low: float, high: float) -> go.Scatter:
    line = {"color": GREY, "dash": "dash", "width": 1}
    return go.Scatter(x=[low, high], y=[low, high], mode="lines", line=line, hoverinfo="skip", showlegend=False)


def values(predictions: Sequence[Prediction]) -> go.Figure:
    """Predicted against actual value of every rung of every task; a cross lies outside its interval."""
    figure = base(520)
    ends = [x for p in predictions for x in (p.expected, p.value)] or [0.0, 1.0]
    figure.add_trace(_diagonal(min(ends), max(ends)))
    for rung in RUNG_NAMES:
        own = [p for p in predictions if p.rung == rung]
        if own:
            figure.add_trace(_points(own, rung, [p.expected for p in own], [p.value for p in own]))
    figure.update_xaxes(title="Predicted without having seen the dataset", tickformat="~%")
    figure.update_yaxes(title="Reached on the test part", tickformat="~%")
    return figure


def times(predictions: Sequence[Prediction]) -> go.Figure:
    """Predicted against actual processor seconds of training; the dotted lines are 1.5 times either way."""
    known = [p for p in predictions if p.expected_seconds and p.seconds]
    figure = base(520)
    ends = [x for p in known for x in (p.expected_seconds, p.seconds) if x] or [1.0, 10.0]
    low, high = min(ends), max(ends)
    figure.add_trace(_diagonal(low, high))
    for factor in (1.5, 1 / 1.5):
        line = {"color": GREY, "dash": "dot", "width": 1}
        figure.add_trace(go.Scatter(x=[low, high], y=[factor * low, factor * high], mode="lines", line=line,
                                    hoverinfo="skip", showlegend=False))  # fmt: skip
    for rung in RUNG_NAMES:
        own = [p for p in known if p.rung == rung]
        if own:
            figure.add_trace(_points(own, rung, [p.expected_seconds for p in own], [p.seconds for p in own]))
    ticks = [0.01, 0.1, 1, 10, 100, 1000, 10000]
    figure.update_xaxes(
        title="Predicted training time", type="log", tickvals=ticks, ticktext=[f"{t:g} s" for t in ticks]
    )
    figure.update_yaxes(title="Actual training time", type="log", tickvals=ticks, ticktext=[f"{t:g} s" for t in ticks])
    return figure


def _points(
    own: Sequence[Prediction], rung: RungName, x: Sequence[float | None], y: Sequence[float | None]
) -> go.Scatter:
    return go.Scatter(
        x=list(x), y=list(y), mode="markers", name=terms.title(rung),
        marker={"size": 8, "color": COLORS.get(rung, GREY), "opacity": 0.75,
                "symbol": ["circle" if p.inside else "x-thin-open" for p in own],
                "line": {"width": 1.6, "color": COLORS.get(rung, GREY)}},
        hovertext=[hover(p) for p in own], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def hover(p: Prediction) -> str:
    """What hovering over a point says."""
    lines = [
        f"<b>{terms.plotted(p.dataset)}</b>, {p.labels} labels, seed {p.seed}",
        f"{terms.title(p.rung)}: predicted {wording.percent(p.expected)} ({wording.between(p.low, p.high)})",
        f"reached {wording.percent(p.value)}{'' if p.inside else ', outside the interval'}",
    ]
    if p.expected_seconds is not None and p.seconds is not None:
        lines.append(f"training {wording.duration(p.expected_seconds)} predicted, {wording.duration(p.seconds)} needed")
    return "<br>".join(lines)
