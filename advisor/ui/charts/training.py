"""The figures of how a model was trained; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from advisor.core import wording
from advisor.ui import terms
from advisor.ui.charts import GREY, TEAL, base


def candidate(lap: Mapping[str, Any]) -> str:
    """A candidate of a race in the words of the report.

    >>> candidate({"learning_rate": 0.0003, "depth": 0.5, "adapters": False})
    'top 50 % of the blocks at 3.0e-04'
    """
    depth = float(lap.get("depth", 1.0))
    what = "all layers" if depth == 1.0 else f"top {100 * depth:.0f} % of the blocks"
    return f"{'LoRA' if lap.get('adapters') else what} at {float(lap['learning_rate']):.1e}"


def race(laps: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Validation loss of every candidate against its steps; the one that went furthest with the least loss in teal."""
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for lap in laps:
        runs.setdefault(candidate(lap), []).append(lap)
    ends = {name: own[-1] for name, own in runs.items() if own[-1]["loss"] is not None}
    winner = min(ends, key=lambda name: (-ends[name]["steps"], ends[name]["loss"])) if ends else ""
    figure = base(280, showlegend=False)
    for name, own in runs.items():
        known = [lap for lap in own if lap["loss"] is not None]
        color = TEAL if name == winner else GREY
        figure.add_trace(
            go.Scatter(
                x=[lap["steps"] for lap in known], y=[lap["loss"] for lap in known], mode="lines+markers",
                name=terms.plotted(name, 60), line={"color": color, "width": 2.5 if name == winner else 1.3},
                marker={"size": 8}, customdata=[wording.percent(lap["value"]) for lap in known],
                hovertemplate=f"<b>{terms.plotted(name, 60)}</b><br>%{{x}} steps: loss %{{y:.3f}}, %{{customdata}}"
                              "<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(title="Steps", rangemode="tozero")
    figure.update_yaxes(title="Validation loss")
    return figure
