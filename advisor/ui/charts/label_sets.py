"""The figures of several labels: how well each is found, which go together, and the probabilities of one item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from advisor.core import wording
from advisor.core.records import RunReport
from advisor.ui import terms
from advisor.ui.charts import GREY, SHADES, TEAL, base

#: Labels shown in a figure, and up to which cells have their numbers.
MOST, NUMBERED = 40, 12


def label_f1(per_class: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Each label's F1 with its interval, the best on top."""
    known = sorted((row for row in per_class if row["f1"] is not None), key=lambda row: row["f1"])[-MOST:]
    figure = base(90 + 30 * len(known), showlegend=False)
    figure.add_trace(
        go.Scatter(
            x=[row["f1"] for row in known],
            y=[terms.plotted(row["class"], 32) for row in known],
            mode="markers",
            marker={"size": 11, "color": TEAL},
            error_x={
                "type": "data", "symmetric": False, "color": TEAL, "thickness": 1.5,
                "array": [row["f1_high"] - row["f1"] for row in known],
                "arrayminus": [row["f1"] - row["f1_low"] for row in known],
            },
            customdata=[[row["n"], wording.between(row["f1_low"], row["f1_high"])] for row in known],
            hovertemplate="%{y}: %{x:.1%} (%{customdata[1]}), %{customdata[0]} test items<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat="~%", title_text="F1 on the test part, 90 % interval")
    return figure


def said(report: RunReport) -> str:
    """The figure of `label_f1` in words."""
    known = [row for row in report.per_class if row["f1"] is not None]
    if not known:
        return "No label occurs in the test part."
    best, worst = max(known, key=lambda row: row["f1"]), min(known, key=lambda row: row["f1"])
    return (
        f"F1 of each label: best for {wording.short(best['class'])} ({wording.percent(best['f1'])}), worst for "
        f"{wording.short(worst['class'])} ({wording.percent(worst['f1'])})."
    )


def together(labels: Sequence[str], both: np.ndarray) -> go.Figure:
    """Of the items with a row's label, the share that also has a column's. Shape: both (L, L) counts."""
    most = np.argsort(-both.diagonal(), kind="stable")[:MOST]
    counts = both[np.ix_(most, most)]
    share = counts / np.maximum(counts.diagonal()[:, None], 1)
    names = [terms.plotted(labels[c], 24) for c in most]
    figure = base(140 + 24 * len(most), showlegend=False)
    blank = np.where(np.eye(len(most), dtype=bool), np.nan, share)
    figure.add_trace(
        go.Heatmap(
            z=blank, x=names, y=names, colorscale=SHADES, zmin=0, zmax=1, showscale=False, xgap=1, ygap=1,
            text=[[f"{100 * v:.0f} %" if np.isfinite(v) else "" for v in row] for row in blank],
            texttemplate="%{text}" if len(most) <= NUMBERED else None,
            customdata=counts,
            hovertemplate="of items with %{y}, %{z:.0%} also have %{x} (%{customdata})<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return figure


def said_together(labels: Sequence[str], both: np.ndarray) -> str:
    """The two labels that most often stand together, in words."""
    apart = both * (1 - np.eye(len(both), dtype=both.dtype))
    i, j = np.unravel_index(int(apart.argmax()), apart.shape)
    if not apart.any():
        return "No two labels stand together."
    return (
        f"Labels that go together: most often {wording.short(labels[int(i)])} and {wording.short(labels[int(j)])}, on "
        f"{wording.counted(int(apart[i, j]), 'item')}."
    )


def shares(probabilities: Mapping[str, float], given: Sequence[str], limit: int = 12) -> go.Figure:
    """The probability of each label of one item, those that are given in colour. They do not sum to 1."""
    top = sorted(probabilities.items(), key=lambda pair: pair[1])[-limit:]
    figure = base(80 + 34 * len(top), showlegend=False)
    figure.add_trace(
        go.Bar(
            x=[share for _, share in top], y=list(range(len(top))), orientation="h",
            text=[wording.percent(share) for _, share in top], textposition="outside", cliponaxis=False,
            marker={"color": [TEAL if name in given else GREY for name, _ in top]},
            hovertext=[terms.plotted(name, 60) for name, _ in top],
            hovertemplate="%{hovertext}: %{x:.2%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(tickvals=list(range(len(top))), ticktext=[terms.plotted(name) for name, _ in top])
    figure.update_xaxes(range=[0, 1.12], tickformat="~%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure
