"""Runs side by side: their test values, the paired difference of two, and their curves over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from advisor.core import wording
from advisor.runs.paired import Pair
from advisor.runs.sides import Side
from advisor.ui import terms
from advisor.ui.charts import BRICK, GREY, OCHRE, TEAL, base, share_axis
from advisor.ui.charts.training import SLATE

#: Of the runs, in their order.
COLORS = (TEAL, OCHRE, SLATE, BRICK, GREY)


def color(place: int) -> str:
    """The colour of the run at this place."""
    return COLORS[place % len(COLORS)]


def values(sides: Sequence[Side], names: Sequence[str], places: Sequence[int]) -> go.Figure:
    """The test value of each run with its interval, the first on top; all in one metric. places: of their colours."""
    figure = base(80 + 48 * len(sides), showlegend=False)
    known = [(side.test, name, place) for side, name, place in zip(sides, names, places, strict=True) if side.test]
    for test, name, place in reversed(known):
        figure.add_trace(
            go.Scatter(
                x=[test.value], y=[terms.plotted(name, 44)], mode="markers",
                marker={"size": 14, "color": color(place)}, cliponaxis=False,
                error_x={"type": "data", "symmetric": False, "color": color(place), "thickness": 2, "width": 6,
                         "array": [test.high - test.value], "arrayminus": [test.value - test.low]},
                hovertemplate=f"%{{y}}: {wording.measured(test)}<extra></extra>",
            )
        )  # fmt: skip
    share_axis(figure, [test for test, _, _ in known])
    figure.update_xaxes(title=f"{wording.capital(sides[0].plan.metric)} on the test part")
    return figure


def differences(pairs: Sequence[Pair], names: Sequence[str]) -> go.Figure:
    """How far each run lies from the base on the same items, in points with its interval; names: of the others."""
    known = [(place, pair) for place, pair in enumerate(pairs) if not pair.reason]
    figure = base(86 + 48 * len(known), showlegend=False)
    for place, pair in reversed(known):
        figure.add_trace(
            go.Scatter(
                x=[100 * pair.difference], y=[terms.plotted(names[place], 44)], mode="markers",
                marker={"size": 14, "color": color(place + 1), "symbol": "diamond"},
                error_x={"type": "data", "symmetric": False, "color": color(place + 1), "thickness": 2, "width": 6,
                         "array": [100 * (pair.high - pair.difference)],
                         "arrayminus": [100 * (pair.difference - pair.low)]},
                hovertemplate="%{y}: %{x:+.1f} points<extra></extra>",
            )
        )  # fmt: skip
    figure.add_vline(0, line={"color": GREY, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="Points above the base, on the same test items", nticks=7)
    return figure


def curves(metrics: Mapping[str, pd.DataFrame], column: str, title: str) -> go.Figure:
    """One column of each run's metrics against the seconds of its work. metrics: by the run's name, in order."""
    figure = base(300)
    for place, (name, table) in enumerate(metrics.items()):
        known = _known(table, column)
        if known.empty:
            continue
        shown = terms.plotted(name, 40)
        figure.add_trace(
            go.Scatter(
                x=known["seconds"], y=known[column], name=shown, mode="lines+markers" if len(known) < 40 else "lines",
                line={"color": color(place), "width": 2}, marker={"color": color(place), "size": 7},
                hovertemplate=f"<b>{shown}</b><br>%{{x:.0f}} s: %{{y:.4~f}}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(title="Seconds of the run", rangemode="tozero")
    figure.update_yaxes(title=title, tickformat="~%" if column == "val_value" else None)
    return figure


def _known(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of seconds and values; the head of a frozen model is a value on validation items too."""
    if column == "val_value" and "frozen_value" in table:
        values = table["val_value"] if "val_value" in table else pd.Series(float("nan"), index=table.index)
        table = table.assign(val_value=values.fillna(table["frozen_value"]))
    if column not in table or "seconds" not in table:
        return pd.DataFrame()
    rows: pd.DataFrame = table[["seconds", column]].dropna().sort_values("seconds")
    return rows[rows["val_value"].between(0, 1)] if column == "val_value" else rows
