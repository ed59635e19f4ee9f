"""Questions over documents: knowledge, search or skill, which is missing? Three pictures, and questions to look at."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.evidence.answering import wording as measured_words
from advisor.ui import ask, charts, parts
from advisor.ui.charts import answering
from advisor.ui.charts.answering import OUTCOME_NAME
from probes import failures

#: The ways of answering in the order of the picture.
WAYS = {
    "closed book": "by heart",
    "retrieved": "with passages found",
    "gold passage": "with the passage that answers",
    "reader": "a trained reader, passages found",
}
SEARCHES = ("hybrid", "words", "dense")


def answer(evidence: Evidence) -> str:
    """What is missing, in the words of every face."""
    return evidence.notes[0] if evidence.notes else "The probes gave no number on these questions."


def remarks(evidence: Evidence) -> tuple[str, ...]:
    """The notes that no section of this page says in its own place."""
    said = {answer(evidence)}
    for name, sentence in (("retrieved", _failed), ("retrieval", measured_words.searching)):
        if (found := evidence.result(name)) is not None:
            said.add(sentence(found))
    return tuple(note for note in evidence.notes if note not in said)


def _failed(retrieved: ProbeResult) -> str:
    return failures.sentence(retrieved.settings.get("outcomes") or {})


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The sections, what is missing first."""
    rows = [(name, found.measured) for key, name in WAYS.items() if (found := evidence.result(key)) is not None]
    if rows:
        best = max(rows, key=lambda row: row[1].value)[0]
        figure = answering.knowledge(rows, evidence.metric, best)
        alt = "Token F1 by heart, with the passages found and with the passage that answers"
        st.plotly_chart(figure, config=charts.CONFIG, key="knowledge", alt=alt)
        parts.note(
            "The step from by heart to the passage that answers is knowledge, the step back to the passages found is "
            "what the search loses, and the rest up to 100 % is skill in reading. Bars: 90 % intervals over documents."
        )
    retrieved, retrieval = evidence.result("retrieved"), evidence.result("retrieval")
    if retrieved is not None:
        which_failed(retrieved)
        examples(retrieved)
    if retrieval is not None:
        searching(retrieval)


def at_once(dataset: Dataset, evidence: Evidence) -> None:
    """Ask the documents without training anything; questions on offer are of the training part, never the test's."""
    parts.section("Ask the documents")
    parts.note("The language model reads the passage found; nothing is trained.")
    model = evidence.backbone
    ask.draw(
        f"at-once-{dataset.fingerprint[:8]}", dataset.fingerprint,
        lambda question: api.ask(dataset, [question], model=model)[0], own="train",
    )  # fmt: skip


def which_failed(retrieved: ProbeResult) -> None:
    """Retrieval or reading, counted over the questions."""
    counts: dict[str, int] = retrieved.settings.get("outcomes") or {}
    if not sum(counts.values()):
        return
    parts.section("Which failed, retrieval or reading?")
    parts.answer_line(failures.sentence(counts))
    picture = answering.outcomes(counts)
    st.plotly_chart(picture, config=charts.CONFIG, key="outcomes", alt="How many questions failed, and where")


def searching(retrieval: ProbeResult) -> None:
    """Recall at k of words, meaning and both."""
    found = {way: retrieval.settings[way] for way in SEARCHES if way in retrieval.settings}
    if not found:
        return
    number = retrieval.measured
    parts.section("Is the answer among the passages found?")
    parts.answer_line(measured_words.searching(retrieval))
    picture = answering.recall(found, number.n, number)
    st.plotly_chart(picture, config=charts.CONFIG, key="recall", alt="Recall at k by words, by meaning and by both")
    five = f"Both together, among the first five: {wording.measured(number)}."
    ranks = ", ".join(f"{answering.WAYS[way][0]} {one['mrr']:.2f}" for way, one in found.items() if "mrr" in one)
    chunks = retrieval.settings.get("n_chunks")
    over = f" over {wording.counted(int(chunks), 'passage')}" if chunks else ""
    parts.note(f"{five} Mean reciprocal rank{over}: {ranks}. Took {wording.duration(number.seconds)}.")


def examples(retrieved: ProbeResult) -> None:
    """Some questions with the passage found, the answer given, and what became of it; a chosen row in full."""
    rows: list[dict[str, Any]] = retrieved.settings.get("examples") or []
    if not rows:
        return
    with st.expander(f"{wording.counted(len(rows), 'question')} with the answer given", icon=":material/quiz:"):
        table(rows, "examples")


def table(rows: list[dict[str, Any]], key: str) -> None:
    """Questions as rows: question, answers accepted and given, outcome, passage; a row that is chosen in full below."""
    frame = pd.DataFrame(
        {
            "Question": [row["question"] for row in rows],
            "Answer given": [row["said"] or "none" for row in rows],
            "Accepted": [" / ".join(row["answers"]) or "not in the documents" for row in rows],
            "What became of it": [OUTCOME_NAME.get(row["outcome"], row["outcome"]) for row in rows],
            "Passage found": [": ".join(filter(None, (row.get("title"), row.get("passage")))) for row in rows],
        }
    )
    narrow = {str(name): st.column_config.TextColumn(width="medium") for name in frame}
    event = st.dataframe(
        frame, hide_index=True, key=key, on_select="rerun", selection_mode="single-row", column_config=narrow,
        alt="Questions with the answers given, accepted, and the passage found",
    )  # fmt: skip
    parts.note("Choose a row to read its passage in full.")
    for chosen in event.selection.rows[:1]:
        row = rows[chosen]
        with st.container(border=True, gap="xsmall"):
            st.text(row["question"])
            said, accepted, became = (
                str(frame[name][chosen]) for name in ("Answer given", "Accepted", "What became of it")
            )
            parts.note(f"Given: {said}. Accepted: {accepted}. {wording.capital(became)}.")
            parts.quote(row.get("title", ""), row.get("passage", ""), (row["said"], *row["answers"]))
