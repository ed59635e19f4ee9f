"""What would more labels bring? The learning curve: what was measured, and where it goes with more data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence, LearningCurve, ProbeResult
from advisor.evidence.curve import ahead, labels_needed
from advisor.ui import charts, parts
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import FADED, GREY, OCHRE, TEAL, base

TOPIC = Topic("labels", "More labels", "What would more labels bring?")


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """The learning curve; None where none was measured."""
    curve = evidence.curve
    if curve is None:
        return None
    return Card(
        TOPIC,
        answer(curve, evidence.n_train, evidence.results),
        partial(draw, dataset, evidence, curve),
        partial(how, curve, evidence.n_train),
    )


def draw(dataset: Dataset, evidence: Evidence, curve: LearningCurve) -> None:
    """The curve, and a target whose labels are read off it."""
    n_now = evidence.n_train
    target = ask_target(dataset, curve)
    figure = learning_curve(curve, evidence.metric, n_now, target)
    st.plotly_chart(figure, config=charts.CONFIG, key="curve", alt=answer(curve, n_now, evidence.results))
    parts.text(needed(evidence, curve, target))


def how(curve: LearningCurve, n_now: int) -> None:
    """What the curve is, and how far it is followed."""
    parts.note(
        f"A linear probe on the backbone's last layer, trained on nested stratified shares of "
        f"{wording.counted(max(curve.sizes), 'item')} and scored on held-out items; error = a + b / √n with "
        f"a = {curve.a:.3f}, b = {curve.b:.2f}. The dotted part extrapolates to at most four times the items measured. "
        f"Other probes may be above it. Took {wording.duration(curve.seconds)}."
    )
    parts.note(
        f"The Probes card shows the value of folds that train on fewer items than your {wording.count(n_now)}, so the "
        f"curve may lie a little above it there."
    )


def needed(evidence: Evidence, curve: LearningCurve, target: float) -> str:
    """How many labels the target takes; which probe is there already, where one is."""
    best = evidence.best
    if best is not None and best.measured.value >= target:
        value = wording.percent(best.measured.value)
        return f"{best.title} is there already: {value} on {wording.counted(best.measured.n, 'item')}."
    return labels_needed(curve, target, evidence.n_train).sentence


def answer(curve: LearningCurve, n_now: int, results: Sequence[ProbeResult] = ()) -> str:
    """What four times the data, or what is still unseen of it, would bring beside what the probes reach now."""
    end = ahead(curve, n_now, results)
    if end.n < 0.8 * n_now:
        return (
            f"It is too early to tell: the curve ends at {wording.count(end.n)} training items, and you have "
            f"{wording.count(n_now)}. A longer budget measures more of them."
        )
    if end.none_in_sight:
        return end.none_in_sight
    reach = f"a linear probe on the last layer would reach {wording.percent(end.value)}"
    expected = f"with {wording.count(end.n)} training items, {reach} ({wording.between(end.low, end.high)})"
    passed = f" {_passed(end.best)}" if end.best is not None else ""
    if end.n <= 1.2 * n_now:
        return (
            f"{wording.capital(expected)}. You have hardly more; a longer budget tells what more would bring.{passed}"
        )
    if end.gain < 1:
        return f"Little: {expected}, {end.gain:.1f} points more than with your {wording.count(n_now)}.{passed}"
    now = f"{wording.percent(end.now)} with your {wording.count(n_now)}"
    return f"About {end.gain:.1f} points: {expected}, against {now}.{passed}"


def _passed(best: ProbeResult) -> str:
    """That another probe is there already."""
    return f"{best.title} is at {wording.percent(best.measured.value)} already."


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
    for beyond in (False, True):
        own = [row for row in curve.band if (row[0] >= last if beyond else row[0] <= last)]
        figure.add_trace(
            go.Scatter(
                x=[row[0] for row in own], y=[row[1] for row in own], mode="lines",
                line={"color": TEAL, "width": 2, "dash": "dot" if beyond else "solid"},
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
