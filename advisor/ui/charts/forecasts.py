"""The figures of the forecasts: how often intervals and chances come true, and each forecast beside its outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist

import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.score.figures import Figure, wilson
from advisor.score.forecasts import Bin, Prediction
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
OUTSIDE = "Value outside its interval"


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


def furthest(points: Sequence[tuple[float, Figure]], what: str) -> str:
    """How far the shares observed are from those forecast, at most, in a sentence."""
    apart = [(abs(share.value - x), x, share.value) for x, share in points if share.value is not None]
    if not apart:
        return f"{what}: nothing was counted."
    _, x, seen = max(apart)
    return f"{what}: furthest apart at {wording.percent(x, 0)} forecast and {wording.percent(seen, 0)} observed."


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
            figure.add_traces(list(_points(own, rung, [(p.expected, p.value) for p in own])))
    figure.add_trace(_key(OUTSIDE, GREY, "x-thin-open", ""))
    figure.update_xaxes(title="Forecast, without having seen the dataset", tickformat="~%")
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
            places = [(p.expected_seconds or 0.0, p.seconds or 0.0) for p in own]
            figure.add_traces(list(_points(own, rung, places)))
    figure.add_trace(_key(OUTSIDE, GREY, "x-thin-open", ""))
    ticks = [0.01, 0.1, 1, 10, 100, 1000, 10000]
    figure.update_xaxes(
        title="Predicted training time", type="log", tickvals=ticks, ticktext=[f"{t:g} s" for t in ticks]
    )
    figure.update_yaxes(title="Actual training time", type="log", tickvals=ticks, ticktext=[f"{t:g} s" for t in ticks])
    return figure


def _points(own: Sequence[Prediction], rung: RungName, places: Sequence[tuple[float, float]]) -> Iterator[go.Scatter]:
    """The dots of a rung inside their intervals, then the crosses outside; the legend names the rung once."""
    color = COLORS.get(rung, GREY)
    for inside in (True, False):
        kept = [(p, place) for p, place in zip(own, places, strict=True) if p.inside == inside]
        marker = {"symbol": "circle", "opacity": 0.75} if inside else {"symbol": "x-thin-open"}
        yield go.Scatter(
            x=[place[0] for _, place in kept], y=[place[1] for _, place in kept], mode="markers",
            name=terms.title(rung), legendgroup=rung, showlegend=False,
            marker={"size": 8, "color": color, "line": {"width": 1.6, "color": color}, **marker},
            hovertext=[hover(p) for p, _ in kept], hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    yield _key(terms.title(rung), color, "circle", rung)


def _key(name: str, color: str, symbol: str, group: str) -> go.Scatter:
    """An entry of the legend, without a point of its own."""
    marker = {"size": 8, "color": color, "symbol": symbol, "line": {"width": 1.6, "color": color}}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, legendgroup=group, marker=marker)


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
