"""The picture of "early layers are general, later layers are specific" on the user's own data."""

from __future__ import annotations

import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.records import Depths
from advisor.ui import terms
from advisor.ui.charts import FADED, GREY, TEAL, base


def depth(depths: Depths, metric: str) -> go.Figure:
    """The metric with its interval at each depth, input left and output right, the best cut marked."""
    shown = depths.depths
    figure = base(380, showlegend=False)
    across = list(range(len(shown)))
    cut = next(i for i, d in enumerate(shown) if d.name == depths.best)
    measured = [d.measured for d in shown]
    band_x, band_y = across + across[::-1], [m.high for m in measured] + [m.low for m in reversed(measured)]
    figure.add_trace(go.Scatter(x=band_x, y=band_y, fill="toself", fillcolor=FADED[TEAL], line={"width": 0},
                                mode="lines", hoverinfo="skip"))  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=across, y=[m.value for m in measured], mode="lines+markers", line={"color": GREY, "width": 2},
            marker={"color": [TEAL if i == cut else GREY for i in across],
                    "size": [16 if i == cut else 9 for i in across], "opacity": 1},
            hovertext=[terms.plotted(d.name) for d in shown],
            customdata=[[wording.measured(d.measured), wording.counted(d.dim, "feature")] for d in shown],
            hovertemplate="<b>%{hovertext}</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_annotation(x=cut, y=measured[cut].high, text="<b>best cut</b>", showarrow=False, yanchor="bottom",
                          yshift=6, font={"color": TEAL, "size": 14})  # fmt: skip
    figure.update_xaxes(tickvals=across, ticktext=[terms.plotted(d.name, 16) for d in shown], showgrid=False,
                        title="Depth, from the input to the output", range=[-0.4, len(shown) - 0.6])  # fmt: skip
    figure.update_yaxes(title=metric.capitalize(), tickformat="~%")
    return figure
