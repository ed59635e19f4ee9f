"""Questions over documents: is the right passage found, and is it read right? Figures, and questions to look at."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.ui import charts, parts, passages
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import answering
from advisor.ui.charts.answering import OUTCOME_NAME
from advisor.ui.instruments import probes
from probes import failures

#: The ways of answering in the order of the picture.
WAYS = {
    "closed book": "closed-book",
    "retrieved": "with retrieved passages",
    "gold passage": "with the answering passage",
    "reader": "a trained reader, retrieved passages",
}
SEARCHES = ("hybrid", "words", "dense")
#: Of a table of questions: the height of a row, in which a cell breaks its line twice, and the width of its columns,
#: that all are seen; characters of a passage, which stands in full below.
ROW_PX, COLUMN_PX, BEGINNING = 68, 180, 60

SEARCH = Topic("search", "Search", "Is the right passage found?")
READING = Topic("reading", "Reading", "Does the model read it right?")
ANSWERS = Topic("answers", "Answers", "What does it answer?")
MEASURED = Topic("details", "Details", "What was it measured with?")


def answer(evidence: Evidence) -> str:
    """How often the right passage is found, then what the model makes of it."""
    return " ".join(filter(None, (found(evidence), read(evidence)))) or "The probes gave no number on these questions."


def found(evidence: Evidence) -> str:
    """How often the right passage is found, a sentence."""
    retrieval = evidence.result("retrieval")
    if retrieval is None:
        return ""
    number = retrieval.measured
    share = f"{wording.percent(number.value)} of {wording.counted(number.n, 'question')}"
    doubt = " With so few, that may change a lot." if probes.unsure(number) else ""
    return f"The right passage is among the first five for {share}.{doubt}"


def read(evidence: Evidence) -> str:
    """What the model makes of the passages, a sentence; that it is too early to tell where little was asked."""
    retrieved = evidence.result("retrieved")
    if retrieved is None:
        return ""
    number, model = retrieved.measured, retrieved.backbone or "the model"
    if probes.unsure(number):
        return (
            f"How well {model} reads it is too early to tell: there was time for "
            f"{wording.counted(number.n, 'question')}. A longer budget asks more, and a larger model reads better."
        )
    return f"From the passages, {model} reaches {wording.percent(number.value)} {evidence.metric}."


def cards(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Search first, then reading, then questions to look at."""
    retrieval, retrieved = evidence.result("retrieval"), evidence.result("retrieved")
    every = []
    if retrieval is not None and any(way in retrieval.settings for way in SEARCHES):
        every.append(Card(SEARCH, found(evidence), partial(searching, retrieval), partial(how_searched, evidence)))
    if retrieved is not None:
        drawn = partial(reading, evidence, refusing(dataset))
        every.append(Card(READING, outcome(retrieved) or read(evidence), drawn, partial(how_read, evidence)))
        if rows := retrieved.settings.get("examples"):
            every.append(Card(ANSWERS, "", partial(table, rows, "examples"), partial(prompts, evidence)))
    return every


def details(evidence: Evidence) -> Card:
    """The model, and every probe in a table."""
    sentence = f"{evidence.backbone}; measuring took {wording.duration(evidence.took)}."
    return Card(MEASURED, sentence, partial(model, evidence), partial(probes.table, evidence, evidence.notes))


def model(evidence: Evidence) -> None:
    """The language model that answered."""
    parts.note(evidence.device_reason)
    parts.note(f"Weights or address: {evidence.backbone_hash}")


def refusing(dataset: Dataset) -> float:
    """What refusing every question would score: the share that the documents do not answer."""
    rows = dataset.where("train", "val")
    return float((dataset.items["answers"].iloc[rows] == "[]").mean()) if len(rows) else 0.0


def outcome(retrieved: ProbeResult) -> str:
    """How many questions were right, and where the others failed; "" where that was not counted."""
    counts: dict[str, int] = retrieved.settings.get("outcomes") or {}
    doubt = " These are too few to tell." if probes.unsure(retrieved.measured) else ""
    return failures.sentence(counts) + doubt if sum(counts.values()) else ""


def reading(evidence: Evidence, baseline: float) -> None:
    """Each way of answering beside refusing every question, and which failed."""
    rows = [(name, result.measured) for key, name in WAYS.items() if (result := evidence.result(key)) is not None]
    best = max(rows, key=lambda row: row[1].value)[0]
    figure = answering.knowledge(rows, evidence.metric, best, baseline)
    alt = "; ".join(f"{name}: {wording.percent(number.value)}" for name, number in rows)
    st.plotly_chart(figure, config=charts.CONFIG, key="knowledge", alt=f"{wording.capital(evidence.metric)}. {alt}")
    retrieved = evidence.result("retrieved")
    counts: dict[str, int] = (retrieved.settings.get("outcomes") if retrieved else None) or {}
    if sum(counts.values()):
        figure = answering.outcomes(counts)
        st.plotly_chart(figure, config=charts.CONFIG, key="outcomes", alt=failures.sentence(counts))


def how_read(evidence: Evidence) -> None:
    """How to read the picture."""
    parts.note(
        "From closed-book to the answering passage: what knowledge adds. From there back to retrieved passages: "
        "what search loses. The rest up to 100 %: what reading loses. Bars are 90 % intervals over documents. A model "
        "below the dashed line scores less than one that refuses every question."
    )
    for sentence in evidence.notes:
        parts.note(sentence)


def searching(retrieval: ProbeResult) -> None:
    """Recall at k of words, meaning and both."""
    recalls = {way: retrieval.settings[way] for way in SEARCHES if way in retrieval.settings}
    number = retrieval.measured
    figure = answering.recall(recalls, number.n, number)
    alt = f"Recall at k by words, by meaning and by both; hybrid at 5: {wording.percent(number.value)}"
    st.plotly_chart(figure, config=charts.CONFIG, key="recall", alt=alt)


def how_searched(evidence: Evidence) -> None:
    """The interval, the ranks and the passages."""
    retrieval = evidence.result("retrieval")
    if retrieval is None:
        return
    number, settings = retrieval.measured, retrieval.settings
    recalls = {way: settings[way] for way in SEARCHES if way in settings}
    five = f"Hybrid search has the answer among its first five passages for {wording.measured(number)}."
    ranks = ", ".join(f"{answering.WAYS[way][0]} {one['mrr']:.2f}" for way, one in recalls.items() if "mrr" in one)
    chunks = settings.get("n_chunks")
    over = f" over {wording.counted(int(chunks), 'passage')}" if chunks else ""
    parts.note(f"{five} Mean reciprocal rank{over}: {ranks}. Took {wording.duration(number.seconds)}.")


def table(rows: list[dict[str, Any]], key: str) -> None:
    """A row for each question: accepted and given answer, outcome, passage. A chosen row stands in full below."""
    frame = pd.DataFrame(
        {
            "Question": [row["question"] for row in rows],
            "Answer": [row["said"] or "none" for row in rows],
            "Accepted": [" / ".join(row["answers"]) or "not in the documents" for row in rows],
            "Outcome": [OUTCOME_NAME.get(row["outcome"], row["outcome"]) for row in rows],
            "Passage": [wording.short(passages.opening(row.get("passage", "")), BEGINNING) for row in rows],
        }
    )
    narrow = {str(name): st.column_config.TextColumn(width=COLUMN_PX) for name in frame}
    event = parts.table(frame, hide_index=True, key=key, on_select="rerun", selection_mode="single-row",
        row_height=ROW_PX, column_config=narrow,
        alt="Questions with the model's answer, the accepted ones, and the passage",
    )  # fmt: skip
    parts.note("Choose a row to read its passage in full.")
    for chosen in event.selection.rows[:1]:
        row = rows[chosen]
        with st.container(border=True, gap="xsmall"):
            st.text(row["question"])
            answer, accepted, outcome = (str(frame[name][chosen]) for name in ("Answer", "Accepted", "Outcome"))
            parts.note(f"Answer: {answer}. Accepted: {accepted}. {wording.capital(outcome)}.")
            if title := row.get("title", ""):
                parts.note(title)
            text, answers = row.get("passage", ""), (*row["answers"], row["said"])
            words = next((one for one in answers if one and one.lower() in passages.opening(text).lower()), "")
            passages.quote(text, likely=passages.holding(text, words), words=words, title=title)


def prompts(evidence: Evidence) -> None:
    """The prompts, as the language model got them."""
    parts.note("What the language model was asked:")
    for name in ("closed book", "retrieved"):
        result = evidence.result(name)
        if result is not None and (prompt := result.settings.get("prompt")):
            parts.note(result.title)
            whole = "\n".join(part for part in (prompt["system"], prompt["user"], prompt["begin"]) if part)
            st.code(whole, language=None, wrap_lines=True)
