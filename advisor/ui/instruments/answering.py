"""Knowledge, search or skill: which is missing on questions over documents? Figures, and questions to look at."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Evidence, ProbeResult
from advisor.ui import charts, parts
from advisor.ui.charts import answering
from advisor.ui.charts.answering import OUTCOME_NAME

#: The ways of answering in the order of the picture.
WAYS = {
    "closed book": "closed-book",
    "retrieved": "with retrieved passages",
    "gold passage": "with the answering passage",
    "reader": "a trained reader, retrieved passages",
}
SEARCHES = ("hybrid", "words", "dense")


def answer(evidence: Evidence) -> str:
    """What is missing: the first of the evidence's notes."""
    return evidence.notes[0] if evidence.notes else "The probes gave no number on these questions."


def draw(evidence: Evidence) -> None:
    """The sections, what is missing first."""
    rows = [(name, result.measured) for key, name in WAYS.items() if (result := evidence.result(key)) is not None]
    if rows:
        best = max(rows, key=lambda row: row[1].value)[0]
        figure = answering.knowledge(rows, evidence.metric, best)
        alt = "Token F1 closed-book, with retrieved passages and with the answering passage"
        st.plotly_chart(figure, config=charts.CONFIG, key="knowledge", alt=alt)
        parts.note(
            "From closed-book to the answering passage: what knowledge adds. From there back to retrieved passages: "
            "what search loses. The rest up to 100 %: what reading loses. Bars are 90 % intervals over documents."
        )
    retrieved, retrieval = evidence.result("retrieved"), evidence.result("retrieval")
    if retrieved is not None:
        which_failed(retrieved)
        examples(retrieved)
    if retrieval is not None:
        searching(retrieval)


def which_failed(retrieved: ProbeResult) -> None:
    """Retrieval or reading, counted over the questions."""
    counts: dict[str, int] = retrieved.settings.get("outcomes") or {}
    if not sum(counts.values()):
        return
    parts.section("Which failed, retrieval or reading?")
    figure = answering.outcomes(counts)
    st.plotly_chart(figure, config=charts.CONFIG, key="outcomes", alt="How many questions failed, and where")


def searching(retrieval: ProbeResult) -> None:
    """Recall at k of words, meaning and both."""
    recalls = {way: retrieval.settings[way] for way in SEARCHES if way in retrieval.settings}
    if not recalls:
        return
    number = retrieval.measured
    parts.section("Is the answer among the retrieved passages?")
    figure = answering.recall(recalls, number.n, number)
    st.plotly_chart(figure, config=charts.CONFIG, key="recall", alt="Recall at k by words, by meaning and by both")
    five = f"Hybrid search has the answer among its first five passages for {wording.measured(number)}."
    ranks = ", ".join(f"{answering.WAYS[way][0]} {one['mrr']:.2f}" for way, one in recalls.items() if "mrr" in one)
    chunks = retrieval.settings.get("n_chunks")
    over = f" over {wording.counted(int(chunks), 'passage')}" if chunks else ""
    parts.note(f"{five} Mean reciprocal rank{over}: {ranks}. Took {wording.duration(number.seconds)}.")


def examples(retrieved: ProbeResult) -> None:
    """Some questions with the retrieved passage, the answer and its outcome; a chosen row in full."""
    rows: list[dict[str, Any]] = retrieved.settings.get("examples") or []
    if not rows:
        return
    with st.expander(f"{wording.counted(len(rows), 'question')} with the model's answer", icon=":material/quiz:"):
        table(rows, "examples")


def table(rows: list[dict[str, Any]], key: str) -> None:
    """A row for each question: accepted and given answer, outcome, passage. A chosen row stands in full below."""
    frame = pd.DataFrame(
        {
            "Question": [row["question"] for row in rows],
            "Answer": [row["said"] or "none" for row in rows],
            "Accepted": [" / ".join(row["answers"]) or "not in the documents" for row in rows],
            "Outcome": [OUTCOME_NAME.get(row["outcome"], row["outcome"]) for row in rows],
            "Passage": [": ".join(filter(None, (row.get("title"), row.get("passage")))) for row in rows],
        }
    )
    narrow = {str(name): st.column_config.TextColumn(width="medium") for name in frame}
    event = st.dataframe(
        parts.cells(frame), hide_index=True, key=key, on_select="rerun", selection_mode="single-row",
        column_config=narrow, alt="Questions with the model's answer, the accepted ones, and the passage",
    )  # fmt: skip
    parts.note("Choose a row to read its passage in full.")
    for chosen in event.selection.rows[:1]:
        row = rows[chosen]
        with st.container(border=True, gap="xsmall"):
            st.text(row["question"])
            answer, accepted, outcome = (str(frame[name][chosen]) for name in ("Answer", "Accepted", "Outcome"))
            parts.note(f"Answer: {answer}. Accepted: {accepted}. {wording.capital(outcome)}.")
            parts.quote(row.get("title", ""), row.get("passage", ""), (row["said"], *row["answers"]))


def prompts(evidence: Evidence) -> None:
    """The prompts, as the language model got them."""
    with st.expander("What the language model was asked", icon=":material/chat:"):
        for name in ("closed book", "retrieved"):
            result = evidence.result(name)
            if result is not None and (prompt := result.settings.get("prompt")):
                parts.note(result.title)
                whole = "\n".join(part for part in (prompt["system"], prompt["user"], prompt["begin"]) if part)
                st.code(whole, language=None, wrap_lines=True)
