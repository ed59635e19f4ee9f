"""The judged items as a map whose lasso opens the gallery."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset
from advisor.evidence.embedding import How, hows, kept_embedding
from advisor.evidence.judged import Judged
from advisor.ui import jobs, parts, terms, waiting
from advisor.ui.charts import BRICK, GREY, OCHRE, TEAL
from advisor.ui.fixing import measuring

TITLE: dict[How, str] = {"pca": "Principal components", "umap": "UMAP"}
#: Classes with a colour of their own; with more, the items on lists alone stand out.
COLOURS = (TEAL, OCHRE, BRICK, "#5b7fbf", "#8a6fb5", "#5f9a4b", "#b85f93", "#3f8fae", "#9a8040", "#6f7b83")
CONFIG = {"displaylogo": False, "scrollZoom": True, "modeBarButtonsToRemove": ["toImage", "autoScale2d"]}


def draw(dataset: Dataset, of: Judged, listed: set[int]) -> list[int] | None:
    """The map, or how far it is; the rows that were chosen on it, None where nothing new was."""
    how: How = "pca"
    if len(hows()) > 1:
        how = (
            st.segmented_control("Map by", hows(), default="pca", format_func=lambda one: TITLE[one], key="map-how")
            or how
        )
    table = kept_embedding(dataset, of, how)
    if table is None:
        key = job_key(dataset, of, how)
        waiting.wait(jobs.answer(key, "The map", partial(measuring.embed, dataset, of, how)))
        return None
    figure = plane(dataset, table, listed)
    key = f"map-{dataset.fingerprint[:8]}-{how}-{of.n_sample}"
    n, n_listed = len(table), len(listed & set(table["row"].tolist()))
    event = st.plotly_chart(
        figure, config=CONFIG, key=key, on_select="rerun", selection_mode=("points", "box", "lasso"),
        alt=f"Map of {wording.counted(n, 'item')}, of which {n_listed} are on a list.",
    )  # fmt: skip
    parts.note("Draw around some items to decide about them. Items that are alike lie near each other.")
    rows = [int(point["customdata"][0]) for point in event.selection.points]
    if not rows or st.session_state.get(f"{key}-last") == rows:
        return None
    st.session_state[f"{key}-last"] = rows
    return rows


def job_key(dataset: Dataset, of: Judged, how: How) -> str:
    """The key of the job that makes the map."""
    return jobs.key_of("map", dataset.fingerprint, how, of.backbone_hash, of.n_sample)


def plane(dataset: Dataset, table: pd.DataFrame, listed: set[int]) -> go.Figure:
    """A dot for each item, by class where they are few; those on a list have a dark edge. table: row, x, y."""
    figure = go.Figure()
    labels = dataset.labels[table["row"].to_numpy()]
    on_list = table["row"].isin(listed).to_numpy()
    few = len(dataset.classes) <= len(COLOURS)
    groups = (
        [(terms.plotted(name, 24), labels == number, COLOURS[number]) for number, name in enumerate(dataset.classes)]
        if few
        else [("On no list", ~on_list, GREY), ("On a list", on_list, OCHRE)]
    )
    for name, own, colour in groups:
        if not own.any():
            continue
        rows = table[own]
        words = np.array([terms.plotted(dataset.classes[label], 24) for label in labels[own]])
        keys = np.array([terms.plotted(str(key), 40) for key in dataset.items["key"].iloc[rows["row"]]])
        marked = on_list[own]
        figure.add_trace(
            go.Scattergl(
                x=rows["x"], y=rows["y"], mode="markers", name=name,
                marker={
                    "color": colour, "size": np.where(marked, 9, 5), "opacity": 0.8,
                    "line": {"width": np.where(marked, 1.5, 0.0), "color": "#333333"},
                },
                customdata=np.stack([rows["row"].astype(str), words, keys], axis=1),
                hovertemplate="%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
            )
        )  # fmt: skip
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        height=520, margin={"l": 8, "r": 8, "t": 8, "b": 8}, dragmode="lasso", xaxis=hidden, yaxis=hidden,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    return figure
