"""The figures of the evidence and the runs, and what all figures share; pure functions from records to plotly figures.

Colours are of middle lightness so that they stand out by 3:1 on the light and on the dark page alike; fonts, grid and
background are left to the theme, and the colour of labels to `advisor.ui.looks`. Every label that holds a user's word
goes through `terms.plotted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.records import Evidence, RunReport
from advisor.ui import terms
from probes.measured import Measured, Provenance
from probes.reliability import Bin

TEAL, OCHRE, GREY, BRICK = "#2a9086", "#ad7722", "#77868f", "#c0604a"
FADED = {TEAL: "rgba(42,144,134,0.22)", OCHRE: "rgba(173,119,34,0.22)"}
#: Pale enough at the dark end that the page's text colour is legible on it.
SHADES = [[0.0, "rgba(42,144,134,0.04)"], [1.0, "rgba(42,144,134,0.55)"]]
MARKS: dict[Provenance, str] = {"measured": "circle", "predicted": "square"}
CONFIG = {"displayModeBar": False}
#: Cells of a confusion matrix have their numbers up to so many classes.
NUMBERED = 20
#: A class that is less probable is no bar.
LEAST_SHOWN = 0.005


def base(height: int, **layout: Any) -> go.Figure:
    """An empty figure with the margins, the hover style and the frozen axes that all figures share."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        hoverlabel={"align": "left"},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        **layout,
    )
    figure.update_xaxes(fixedrange=True, automargin=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, automargin=True, zeroline=False)
    return figure


def evidence(evidence: Evidence) -> go.Figure:
    """Each probe's value with its interval as a dot plot, the best on top."""
    results = sorted(evidence.results, key=lambda r: -r.measured.value)[::-1]  # of equals, the first is on top
    figure = base(90 + 46 * len(results), showlegend=False)
    best = evidence.best.name if evidence.best is not None else None
    figure.add_trace(
        go.Scatter(
            x=[r.measured.value for r in results],
            y=[terms.plotted(r.title, 44) for r in results],
            mode="markers",
            marker={"size": 13, "color": [TEAL if r.name == best else GREY for r in results]},
            error_x={
                "type": "data", "symmetric": False, "color": GREY, "thickness": 1.6, "width": 5,
                "array": [r.measured.high - r.measured.value for r in results],
                "arrayminus": [r.measured.value - r.measured.low for r in results],
            },
            customdata=[[wording.measured(r.measured), wording.duration(r.measured.seconds)] for r in results],
            hovertemplate="<b>%{y}</b><br>%{customdata[0]}<br>took %{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=wording.capital(evidence.metric), tickformat="~%", rangemode="tozero")
    return figure


def versus(report: RunReport) -> go.Figure:
    """The test value beside the forecast, each with its interval."""
    metric = wording.capital(report.metric)
    two = f"{metric}: " if report.exact_match is not None else ""  # then each row names its measure
    rows = [(wording.capital(f"{two}measured on the test part"), report.test, TEAL)]
    if report.promised is not None:
        rows.append((wording.capital(f"{two}expected before the run"), report.promised, OCHRE))
    if report.ood is not None:
        rows.append((wording.capital(f"{two}on the shifted part"), report.ood, GREY))
    if report.exact_match is not None:
        rows.append(("Exact match: measured on the test part", report.exact_match, GREY))
    figure = base(70 + 48 * len(rows), showlegend=False)
    for name, number, color in reversed(rows):
        figure.add_trace(
            go.Scatter(
                x=[number.value], y=[name], mode="markers", marker={"size": 14, "color": color},
                error_x={"type": "data", "symmetric": False, "color": color, "thickness": 2, "width": 6,
                         "array": [number.high - number.value], "arrayminus": [number.value - number.low]},
                hovertemplate=f"{name}: {wording.measured(number)}<extra></extra>",
            )
        )  # fmt: skip
    share_axis(figure, [number for _, number, _ in rows])
    figure.update_xaxes(title=f"{metric}, exact match" if two else metric)
    return figure


def share_axis(figure: go.Figure, numbers: Sequence[Measured]) -> None:
    """An axis of shares that shows the numbers' intervals as large as they fit, and ends at 0 and 100 %."""
    ends = [end for number in numbers for end in (number.value, number.low, number.high)] or [0.0, 1.0]
    room = max(0.06 * (max(ends) - min(ends)), 0.004)
    low, high = max(0.0, min(ends) - room), min(1.0, max(ends) + room)
    figure.update_xaxes(tickformat="~%", nticks=7, range=[low - (0.25 * room if not low else 0), high + 0.25 * room])


def confusion(report: RunReport) -> go.Figure:
    """Counts of the test part: true class down, predicted across; shaded by the share of the true class.

    A click on a cell that holds items selects its point, whose custom data are the numbers of the two classes.
    """
    n = len(report.classes)
    names = [terms.plotted(c, 20) for c in report.classes]
    shares = [[cell / max(1, sum(row)) for cell in row] for row in report.confusion]
    # Axes run on class numbers with the names as tick texts: two long names may be cut to the same label.
    figure = base(min(820, max(320, 160 + 34 * n)) if n <= 40 else 820)
    figure.add_trace(
        go.Heatmap(
            z=shares, customdata=report.confusion, zmin=0, zmax=1, colorscale=SHADES, showscale=False, xgap=1, ygap=1,
            hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(_cells(report.confusion, shares, names))
    ticks = {"tickvals": list(range(n)), "ticktext": names, "showgrid": False, "showticklabels": n <= 40}
    figure.update_xaxes(title="Predicted", side="bottom", range=[-0.5, n - 0.5], **ticks)
    figure.update_yaxes(title="True", range=[n - 0.5, -0.5], **ticks)
    return figure


def _cells(counts: list[list[int]], shares: list[list[float]], names: list[str]) -> go.Scatter:
    """The cells that hold items, to point at and to click, up to `NUMBERED` classes with their counts.

    The numbers are in the page's colour (`advisor.ui.looks`).
    """
    cells = [(i, j) for i, row in enumerate(counts) for j, count in enumerate(row) if count]
    few = len(names) <= NUMBERED
    return go.Scatter(
        x=[j for _, j in cells], y=[i for i, _ in cells], mode="markers+text" if few else "markers",
        text=[str(counts[i][j]) for i, j in cells], textfont={"size": 13},
        marker={"symbol": "square", "size": 26 if few else 9, "color": "rgba(0,0,0,0)"},
        selected={"marker": {"color": "rgba(197,138,44,0.45)"}},
        unselected={"marker": {"opacity": 1.0}, "textfont": {"color": GREY}},
        customdata=[[i, j, counts[i][j], shares[i][j]] for i, j in cells],
        hovertext=[f"true: {names[i]}<br>predicted: {names[j]}" for i, j in cells],
        hovertemplate="%{hovertext}<br>%{customdata[2]} items, %{customdata[3]:.1%} of the class<extra></extra>",
        showlegend=False,
    )  # fmt: skip


def reliability(bins: Sequence[Bin]) -> go.Figure:
    """The share that is right against the confidence, with intervals; on the line, probabilities mean what they say."""
    figure = base(300, showlegend=False)
    figure.add_trace(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip")
    )
    figure.add_trace(
        go.Scatter(
            x=[b.confidence for b in bins], y=[b.right for b in bins], mode="markers", cliponaxis=False,
            marker={"color": TEAL, "size": [8 + 10 * (b.n / max(x.n for x in bins)) ** 0.5 for b in bins]},
            error_y={"type": "data", "symmetric": False, "color": TEAL, "thickness": 1.6, "width": 4,
                     "array": [b.high - b.right for b in bins], "arrayminus": [b.right - b.low for b in bins]},
            customdata=[b.n for b in bins],
            hovertemplate="%{customdata} items, %{x:.0%} sure: %{y:.1%} right<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Probability given", tickformat="~%", range=[0, 1.02], dtick=0.25)
    figure.update_yaxes(title="Right", tickformat="~%", range=[0, 1.02], dtick=0.25)
    return figure


def probabilities(shares: dict[str, float], limit: int = 8) -> go.Figure:
    """The most probable classes of one prediction as bars, the first on top; what rounds to nothing is left out."""
    likely = sorted(shares.items(), key=lambda item: item[1])[-limit:]
    top = [item for item in likely if item[1] >= LEAST_SHOWN] or likely[-1:]
    figure = base(80 + 34 * len(top), showlegend=False)
    figure.add_trace(
        go.Bar(
            x=[share for _, share in top], y=list(range(len(top))), orientation="h",
            text=[wording.percent(share) for _, share in top], textposition="outside", cliponaxis=False,
            marker={"color": [TEAL if i == len(top) - 1 else GREY for i in range(len(top))]},
            hovertext=[terms.plotted(name, 60) for name, _ in top],
            hovertemplate="%{hovertext}: %{x:.2%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(tickvals=list(range(len(top))), ticktext=[terms.plotted(n) for n, _ in top])
    figure.update_xaxes(range=[0, 1.12], tickformat="~%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure
