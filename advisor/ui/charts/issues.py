"""The figure of what is wrong with labels and items."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from advisor.core import wording
from advisor.ui.charts import GREY, OCHRE, base

#: What each check lists, as the page says it.
TITLE = {
    "suspect label": "Label looks wrong",
    "lonely label": "No neighbour of its class",
    "outlier": "Unlike all others",
    "copy": "Copy of another item",
    "look-alike": "Looks like another item",
    "shortcut": "Property that tells classes",
}


def issues(summary: pd.DataFrame) -> go.Figure:
    """How many items each check lists, the first check on top. summary: rows check, n_checked, n_listed."""
    rows = summary.iloc[::-1]
    figure = base(70 + 34 * len(rows), showlegend=False, bargap=0.35)
    counts = rows["n_listed"].tolist()
    figure.add_trace(
        go.Bar(
            x=counts, y=[TITLE.get(check, check) for check in rows["check"]], orientation="h",
            marker={"color": [OCHRE if n else GREY for n in counts]},
            text=[wording.count(n) for n in counts], textposition="outside", cliponaxis=False,
            customdata=[wording.count(n) for n in rows["n_checked"]],
            hovertemplate="%{y}: %{text} of %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Found", rangemode="tozero", range=[0, max([*counts, 1]) * 1.15])
    return figure
