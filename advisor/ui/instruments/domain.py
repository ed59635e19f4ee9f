"""How far the data lie from those of pre-training: the reference sets on one scale, this dataset among them."""

from __future__ import annotations

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Domain, Evidence
from advisor.evidence.references import place
from advisor.ui import charts, parts, terms
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import GREY, OCHRE, TEAL, base

#: Stages that are no part of the overall place are drawn in another colour.
ASIDE = ("energy",)
OVERALL = "all"
#: Percentile points between two names that are written out; with fewer they run together on a telephone.
LABEL_GAP = 7.0


TOPIC = Topic("distance", "Distance", "How far from the pre-training data?")


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """The place among the reference sets; None where no distance could be measured."""
    distance = evidence.domain
    if distance is None:
        return None
    items = kind_row(dataset.kind).counted(distance.n)
    return Card(
        TOPIC, place(distance.percentile, distance.nearest), partial(draw, distance), partial(how, distance, items)
    )


def draw(distance: Domain) -> None:
    """The picture."""
    alt = place(distance.percentile, distance.nearest)
    st.plotly_chart(domain(distance), config=charts.CONFIG, key="domain", alt=alt)


def how(distance: Domain, items: str) -> None:
    """What the scale is, and what it has to do with fine-tuning. items: how many, with their noun."""
    parts.note(distance.sentence)
    parts.note(f"{meaning(distance)} Measured on {items} in {wording.duration(distance.seconds)}.".strip())


def meaning(distance: Domain) -> str:
    """What the distance says about the gain from fine-tuning, as measured on the reference sets."""
    trust = distance.trust
    if trust is None:
        return ""
    certain = trust.low > 0 or trust.high < 0
    more = "more" if trust.value > 0 else "less"
    verdict = (
        f"More distant sets gained {more} from fine-tuning"
        if certain
        else "The distance does not tell how much fine-tuning will bring"
    )
    return (
        f"{verdict}: over {trust.n} reference sets, its rank correlation with the gain is {trust.value:.2f} (90 % "
        f"interval {trust.low:.2f} to {trust.high:.2f}). {trust.note}".rstrip()
    )


def domain(distance: Domain) -> go.Figure:
    """A strip from 0 (near) to 100 (far) with the reference sets and this dataset, and a strip below for each stage."""
    rows = [OVERALL, *(stage.name for stage in distance.stages)]
    places = dict(zip(rows, range(len(rows) - 1, -1, -1), strict=True))
    figure = base(250 + 42 * len(rows), showlegend=False)
    for row in places.values():
        figure.add_shape(type="line", x0=0, x1=100, y0=row, y1=row, line={"color": GREY, "width": 1}, opacity=0.4)
    top = places[OVERALL]
    figure.add_trace(_references(distance, top))
    for number, (name, percentile) in enumerate(_labelled(distance)):
        figure.add_annotation(x=percentile, y=top, text=terms.plotted(name), textangle=-55, showarrow=False,
                              xanchor="left", yanchor="bottom", yshift=8, font={"color": GREY, "size": 12},
                              name=f"reference {number}")  # fmt: skip
    figure.add_trace(_mark([distance.percentile], [top], ["This dataset"], TEAL, 18))
    for stage in distance.stages:
        color = OCHRE if stage.name in ASIDE else TEAL
        figure.add_trace(_mark([stage.percentile], [places[stage.name]], [stage.name.capitalize()], color, 12))
    figure.update_xaxes(range=[-3, 112], tickvals=[0, 25, 50, 75, 100], showgrid=False, tickangle=0,
                        ticktext=["0<br>near", "25", "50", "75", "100<br>far"],
                        title="Percentile among the reference sets")  # fmt: skip
    figure.update_yaxes(range=[-0.6, top + 2.6], showgrid=False, tickvals=list(places.values()),
                        ticktext=[_row_title(name) for name in places])  # fmt: skip
    return figure


def _labelled(distance: Domain) -> list[tuple[str, float]]:
    """The references that get their name written, left to right: the nearest ones, then whoever has room beside them.

    Two sets in one place would write over each other; the dots of all of them are there and say their names.
    """
    room: list[tuple[str, float]] = []
    for pair in sorted(distance.references, key=lambda pair: (pair[0] not in distance.nearest, pair[1])):
        if all(abs(pair[1] - other[1]) >= LABEL_GAP for other in room):
            room.append(pair)
    return sorted(room, key=lambda pair: pair[1])


def _row_title(name: str) -> str:
    return {"early": "Early layers", "middle": "Middle layers", "late": "Late layers", OVERALL: "<b>Overall</b>",
            "energy": "Head's energy"}.get(name, terms.plotted(name.capitalize()))  # fmt: skip


def _references(distance: Domain, place: int) -> go.Scatter:
    return go.Scatter(
        x=[percentile for _, percentile in distance.references], y=[place] * len(distance.references), mode="markers",
        marker={"color": GREY, "size": 9}, hovertext=[terms.plotted(name, 60) for name, _ in distance.references],
        hovertemplate="%{hovertext}: %{x:.0f}<extra></extra>",
    )  # fmt: skip


def _mark(x: list[float], y: list[int], names: list[str], color: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, mode="markers", marker={"color": color, "size": size, "symbol": "diamond", "opacity": 1},
        hovertext=names, hovertemplate="<b>%{hovertext}</b>: %{x:.0f}<extra></extra>", cliponaxis=False,
    )  # fmt: skip
