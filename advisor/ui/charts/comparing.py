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


def differences(pairs: Sequence[Pair], base_name: str, names: Sequence[str]) -> go.Figure:
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
    figure.update_xaxes(title=f"Points above {terms.plotted(base_name, 40)}, on the same test items", nticks=7)
    return figure


def curves(metrics: Mapping[str, pd.DataFrame], column: str, title: str) -> go.Figure:
    """One column of each run's metrics against the seconds of its work, a line for each of its folds or candidates.

    metrics: by the run's name, in order. Empty where no run wrote more than one value: a dot is no curve.
    """
    figure = base(300)
    every = {name: _known(table, column) for name, table in metrics.items()}
    if all(len(known) < 2 for known in every.values()):
        return figure
    for place, (name, known) in enumerate(every.items()):
        parts = list(known.groupby("fit", sort=False))
        for number, (fit, part) in enumerate(parts):
            _line(figure, part, column, terms.plotted(name, 40), str(fit) if len(parts) > 1 else "", color(place))
            figure.data[-1].showlegend = not number
    figure.update_xaxes(title="Seconds of the run", rangemode="tozero")
    figure.update_yaxes(title=title)
    if column == "val_value":
        lowest = min(float(known[column].min()) for known in every.values() if len(known))
        figure.update_yaxes(tickformat="~%", range=[max(0.0, lowest - 0.05), 1.005])
    return figure


def _line(figure: go.Figure, part: pd.DataFrame, column: str, name: str, fit: str, colour: str) -> None:
    """The line of one fit, whose name stands at its first point where a run has several."""
    shown = terms.plotted(fit, 30)
    named = f"{name}, {shown}" if fit else name
    figure.add_trace(
        go.Scatter(
            x=part["seconds"], y=part[column], name=name, legendgroup=name,
            mode=("lines+markers" if len(part) < 40 else "lines") + ("+text" if fit else ""),
            text=[shown, *[""] * (len(part) - 1)] if fit else None, textposition="bottom right", cliponaxis=False,
            line={"color": colour, "width": 2}, marker={"color": colour, "size": 7}, opacity=0.55 if fit else 1,
            hovertemplate=f"<b>{named}</b><br>%{{x:.0f}} s: %{{y:.4~f}}<extra></extra>",
        )
    )  # fmt: skip


def _known(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows of seconds, values and the fit that they are of; a frozen head has a value on validation items too."""
    if column == "val_value" and "frozen_value" in table:
        values = table["val_value"] if "val_value" in table else pd.Series(float("nan"), index=table.index)
        table = table.assign(val_value=values.fillna(table["frozen_value"]))
    if column not in table or "seconds" not in table:
        return pd.DataFrame(columns=["seconds", column, "fit"])
    fit = table["fit"] if "fit" in table else pd.Series(None, index=table.index, dtype=object)
    fit = fit.fillna(table["stage"] if "stage" in table and "fit" in table else "")
    rows: pd.DataFrame = table.assign(fit=fit.fillna(""))[["seconds", column, "fit"]]
    rows = rows.dropna().sort_values("seconds", kind="stable")
    return rows[rows["val_value"].between(0, 1)] if column == "val_value" else rows
