"""What is wrong with the labels? Sentences, counts, a gallery of each list, and all of it as a file."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence
from advisor.evidence import issues as rows
from advisor.evidence.issue_wording import mostly_hard
from advisor.ui import charts, parts
from advisor.ui.charts.issues import TITLE, issues

SHOWN = {"image": 24, "text": 8}


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where the items were not checked."""
    table = rows.load_issues(dataset, evidence)
    if table.empty:
        return
    parts.section("What is wrong with the labels?")
    summary = rows.summary(dataset, table)
    parts.answer_line(answer(summary, mostly_hard(evidence.findings)))
    parts.findings(evidence.findings, with_keys=False)
    alt = "How many items each check lists"
    st.plotly_chart(issues(summary), config=charts.CONFIG, key="issues", alt=alt)
    n_listed = _counts(summary, "n_listed")
    listed = [c for c in rows.CHECKS if c != rows.SHORTCUTS and n_listed[c]]
    if listed:
        gallery(dataset, table, listed)
    if any(n_listed.values()):
        st.download_button(
            "Download as CSV", lambda: rows.export_csv(table), file_name=f"issues-{dataset.fingerprint[:8]}.csv",
            mime="text/csv", key="issues-csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    n = _counts(summary, "n_checked")[rows.LABELS]
    parts.note(
        f"Judged out of fold on the {wording.counted(n, 'training item')} that the probes looked at; the locked test "
        f"part was not. These are places to look, and none is changed for you."
    )


def answer(summary: pd.DataFrame, hard: bool = False) -> str:
    """What was found, in one sentence; `hard` where most suspect labels are likely right."""
    n = _counts(summary, "n_listed")
    suspect = ("item is", "items are") if hard else ("label looks", "labels look")
    verdict = "hard to tell or labelled wrong, more often the former" if hard else "wrong"
    told = [
        wording.counted(n[rows.LABELS], *(f"{start} {verdict}" for start in suspect)),
        wording.counted(
            n[rows.NEIGHBOURS], "item has no neighbour of its class", "items have no neighbour of their class"
        ),
        wording.counted(n[rows.OUTLIERS], "item is unlike all others", "items are unlike all others"),
        wording.counted(n[rows.COPIES], "item is a copy", "items are copies"),
        wording.counted(n[rows.LOOK_ALIKES], "item looks like another", "items look like another"),
        wording.counted(
            n[rows.SHORTCUTS], "simple property tells classes apart", "simple properties tell classes apart"
        ),
    ]
    said = [one for one, check in zip(told, rows.CHECKS, strict=True) if n[check]]
    return f"{'; '.join(said)}." if said else "No check found anything on the items that the probes looked at."


def gallery(dataset: Dataset, table: pd.DataFrame, listed: list[str]) -> None:
    """The items on one check's list, the gravest first."""
    chosen = st.segmented_control(
        "Look at", listed, default=listed[0], format_func=lambda check: TITLE[check], key="issues-check"
    )
    own = rows.ranked(table, str(chosen or listed[0]))
    shown = own.head(SHOWN[dataset.kind])
    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    items: list[int] = []
    labels: list[str] = []
    for row in shown.to_dict("records"):
        if int(row["row"]) in items:  # shown as the other one of a pair
            continue
        items.append(int(row["row"]))
        labels.append(told(row))
        other = row_of.get(row["other"])
        if other is not None and other not in items:
            items.append(other)
            label = dataset.classes[dataset.labels[other]]
            labels.append(f"{wording.short(label)} · {wording.short(str(row['other']), 90)}")
    parts.items_grid(dataset, items, labels, key="issues-items")
    if len(own) > len(shown):
        parts.note(f"The first {len(shown)} of {wording.count(len(own))}; the file has all of them.")


def told(row: dict[Any, Any]) -> str:
    """The line under an item: its label, what is suggested instead and how sure, and its key or remark."""
    suggested = str(row["suggested"])
    instead = f" → {wording.short(suggested)} ({wording.percent(row['probability'], 0)})" if suggested else ""
    return f"{wording.short(str(row['label']))}{instead} · {wording.short(str(row['remark'] or row['key']), 90)}"


def _counts(summary: pd.DataFrame, column: str) -> dict[str, int]:
    return {str(check): int(n) for check, n in zip(summary["check"], summary[column].tolist(), strict=True)}
