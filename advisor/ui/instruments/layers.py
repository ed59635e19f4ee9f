"""How deep must the backbone be? A probe after each block, and the picture of it."""

from __future__ import annotations

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Layers
from advisor.ui import charts, parts, terms
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import FADED, GREY, TEAL, base

TOPIC = Topic("layers", "Layers", "How deep must the backbone be?")


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """The value after every layer; None where the layers were not probed."""
    probed = evidence.depths
    if probed is None:
        return None
    items = kind_row(dataset.kind).counted(probed.depths[0].measured.n)
    return Card(
        TOPIC, answer(probed, evidence.metric), partial(draw, probed, evidence.metric), partial(how, probed, items)
    )


def answer(probed: Layers, metric: str) -> str:
    """Where to cut the backbone, and what is lost or gained there against its end."""
    cut = next(layer for layer in probed.depths if layer.name == probed.best)
    last = probed.depths[-1]
    value = f"{wording.percent(cut.measured.value)} {metric}"
    if cut is last:
        return f"As deep as it is: the last layer is the best, with {value}."
    if cut.measured.low > last.measured.value:
        points = 100 * (cut.measured.value - last.measured.value)
        return f"Up to {cut.name}: {value} there, {points:.1f} points more than after the last layer."
    return (
        f"Up to {cut.name}: {value} there, {wording.percent(last.measured.value)} after the last layer, a difference "
        f"within noise."
    )


def draw(probed: Layers, metric: str) -> None:
    """The picture."""
    alt = f"{wording.capital(metric)} after each layer of the backbone; the best place to cut is {probed.best}"
    st.plotly_chart(layers(probed, metric), config=charts.CONFIG, key="layers", alt=alt)


def how(probed: Layers, items: str) -> None:
    """How layers are probed. items: how many, with their noun."""
    parts.note(
        f"A linear probe reads the averaged output of each block: {items}, the same folds for every layer. The best "
        f"cut is the earliest layer within one standard error of the highest value. Blocks with few features start "
        f"at a disadvantage. Took {wording.duration(probed.seconds)}."
    )
    parts.note(probed.sentence)


def layers(probed: Layers, metric: str) -> go.Figure:
    """The metric with its interval after each layer, input left and output right, the best cut marked."""
    names, numbers = [layer.name for layer in probed.depths], [layer.measured for layer in probed.depths]
    across, cut = list(range(len(names))), names.index(probed.best)
    figure = base(380, showlegend=False)
    band_x, band_y = across + across[::-1], [m.high for m in numbers] + [m.low for m in reversed(numbers)]
    figure.add_trace(go.Scatter(x=band_x, y=band_y, fill="toself", fillcolor=FADED[TEAL], line={"width": 0},
                                mode="lines", hoverinfo="skip"))  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=across, y=[m.value for m in numbers], mode="lines+markers", line={"color": GREY, "width": 2},
            marker={"color": [TEAL if i == cut else GREY for i in across],
                    "size": [16 if i == cut else 9 for i in across], "opacity": 1},
            hovertext=[terms.plotted(name) for name in names],
            customdata=[[wording.measured(layer.measured), wording.counted(layer.dim, "feature")]
                        for layer in probed.depths],
            hovertemplate="<b>%{hovertext}</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_annotation(x=cut, y=numbers[cut].high, text="<b>best cut</b>", showarrow=False, yanchor="bottom",
                          yshift=6, font={"color": TEAL, "size": 14})  # fmt: skip
    figure.update_xaxes(tickvals=across, ticktext=[terms.plotted(name, 16) for name in names], showgrid=False,
                        title="Layer, from the input to the output", range=[-0.4, len(names) - 0.6])  # fmt: skip
    figure.update_yaxes(title=metric.capitalize(), tickformat="~%")
    return figure
