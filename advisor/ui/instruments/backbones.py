"""Which model to start from: how far each backbone is from the default, on the same items."""

from __future__ import annotations

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.records import Advice, Backbones, BackboneTrial, Dataset, Evidence
from advisor.ui import charts, parts, terms
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import GREY, TEAL, base
from probes.measured import Measured

TOPIC = Topic("backbone", "Backbone", "Which backbone?", always=False)


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """The comparison; None where backbones were not compared."""
    found = evidence.backbones
    if found is None:
        return None
    return Card(TOPIC, found.sentence, partial(draw, found, evidence.metric), partial(how, found))


def draw(found: Backbones, metric: str) -> None:
    """The leads and the table."""
    if any(trial.lead for trial in found.trials):
        st.plotly_chart(leads(found, metric), config=charts.CONFIG, key="backbones", alt=found.sentence)
    table(found, metric)


def how(found: Backbones) -> None:
    """How backbones are compared, and what another one must bring."""
    parts.note(
        "Every backbone gets the same items and folds for a linear probe on its frozen features. Each round doubles "
        "the items and drops the worse half. To replace the default, a backbone must lead by more than noise, and by "
        f"{100 * found.toll:g} points for each doubling of its time. Took {wording.duration(found.seconds)}."
    )


def leads(found: Backbones, metric: str) -> go.Figure:
    """The lead of each backbone over the default with its interval, the one to start from marked."""
    tried = [trial for trial in found.trials if trial.lead is not None][::-1]
    figure = base(90 + 46 * len(tried), showlegend=False)
    for trial in tried:
        lead = trial.lead
        assert lead is not None  # filtered above
        colour = TEAL if trial.backbone == found.best else GREY
        figure.add_trace(
            go.Scatter(
                x=[100 * lead.value], y=[terms.plotted(trial.title, 28)], mode="markers",
                marker={"color": colour, "size": 12},
                error_x={"type": "data", "symmetric": False, "array": [100 * (lead.high - lead.value)],
                         "arrayminus": [100 * (lead.value - lead.low)], "color": colour, "thickness": 2},
                hovertext=[terms.plotted(trial.sentence)], hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_xaxes(title=f"Points of {metric} above {terms.plotted(found.trials[0].title)}", ticksuffix="")
    return figure


def table(found: Backbones, metric: str) -> None:
    """Every backbone with its value, lead, time and what became of it."""
    frame = pd.DataFrame([row(trial, found, metric) for trial in found.trials])
    parts.table(frame, hide_index=True, height="content", alt="The backbones that were compared")


def row(trial: BackboneTrial, found: Backbones, metric: str) -> dict[str, str]:
    """One line of the table."""
    each = trial.seconds_per_item
    out = "dropped out" if trial.value and not trial.stayed else ""
    mark = "start from this" if trial.backbone == found.best else "default" if trial.backbone == found.default else out
    return {
        "Backbone": trial.title,
        metric.capitalize(): wording.percent(trial.value.value) if trial.value else "",
        "Points": points(trial.lead) if trial.lead else "",
        "Items": wording.count(trial.value.n) if trial.value else "",
        "Per item": f"{1000 * each:,.0f} ms" if each else "",
        "Remark": mark or ("" if trial.value else trial.sentence),
    }


def points(lead: Measured) -> str:
    """A lead in words, with its interval.

    >>> points(Measured(value=0.012, low=-0.004, high=0.028, n=400, seconds=1.0))
    '1.2 above (-0.4 to 2.8)'
    """
    side = "above" if lead.value >= 0 else "below"
    return f"{abs(100 * lead.value):.1f} {side} ({100 * lead.low:.1f} to {100 * lead.high:.1f})"


def line(advice: Advice) -> None:
    """On the page of the advice: the backbone that belongs to the rung, unless a comparison has named it above."""
    if advice.backbones is None and advice.backbone is not None:
        parts.note(f"Backbone: {wording.short(advice.backbone, 60)}.")
