"""The figure of accuracy against coverage; a pure function."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from advisor.core import wording
from advisor.ui.charts import FADED, GREY, OCHRE, TEAL, base
from probes.selective import Point, Threshold


def selective(
    held_out: Sequence[Point],
    tested: Sequence[Point],
    wanted: float,
    covers: float | None,
    promises: Sequence[Threshold] = (),
) -> go.Figure:
    """The share right of the answers against the share of items answered, held out with its interval, and tested.

    wanted: the share right that is asked for; covers: of the threshold, None where none promises it. promises: what can
    be promised at each coverage, which lies below the interval: all promises are to hold together.
    """
    figure = base(300)
    across = [point.covers for point in held_out]
    figure.add_trace(
        go.Scatter(
            x=across + across[::-1], y=[p.high for p in held_out] + [p.low for p in held_out][::-1], fill="toself",
            fillcolor=FADED[TEAL], line={"width": 0}, hoverinfo="skip", name="90 % interval of one threshold",
        )
    )  # fmt: skip
    for name, points, colour, dash in (("test part", tested, GREY, "dot"), ("held-out items", held_out, TEAL, "solid")):
        figure.add_trace(
            go.Scatter(
                x=[p.covers for p in points], y=[p.right for p in points], name=name, mode="lines",
                line={"color": colour, "dash": dash, "width": 2.5}, customdata=[[p.least, p.n] for p in points],
                hovertemplate="From probability %{customdata[0]:.3f} on: %{y:.1%} of %{customdata[1]} right"
                "<extra></extra>",
            )
        )  # fmt: skip
    if promises:
        figure.add_trace(
            go.Scatter(
                x=[one.covers for one in promises], y=[one.promised for one in promises], name="can be promised",
                mode="lines+markers", line={"color": OCHRE, "width": 2}, marker={"color": OCHRE, "size": 6},
                hovertemplate="%{y:.1%} can be promised for %{x:.0%} of the items<extra></extra>",
            )
        )  # fmt: skip
    figure.add_hline(y=wanted, line={"color": OCHRE, "dash": "dash", "width": 1.5})
    if covers is not None:
        figure.add_vline(x=covers, line={"color": OCHRE, "width": 1.5})
    seen = [*(p.low for p in held_out if p.n >= 30), *(p.right for p in tested if p.n >= 30)]
    lowest = min([wanted, *seen, *sorted(one.promised for one in promises)[len(promises) // 2 :]])
    figure.update_xaxes(title="Items answered", tickformat="~%", range=[0, 1.02])
    figure.update_yaxes(title="Right of these", tickformat="~%", range=[max(0.0, lowest - 0.03), 1.005])
    return figure


def told(held_out: Sequence[Point], wanted: float, covers: float | None) -> str:
    """The figure's finding in a sentence, for those who cannot see it."""
    if not held_out:
        return "Nothing is held out."
    ends = f"Answering everything, {wording.percent(held_out[-1].right)} are right"
    if covers is None:
        return f"{ends}; no threshold promises {wording.percent(wanted)}."
    return f"{ends}; {wording.percent(wanted)} are promised for {wording.percent(covers, 0)} of the items."
