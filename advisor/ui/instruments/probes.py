"""What the probes measured: a picture, a row for each probe, recall per class, and the transferability scores."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.evidence.scores import RANKING
from advisor.ui import charts, parts


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The picture with its table, and recall per class."""
    figure = charts.evidence(evidence)
    st.plotly_chart(figure, config=charts.CONFIG, key="dots", alt="Value and interval of each probe")
    table(evidence, evidence.notes)
    per_class(dataset, evidence)


def answer(evidence: Evidence) -> str:
    """The best probe and by how much it beats the majority class."""
    if not evidence.results:
        return "The probes gave no number on this dataset; the notes below say why."
    best = max(evidence.results, key=lambda r: r.measured.value)
    floor = evidence.result("majority")
    against = f", against {wording.percent(floor.measured.value)} for guessing the largest class" if floor else ""
    interval = wording.between(best.measured.low, best.measured.high)
    return (
        f"The best probe is {best.title}: {wording.percent(best.measured.value)} {evidence.metric} "
        f"({interval}, n = {wording.count(best.measured.n)}){against}."
    )


def table(evidence: Evidence, notes: Sequence[str]) -> None:
    """One row for each probe, and the notes on them."""
    rows = [
        {
            "Probe": r.title,
            "Value": wording.percent(r.measured.value),
            "90 % interval": wording.between(r.measured.low, r.measured.high),
            "n": wording.count(r.measured.n),
            "Time": wording.duration(r.measured.seconds),
            "Known by": r.measured.provenance,
            "Backbone": r.backbone or str(r.settings.get("language_model", "none")),
            "Note": how(r),
        }
        for r in sorted(evidence.results, key=lambda r: -r.measured.value)
    ]
    frame = pd.DataFrame(rows)
    if not any(row["Note"] for row in rows):
        frame = frame.drop(columns="Note", errors="ignore")
    st.dataframe(frame, hide_index=True, alt="Every probe with its value, interval, n and time")
    parts.note(
        f"Measured on the {wording.count(evidence.n_train)} training items only; the "
        f"{wording.count(evidence.n_test)} test items were not read. Took {wording.duration(evidence.seconds)} in all."
    )
    for note in notes:
        parts.note(note)


def how(result: ProbeResult) -> str:
    """How the probe works, in a few words."""
    k, exact = result.settings.get("k"), result.settings.get("exact_match")
    if isinstance(exact, float):
        return f"exact match {wording.percent(exact)}"
    return result.measured.note or str(result.settings.get("method", "")) or (neighbours(k) if k else "")


def neighbours(k: int) -> str:
    """Who decides among k neighbours."""
    return "the nearest decides" if k == 1 else f"{k} neighbours vote"


def per_class(dataset: Dataset, evidence: Evidence) -> None:
    """Recall of each class under the probes that give it, the hardest class first."""
    columns = {r.title: r.per_class for r in evidence.results if r.per_class}
    if not columns:
        return
    with st.expander("Recall per class", icon=":material/table_rows:"):
        frame = pd.DataFrame({"Class": list(dataset.classes)})
        for title, shares in columns.items():
            frame[title] = [_hundredfold(shares.get(name)) for name in dataset.classes]
        linear = evidence.result("linear")
        hardest = linear.title if linear is not None and linear.title in frame else frame.columns[-1]
        frame = frame.sort_values(hardest, na_position="last")
        shown = {t: st.column_config.NumberColumn(format="%.1f %%") for t in columns}
        st.dataframe(parts.cells(frame), hide_index=True, column_config=shown, alt="Recall per class")


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share


def scores(dataset: Dataset, evidence: Evidence) -> None:
    """What do transferability scores say? Nothing where none was computed."""
    computed = evidence.scores
    if not computed:
        return
    parts.section("What do transferability scores say?")
    parts.answer_line(RANKING)
    frame = pd.DataFrame(
        {
            "Score": [score.title for score in computed],
            "Value": [f"{score.value:z.3f}" for score in computed],
            "What it says here": [score.meaning for score in computed],
            "Known weakness": [score.weakness for score in computed],
        }
    )
    # a table and no data frame: the cells are sentences, which only a table wraps
    st.table(frame, border="horizontal", hide_index=True, alt="Transferability scores, what each says and misses")
    seconds = sum(score.seconds for score in computed)
    parts.note(f"Higher is more promising in every row. {evidence.backbone}, {wording.duration(seconds)}.")
