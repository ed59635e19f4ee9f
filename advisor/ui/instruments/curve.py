"""How much would more data help? The learning curve: what was measured, and where it goes with more data."""

from __future__ import annotations

import math

import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence, LearningCurve
from advisor.evidence.curve import labels_needed
from advisor.ui import charts, parts
from advisor.ui.charts import FADED, GREY, OCHRE, TEAL, base


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no curve was measured."""
    curve = evidence.curve
    if curve is None:
        return
    parts.section("How much would more data help?")
    parts.answer_line(answer(curve, evidence.n_train))
    target = ask_target(dataset, curve)
    figure = learning_curve(curve, evidence.metric, evidence.n_train, target)
    st.plotly_chart(figure, config=charts.CONFIG, key="curve", alt="The metric against the number of training items")
    st.text(labels_needed(curve, target, evidence.n_train).sentence)
    parts.note(
        f"The frozen rung, trained on nested stratified shares of {wording.counted(max(curve.sizes), 'item')} and "
        f"scored on held-out items; error = a + b / √n with a = {curve.a:.3f}, b = {curve.b:.2f}. "
        f"The dotted part extrapolates to at most four times the items measured. "
        f"Took {wording.duration(curve.seconds)}."
    )


def answer(curve: LearningCurve, n_now: int) -> str:
    """What four times the data, or what is still unseen of it, would bring."""
    here = min(curve.band, key=lambda row: abs(row[0] - n_now))
    end = curve.band[-1]
    gain = 100 * (end[1] - here[1])
    expected = f"{wording.percent(end[1])} is expected (80 % band {wording.between(end[2], end[3])})"
    if end[0] < 0.8 * n_now:
        return (
            f"With {end[0]:,} training items, {expected}. You have {n_now:,}, more than the curve can speak for: a "
            f"longer budget lets the probes look at more of them."
        )
    if end[0] <= 1.2 * n_now:
        band = wording.between(here[2], here[3])
        return f"With all {n_now:,} training items, {wording.percent(here[1])} is expected (80 % band {band})."
    verdict = "more labels would help little" if gain < 1 else "more labels would help"
    return f"With {end[0]:,} training items, {expected}: {gain:.1f} points more than with {n_now:,}, so {verdict}."


def ask_target(dataset: Dataset, curve: LearningCurve) -> float:
    """The target to ask the curve about; at first half way between the last point and the curve's end."""
    start = 0.5 * (curve.points[-1].value + curve.band[-1][1])
    chosen = st.slider(
        "Target, %",
        0.0,
        100.0,
        round(200 * start) / 2,
        step=0.5,
        format="%.1f",
        key=f"curve-target-{dataset.fingerprint[:8]}",
    )
    return float(chosen) / 100


def learning_curve(curve: LearningCurve, metric: str, n_now: int, target: float | None = None) -> go.Figure:
    """The metric against training items (log scale): points with intervals, the curve with its 80 % band, a target."""
    figure = base(400, showlegend=False)
    places = [row[0] for row in curve.band]
    low, high = [row[2] for row in curve.band], [row[3] for row in curve.band]
    figure.add_trace(go.Scatter(x=places + places[::-1], y=high + low[::-1], fill="toself", fillcolor=FADED[TEAL],
                                line={"width": 0}, mode="lines", hoverinfo="skip"))  # fmt: skip
    last = max(curve.sizes)
    for ahead in (False, True):
        own = [row for row in curve.band if (row[0] >= last if ahead else row[0] <= last)]
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
            x=list(curve.sizes), y=[p.value for p in curve.points], mode="markers",
            marker={"color": GREY, "size": 10, "opacity": 1},
            error_y={"type": "data", "symmetric": False, "color": GREY, "thickness": 1.4, "width": 4,
                     "array": [p.high - p.value for p in curve.points],
                     "arrayminus": [p.value - p.low for p in curve.points]},
            customdata=[
                [wording.count(n), wording.measured(p)] for n, p in zip(curve.sizes, curve.points, strict=True)
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
