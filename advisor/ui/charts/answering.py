"""The figures of question answering: what is missing, how well is searched, and which failed; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from advisor.core import wording
from advisor.ui import terms
from advisor.ui.charts import BRICK, GREY, OCHRE, TEAL, base
from probes.failures import OUTCOMES, Outcome
from probes.measured import Measured

#: The outcome of a question in words, and its colour.
OUTCOME_NAME: dict[Outcome, str] = {
    "right": "right",
    "misread": "passage found: misread",
    "wrongly refused": "passage found: no answer",
    "not found": "passage not among those read",
    "made up": "not in the documents: answered",
}
OUTCOME_COLOR: dict[Outcome, str] = {
    "right": TEAL, "misread": OCHRE, "wrongly refused": OCHRE, "not found": BRICK, "made up": GREY,
}  # fmt: skip
RECALL_K = 5
WAYS = {"hybrid": ("hybrid", TEAL), "words": ("by words", OCHRE), "dense": ("by meaning", GREY)}


def knowledge(rows: Sequence[tuple[str, Measured]], metric: str, chosen: str = "", baseline: float = 0.0) -> go.Figure:
    """Each way of answering with its interval, in the order given from the top; ``chosen`` is coloured.

    baseline: what refusing every question would score, a dashed line; 0 where the documents answer all.
    """
    figure = base(110 + 52 * len(rows), showlegend=False)
    places = list(range(len(rows)))[::-1]
    figure.add_trace(
        go.Scatter(
            x=[number.value for _, number in rows], y=places, mode="markers+text",
            text=[wording.percent(number.value) for _, number in rows], textposition="top center", cliponaxis=False,
            marker={"size": 14, "color": [TEAL if name == chosen else GREY for name, _ in rows]},
            error_x={"type": "data", "symmetric": False, "color": GREY, "thickness": 1.6, "width": 5,
                     "array": [number.high - number.value for _, number in rows],
                     "arrayminus": [number.value - number.low for _, number in rows]},
            customdata=[[terms.plotted(name, 60), wording.measured(number)] for name, number in rows],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    names = [terms.plotted(name, 44) for name, _ in rows]
    figure.update_yaxes(tickvals=places, ticktext=names, range=[-0.5, len(rows) - 0.3])
    figure.update_xaxes(title=wording.capital(metric), tickformat="~%", range=[0, 1.02])
    if baseline:
        figure.add_vline(x=baseline, line={"color": GREY, "dash": "dash", "width": 1.5})
        figure.add_annotation(
            x=baseline, y=-0.45, text=f"refusing every question: {wording.percent(baseline)}", showarrow=False,
            xanchor="left" if baseline < 0.5 else "right", xshift=4 if baseline < 0.5 else -4, font={"color": GREY},
        )  # fmt: skip
    return figure


def recall(recalls: Mapping[str, Mapping[str, float]], n: int, hybrid: Measured | None = None) -> go.Figure:
    """How often the passage is among the k best, for each search; ``recalls[way]["recall@5"]`` is a share.

    n: questions searched for. hybrid: the measured recall at 5 of hybrid search, whose interval is drawn.
    """
    figure = base(320)
    ks = sorted({int(name.partition("@")[2]) for shares in recalls.values() for name in shares if "@" in name})
    for way, shares in recalls.items():
        name, color = WAYS.get(way, (way, GREY))
        points = [(k, shares[f"recall@{k}"]) for k in ks if f"recall@{k}" in shares]
        bars = [hybrid if hybrid and way == "hybrid" and k == RECALL_K else None for k, _ in points]
        figure.add_trace(
            go.Scatter(
                x=[k for k, _ in points], y=[share for _, share in points], mode="lines+markers", name=name,
                line={"color": color, "width": 2.5 if way == "hybrid" else 1.5}, marker={"size": 9},
                error_y={"type": "data", "symmetric": False, "color": color, "thickness": 1.4, "width": 5,
                         "array": [bar.high - bar.value if bar else 0 for bar in bars],
                         "arrayminus": [bar.value - bar.low if bar else 0 for bar in bars]},
                hovertemplate=f"{name}, best %{{x}}: %{{y:.1%}}, n = {wording.count(n)}<extra></extra>",
            )
        )  # fmt: skip
    names = ["the first" if k == 1 else f"the first {k}" for k in ks]
    figure.update_xaxes(type="log", title="Passages looked at", tickvals=ks, ticktext=names)
    figure.update_yaxes(title="Answer among them", tickformat="~%")
    return figure


def outcomes(counts: Mapping[str, int]) -> go.Figure:
    """Which failed: how many answers were right, misread, not found …, as bars with their counts."""
    shown = [name for name in OUTCOMES if counts.get(name)][::-1]
    total, most = max(1, sum(counts.values())), max([counts[name] for name in shown], default=1)
    names = [OUTCOME_NAME[name].replace(": ", ":<br>") for name in shown]
    figure = base(70 + 44 * len(shown), showlegend=False)
    figure.add_trace(
        go.Bar(
            x=[counts[name] for name in shown], y=names, orientation="h",
            marker={"color": [OUTCOME_COLOR[name] for name in shown]}, cliponaxis=False, textposition="outside",
            text=[f"{wording.count(counts[name])} ({wording.percent(counts[name] / total, 0)})" for name in shown],
            hovertemplate="%{y}: %{x} questions<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Questions", range=[0, 1.4 * most], tickformat=",d", dtick=1 if most < 6 else None)
    return figure
