"""The learning curve: what was measured, where it goes with more data, and how far it may be believed."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.records import LearningCurve
from advisor.ui.charts import FADED, GREY, OCHRE, TEAL, base


def curve(found: LearningCurve, metric: str, n_now: int, target: float | None = None) -> go.Figure:
    """The metric against training items (log scale): points with intervals, the curve with its 80 % band, a target."""
    figure = base(400, showlegend=False)
    places = [row[0] for row in found.band]
    low, high = [row[2] for row in found.band], [row[3] for row in found.band]
    figure.add_trace(go.Scatter(x=places + places[::-1], y=high + low[::-1], fill="toself", fillcolor=FADED[TEAL],
                                line={"width": 0}, mode="lines", hoverinfo="skip"))  # fmt: skip
    last = max(found.sizes)
    for ahead in (False, True):
        own = [row for row in found.band if (row[0] >= last if ahead else row[0] <= last)]
        figure.add_trace(
            go.Scatter(
                x=[row[0] for row in own], y=[row[1] for row in own], mode="lines",
                line={"color": TEAL, "width": 2, "dash": "dot" if ahead else "solid"},
                customdata=[
                    [wording.count(row[0]), wording.percent(row[1]), wording.between(row[2], row[3])] for row in own
                ],
                hovertemplate="%{customdata[0]} training items<br>expected %{customdata[1]}<br>"
                              "80 % band %{customdata[2]}<extra></extra>",
            )
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=list(found.sizes), y=[p.value for p in found.points], mode="markers",
            marker={"color": GREY, "size": 10, "opacity": 1},
            error_y={"type": "data", "symmetric": False, "color": GREY, "thickness": 1.4, "width": 4,
                     "array": [p.high - p.value for p in found.points],
                     "arrayminus": [p.value - p.low for p in found.points]},
            customdata=[
                [wording.count(n), wording.measured(p)] for n, p in zip(found.sizes, found.points, strict=True)
            ],
            hovertemplate="%{customdata[0]} training items<br>measured %{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    if places[0] <= n_now <= places[-1]:
        figure.add_vline(x=n_now, line={"color": GREY, "dash": "dash", "width": 1})
        # A shape on a log axis stands at the number, an annotation at its logarithm.
        figure.add_annotation(x=math.log10(n_now), y=0, yref="paper", text=f"now {wording.count(n_now)}",
                              showarrow=False, xanchor="left", yanchor="bottom", xshift=4,
                              font={"color": GREY})  # fmt: skip
    if target is not None:
        figure.add_hline(y=target, line={"color": OCHRE, "dash": "dash", "width": 1.5},
                         annotation={"text": f"target {wording.percent(target)}", "font": {"color": OCHRE}},
                         annotation_position="top left")  # fmt: skip
    ticks = _ticks(places[0], places[-1])
    figure.update_xaxes(type="log", title="Training items", tickvals=ticks, ticktext=[wording.count(t) for t in ticks])
    figure.update_yaxes(title=metric.capitalize(), tickformat="~%")
    return figure


def _ticks(low: int, high: int) -> list[int]:
    """1, 2 and 5 times powers of ten between two numbers."""
    steps = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]
    return [step for step in steps if 0.9 * low <= step <= 1.1 * high]
