"""The figures of the advice, the evidence and the runs; pure functions from records to plotly figures.

Colours are of middle lightness so that they stand on the light and on the dark page alike; fonts, grid and
background are left to the theme. Every label that holds a user's word goes through `words.plotted`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from advisor.ladder import RungName
from advisor.records import Advice, Estimate, Evidence, RunReport
from advisor.ui import charts_names, words
from probes.measured import Provenance

TEAL, OCHRE, GREY, BRICK = "#2a9086", "#c58a2c", "#8796a0", "#c0604a"
FADED = {TEAL: "rgba(42,144,134,0.22)", OCHRE: "rgba(197,138,44,0.22)"}
SHADES = [[0.0, "rgba(42,144,134,0.04)"], [1.0, "rgba(42,144,134,1.0)"]]
MARKS: dict[Provenance, str] = {"measured": "circle", "piloted": "diamond", "predicted": "square"}
TICKS = {0.5: "none", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 36000: "10 h", 360000: "100 h"}
NO_TRAINING = 0.5
CONTENDERS = 0.30
#: From where to where an axis goes.
Span = tuple[float, float]
CONFIG = {"displayModeBar": False}


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


def ladder(advice: Advice) -> go.Figure:
    """The ladder as one picture: value with its interval against training seconds, target and choice marked."""
    shown = [e for e in advice.estimates if e.available and e.value is not None]
    figure = base(420, showlegend=False)
    places = _apart({e.rung: max(e.train_seconds or 0.0, NO_TRAINING) for e in shown})
    room = _room(shown, advice.question.target)
    for estimate in shown:
        chosen = estimate.rung == advice.recommended
        figure.add_trace(_rung(estimate, places[estimate.rung], chosen, room[0]))
    longest = max([*places.values(), 60.0])
    span = (math.log10(NO_TRAINING / 2.5), math.log10(longest * 9))
    for label in _labels(shown, places, advice.recommended, room, span):
        figure.add_annotation(**label)
    ticks = [t for t in TICKS if t <= 3 * longest]
    figure.update_xaxes(
        type="log", title="Training time on this device", tickvals=ticks, ticktext=[TICKS[t] for t in ticks],
        range=list(span), tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(title=words.capital(advice.metric), tickformat="~%", range=room)
    if advice.question.target is not None:
        figure.add_hline(
            y=advice.question.target, line={"color": OCHRE, "dash": "dash", "width": 1.5},
            annotation={"text": f"target {words.percent(advice.question.target)}", "font": {"color": OCHRE}},
            annotation_position="bottom left",
        )  # fmt: skip
    return figure


def _apart(places: dict[RungName, float]) -> dict[RungName, float]:
    """Move marks that would lie on one another apart, by a factor that a log axis shows as a small step."""
    taken: list[float] = []
    moved: dict[RungName, float] = {}
    for rung, place in sorted(places.items(), key=lambda item: item[1]):
        while any(max(place, other) / min(place, other) < 1.35 for other in taken):
            place *= 1.4
        taken.append(place)
        moved[rung] = place
    return moved


def _room(shown: Sequence[Estimate], target: float | None) -> list[float]:
    """The range of values drawn: the contenders and the target; what lies far below is drawn at the lower edge."""
    best = max([e.value for e in shown if e.value is not None], default=1.0)
    near = [e for e in shown if e.value is not None and e.value > best - CONTENDERS]
    edges = [x for e in near for x in (e.low, e.high, e.value) if x is not None] + ([target] if target else [])
    low, high = (min(edges), max(edges)) if edges else (0.0, 1.0)
    pad = max(0.02, 0.2 * (high - low))
    below = 2.2 if len(near) < len(shown) else 1.0
    floor = low - below * pad
    seen = [e.low - 0.3 * pad for e in shown if e.low is not None and e.value is not None and e.value >= floor]
    return [max(0.0, min([floor, *seen])), min(1.0, high) + pad]


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    value = estimate.value or 0.0
    low, high = estimate.low, estimate.high
    return value if low is None else low, value, value if high is None else high


def _rung(estimate: Estimate, place: float, chosen: bool, floor: float) -> go.Scatter:
    """One rung's mark with its interval; far below the contenders it is an arrow at the lower edge."""
    low, value, high = _ends(estimate)
    color, title, off = TEAL if chosen else GREY, words.title(estimate.rung), value < floor
    time = words.duration(estimate.train_seconds) if estimate.train_seconds else "no training"
    mark = "triangle-down" if off else MARKS.get(estimate.provenance or "predicted", "square")
    return go.Scatter(
        x=[place], y=[floor if off else value], mode="markers", cliponaxis=False,
        error_y={"type": "data", "symmetric": False, "array": [0 if off else high - value], "color": color,
                 "arrayminus": [0 if off else value - low], "thickness": 2 if chosen else 1.3, "width": 5},
        marker={"color": color, "size": 16 if chosen else 11, "symbol": mark, "opacity": 1},
        hovertemplate=(f"<b>{title}</b><br>{words.percent(value)} ({words.between(low, high)})<br>"
                       f"{estimate.provenance}, n = {words.count(estimate.n)}<br>{time}<extra></extra>"),
    )  # fmt: skip


def _labels(
    shown: Sequence[Estimate], places: dict[RungName, float], chosen: RungName, room: Sequence[float], span: Span
) -> list[dict[str, Any]]:
    """The rungs' names as annotations, each at its own bar and clear of the others (`charts_names`).

    A rung far below stands at the floor and carries its value.
    """
    floor = room[0]
    below = sorted((e for e in shown if _ends(e)[1] < floor), key=lambda e: places[e.rung])
    labels = []
    for number, estimate in enumerate(below):
        text = f"{words.title(estimate.rung)} {words.percent(_ends(estimate)[1])}"
        side = "left" if places[estimate.rung] < 20 else "right"  # both stay inside a narrow picture
        label = _note(places[estimate.rung], floor, text, GREY, 13, side, above=True)
        labels.append({**label, "yshift": label["yshift"] + 17 * (number % 2)})
    inside = sorted((e for e in shown if _ends(e)[1] >= floor), key=lambda e: places[e.rung])
    bars = [_bar(e, places[e.rung], room, span) for e in inside]
    edge = [(0.0, 0.0, charts_names.WIDE, 2.5 * charts_names.LINE)] if below else []
    for estimate, spot in zip(inside, charts_names.spots(bars, edge), strict=True):
        low, _, high = _ends(estimate)
        title = words.title(estimate.rung)
        text, color, size = (f"<b>{title}</b>", TEAL, 15) if estimate.rung == chosen else (title, GREY, 13)
        end = high if spot.above else max(low, floor)
        labels.append(_note(places[estimate.rung], end, text, color, size, spot.side, above=spot.above))
    return labels


def _bar(estimate: Estimate, place: float, room: Sequence[float], span: Span) -> charts_names.Bar:
    """A rung's bar in shares of the picture."""
    low, _, high = ((end - room[0]) / (room[1] - room[0]) for end in _ends(estimate))
    across = (math.log10(place) - span[0]) / (span[1] - span[0])
    return charts_names.Bar(across, max(0.0, low), min(1.0, high), words.title(estimate.rung))


def _note(x: float, y: float, text: str, color: str, size: int, side: str, *, above: bool) -> dict[str, Any]:
    return {
        "x": math.log10(x),
        "y": y,
        "text": text,
        "font": {"color": color, "size": size},
        "showarrow": False,
        "xanchor": side,
        "xshift": {"left": -8, "center": 0, "right": 8}[side],
        "yanchor": "bottom" if above else "top",
        "yshift": 8 if above else -6,
    }


def evidence(evidence: Evidence) -> go.Figure:
    """Each probe's value with its interval as a dot plot, the best on top."""
    results = sorted(evidence.results, key=lambda r: r.measured.value)
    figure = base(90 + 46 * len(results), showlegend=False)
    best = results[-1].name if results else None
    figure.add_trace(
        go.Scatter(
            x=[r.measured.value for r in results],
            y=[words.plotted(r.title, 44) for r in results],
            mode="markers",
            marker={"size": 13, "color": [TEAL if r.name == best else GREY for r in results]},
            error_x={
                "type": "data", "symmetric": False, "color": GREY, "thickness": 1.6, "width": 5,
                "array": [r.measured.high - r.measured.value for r in results],
                "arrayminus": [r.measured.value - r.measured.low for r in results],
            },
            customdata=[[words.measured(r.measured), words.duration(r.measured.seconds)] for r in results],
            hovertemplate="<b>%{y}</b><br>%{customdata[0]}<br>took %{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=words.capital(evidence.metric), tickformat="~%", rangemode="tozero")
    return figure


def versus(report: RunReport) -> go.Figure:
    """The test value beside the promise, each with its interval."""
    rows = [("Measured on the test part", report.test, TEAL)]
    if report.promised is not None:
        rows.append(("Promised", report.promised, OCHRE))
    if report.ood is not None:
        rows.append(("On the shifted part", report.ood, GREY))
    if report.exact_match is not None:
        rows.append(("Exact match on the test part", report.exact_match, GREY))
    figure = base(70 + 48 * len(rows), showlegend=False)
    for name, number, color in reversed(rows):
        figure.add_trace(
            go.Scatter(
                x=[number.value], y=[name], mode="markers", marker={"size": 14, "color": color},
                error_x={"type": "data", "symmetric": False, "color": color, "thickness": 2, "width": 6,
                         "array": [number.high - number.value], "arrayminus": [number.value - number.low]},
                hovertemplate=f"{name}: {words.measured(number)}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(tickformat="~%", title=words.capital(report.metric), nticks=7)
    return figure


def curves(metrics: pd.DataFrame) -> go.Figure:
    """Training and validation loss against the step or epoch, as far as the run has come."""
    figure = base(300)
    across = _across(metrics)
    for column, name, color in (("train_loss", "Training loss", GREY), ("val_loss", "Validation loss", TEAL)):
        _line(figure, metrics, across, column, name, color)
    figure.update_xaxes(title=across.capitalize())
    figure.update_yaxes(title="Loss", rangemode="tozero")
    return figure


def progress(metrics: pd.DataFrame, metric: str) -> go.Figure:
    """The metric on the validation part against the step or epoch."""
    figure = base(300)
    across = _across(metrics)
    _line(figure, metrics, across, "val_value", f"Validation {metric}", TEAL)
    figure.update_xaxes(title=across.capitalize())
    figure.update_yaxes(title=words.capital(metric), tickformat="~%")
    return figure


def _across(metrics: pd.DataFrame) -> str:
    """What the curves run along: the step where steps were written, else the epoch, else seconds."""
    return next((c for c in ("step", "epoch", "seconds") if c in metrics and metrics[c].notna().any()), "step")


def _line(figure: go.Figure, metrics: pd.DataFrame, across: str, column: str, name: str, color: str) -> None:
    if column not in metrics or across not in metrics:
        return
    part = metrics[[across, column]].dropna()
    if part.empty:
        return
    mode = "lines+markers" if len(part) < 40 else "lines"
    figure.add_trace(
        go.Scatter(x=part[across], y=part[column], mode=mode, name=name, showlegend=True,
                   line={"color": color, "width": 2}, marker={"size": 6})
    )  # fmt: skip


def confusion(report: RunReport) -> go.Figure:
    """Counts of the test part: true class down, predicted across; shaded by the share of the true class."""
    n = len(report.classes)
    names = [words.plotted(c, 20) for c in report.classes]
    shares = [[cell / max(1, sum(row)) for cell in row] for row in report.confusion]
    # Axes run on class numbers with the names as tick texts: two long names may be cut to the same label.
    figure = base(min(820, max(320, 160 + 34 * n)) if n <= 40 else 820)
    figure.add_trace(
        go.Heatmap(
            z=shares, customdata=report.confusion, zmin=0, zmax=1, colorscale=SHADES, showscale=False, xgap=1, ygap=1,
            hovertext=[[f"true: {names[i]}<br>predicted: {names[j]}" for j in range(n)] for i in range(n)],
            hovertemplate="%{hovertext}<br>%{customdata} items, %{z:.1%} of the class<extra></extra>",
        )
    )  # fmt: skip
    if n <= 20:
        figure.add_trace(_cells(report.confusion, shares))
    ticks = {"tickvals": list(range(n)), "ticktext": names, "showgrid": False, "showticklabels": n <= 40}
    figure.update_xaxes(title="Predicted", side="bottom", **ticks)
    figure.update_yaxes(title="True", autorange="reversed", **ticks)
    return figure


def _cells(counts: list[list[int]], shares: list[list[float]]) -> go.Scatter:
    """The counts as texts: white on the dark cells, middle grey on the pale ones, legible on both themes."""
    cells = [(i, j) for i, row in enumerate(counts) for j, count in enumerate(row) if count]
    return go.Scatter(
        x=[j for _, j in cells], y=[i for i, _ in cells], mode="text", text=[str(counts[i][j]) for i, j in cells],
        textfont={"color": ["#ffffff" if shares[i][j] > 0.45 else GREY for i, j in cells], "size": 13},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def probabilities(shares: dict[str, float], limit: int = 8) -> go.Figure:
    """The most probable classes of one prediction as bars, the first on top."""
    top = sorted(shares.items(), key=lambda item: item[1])[-limit:]
    figure = base(60 + 34 * len(top), showlegend=False)
    figure.add_trace(
        go.Bar(
            x=[share for _, share in top], y=list(range(len(top))), orientation="h",
            text=[words.percent(share) for _, share in top], textposition="outside", cliponaxis=False,
            marker={"color": [TEAL if i == len(top) - 1 else GREY for i in range(len(top))]},
            hovertext=[words.plotted(name, 60) for name, _ in top],
            hovertemplate="%{hovertext}: %{x:.2%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(tickvals=list(range(len(top))), ticktext=[words.plotted(n) for n, _ in top])
    figure.update_xaxes(range=[0, 1.12], tickformat="~%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure
