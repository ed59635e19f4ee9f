"""Which layers transfer: a probe after each block, and the picture of "early layers are general" on these data."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Layers
from advisor.ui import charts, parts, terms
from advisor.ui.charts import FADED, GREY, TEAL, base


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where the layers were not probed."""
    probed = evidence.depths
    if probed is None:
        return
    parts.section("Which layers transfer?")
    parts.answer_line(probed.sentence)
    figure = layers(probed, evidence.metric)
    st.plotly_chart(figure, config=charts.CONFIG, key="layers", alt="The metric after each layer of the backbone")
    items = kind_row(dataset.kind).counted(probed.depths[0].measured.n)
    parts.note(
        f"A linear probe on the averaged output of each block: {items}, the same folds for every layer. The best cut "
        f"is the earliest layer within one standard error of the highest value. Blocks with few features start at a "
        f"disadvantage. Took {wording.duration(probed.seconds)}."
    )


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
