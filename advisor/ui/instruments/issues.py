"""Which labels and items look wrong? A sentence, the counts, a gallery of each list, and all of it as a file."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence
from advisor.data.task import task_of
from advisor.evidence import issues as checks
from advisor.evidence.issue_wording import mostly_hard
from advisor.ui import charts, items, parts
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import GREY, OCHRE, base

#: What each check lists, as the page says it.
TITLE = {
    "suspect label": "Label looks wrong",
    "lonely label": "No neighbour of its class",
    "outlier": "Unlike all others",
    "copy": "Copy of another item",
    "look-alike": "Looks like another item",
    "shortcut": "Property that gives the class away",
}


TOPIC = Topic("issues", "Suspect labels", "Which labels and items look wrong?")


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """What the checks list; None where the items were not checked."""
    table = checks.load_issues(dataset, evidence)
    if table.empty:
        return None
    summary = checks.summary(dataset, table)
    sentence = answer(summary, mostly_hard(evidence.findings))
    return Card(TOPIC, sentence, partial(draw, dataset, evidence, table, summary), partial(how, evidence, summary))


def draw(dataset: Dataset, evidence: Evidence, table: pd.DataFrame, summary: pd.DataFrame) -> None:
    """The items on each list, the shortcuts, and all of it as a file."""
    n_listed = _counts(summary, "n_listed")
    listed = [c for c in checks.CHECKS if c != checks.SHORTCUTS and n_listed[c]]
    if listed:
        gallery(dataset, table, listed)
    parts.findings([finding for finding in evidence.findings if finding.check == checks.SHORTCUTS])
    if any(n_listed.values()):
        if task_of(dataset).correctable:
            parts.correct(dataset)
        st.download_button(
            "Download as CSV", lambda: checks.export_csv(table), file_name=f"issues-{dataset.fingerprint[:8]}.csv",
            mime="text/csv", key="issues-csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def how(evidence: Evidence, summary: pd.DataFrame) -> None:
    """How many items each check lists, and how far the lists can be trusted."""
    listed = (f"{check} {count}" for check, count in _counts(summary, "n_listed").items())
    alt = f"Items that each check lists: {', '.join(listed)}."
    st.plotly_chart(issues(summary), config=charts.CONFIG, key="issues", alt=alt)
    parts.findings([one for one in evidence.findings if one.check != checks.SHORTCUTS])
    n = _counts(summary, "n_checked")[checks.LABELS]
    parts.note(
        f"Judged out of fold on the {wording.counted(n, 'training item')} that the probes looked at, never on the "
        f"locked test part. Nothing is changed until you decide, and then in a version: your files stay as they are."
    )


def answer(summary: pd.DataFrame, hard: bool = False) -> str:
    """What the checks list, in one sentence; `hard` where most suspect labels are likely right."""
    n = _counts(summary, "n_listed")
    suspect = ("item is", "items are") if hard else ("label looks", "labels look")
    verdict = "hard to tell or labelled wrong, more often the former" if hard else "wrong"
    clauses = [
        wording.counted(n[checks.LABELS], *(f"{start} {verdict}" for start in suspect)),
        wording.counted(
            n[checks.NEIGHBOURS], "item has no neighbour of its class", "items have no neighbour of their class"
        ),
        wording.counted(n[checks.OUTLIERS], "item is unlike all others", "items are unlike all others"),
        wording.counted(n[checks.COPIES], "item is a copy", "items are copies"),
        wording.counted(n[checks.LOOK_ALIKES], "item looks like another", "items look like another"),
        wording.counted(
            n[checks.SHORTCUTS], "simple property gives the class away", "simple properties give the class away"
        ),
    ]
    listed = [clause for clause, check in zip(clauses, checks.CHECKS, strict=True) if n[check]]
    return f"{'; '.join(listed)}." if listed else "No check found anything among the items that the probes looked at."


def gallery(dataset: Dataset, table: pd.DataFrame, listed: list[str]) -> None:
    """The items on one check's list, the most serious first."""
    chosen = st.segmented_control(
        "Look at", listed, default=listed[0], format_func=lambda check: TITLE[check], key="issues-check"
    )
    own = checks.ranked(table, str(chosen or listed[0]))
    view = items.view_of(dataset.kind)
    shown = own.head(view.N_SHOWN)
    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    places: list[int] = []
    captions: list[str] = []
    for row in shown.to_dict("records"):
        if int(row["row"]) in places:  # shown as the other one of a pair
            continue
        places.append(int(row["row"]))
        captions.append(caption(row))
        other = row_of.get(row["other"])
        if other is not None and other not in places:
            places.append(other)
            label = dataset.label_words(other)
            captions.append(f"{wording.short(label)} · {wording.short(str(row['other']), 90)}")
    view.grid(dataset, places, captions, key="issues-items")
    if len(own) > len(shown):
        parts.note(f"The first {len(shown)} of {wording.count(len(own))}; the CSV file has them all.")


def caption(row: dict[Any, Any]) -> str:
    """The line under an item: its label, what is suggested instead and how sure, and its key or remark."""
    suggested = str(row["suggested"])
    instead = f" → {wording.short(suggested)} ({wording.percent(row['probability'], 0)})" if suggested else ""
    return f"{wording.short(str(row['label']))}{instead} · {wording.short(str(row['remark'] or row['key']), 90)}"


def _counts(summary: pd.DataFrame, column: str) -> dict[str, int]:
    return {str(check): int(n) for check, n in zip(summary["check"], summary[column].tolist(), strict=True)}


def issues(summary: pd.DataFrame) -> go.Figure:
    """How many items each check lists, the first check on top. summary: rows check, n_checked, n_listed."""
    rows = summary.iloc[::-1]
    figure = base(70 + 34 * len(rows), showlegend=False, bargap=0.35)
    counts = rows["n_listed"].tolist()
    figure.add_trace(
        go.Bar(
            x=counts, y=[TITLE.get(check, check) for check in rows["check"]], orientation="h",
            marker={"color": [OCHRE if n else GREY for n in counts]},
            text=[wording.count(n) for n in counts], textposition="outside", cliponaxis=False,
            customdata=[wording.count(n) for n in rows["n_checked"]],
            hovertemplate="%{y}: %{text} of %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Found", rangemode="tozero", range=[0, max([*counts, 1]) * 1.15])
    return figure
