"""Answering on the pages: questions over documents, search and reading, asking, and where answers fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from advisor.advice.promise import beside_refusing
from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport
from advisor.core.workspace import Workspace
from advisor.runs import answer_threshold
from advisor.runs.processes import read_small
from advisor.ui import alts, ask, charts, language, parts, work, workers
from advisor.ui.browse import sizes
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import answering as figures
from advisor.ui.charts import data
from advisor.ui.instruments import answering
from probes import failures

CALIBRATES = False
TRY_FIRST = True
N_EXAMPLES, N_MISTAKES = 12, 20
#: The rung that answers without a passage.
CLOSED_BOOK: RungName = "prompting"
LARGER = "It misreads most passages that were found; a larger language model reads better."
ABSENT = "not in the documents"
#: Passages among which the right one counts as found.
SEARCHED = 5

TOPICS: tuple[Topic, ...] = (answering.SEARCH, answering.READING)
ASK = Topic("ask", "Ask", "What would you ask the documents?")

answer = answering.answer
choose_backbone = language.choose


def extent(dataset: Dataset) -> str:
    """The number of documents."""
    return wording.counted(len(dataset.documents), "document")


def summary(dataset: Dataset, profile: Profile) -> str:
    """How many questions over how many documents, how many have no answer there, and the metrics."""
    n_unanswered = int((dataset.items["answers"] == "[]").sum())
    unanswered = f"; {wording.counted(n_unanswered, 'has', 'have')} no answer there" if n_unanswered else ""
    questions = kind_row(dataset.kind).counted(dataset.n_used)
    return (
        f"{wording.short(dataset.name, 60)}: {questions} over {extent(dataset)}{unanswered}; "
        f"{parts.n_serious(profile.findings)}. The metric is {profile.metric}, with exact match beside it."
    )


def before_advice(evidence: Evidence) -> str:
    """How often the right passage is found: that helps whoever asks, whatever a model makes of it."""
    sentence = answering.found(evidence)
    return f"{sentence} The rungs below are about the answer that a language model words from it." if sentence else ""


def reached(report: RunReport) -> str:
    """How often the right passage is found, and the token F1 of the answers."""
    answers = f"{wording.percent(report.test.value)} {report.metric}"
    if report.recall_at_5 is None or report.served == CLOSED_BOOK:
        return answers
    return f"right passage found for {wording.percent(report.recall_at_5.value)}, answers {answers}"


def answer_of(report: RunReport) -> str:
    """How often the right passage is found, what the model makes of it against the forecast, and what would help."""
    found, test, promised = report.recall_at_5, report.test, report.promised
    refusing = beside_refusing(test.value, report.refusing)
    if found is None or report.served == CLOSED_BOOK:
        said = f"{reached(report)} on {test.n:,} test questions. {refusing}".strip()
        return report.sentences[0] if report.sentences else said
    n, counts = wording.counted(found.n, "test question"), report.outcomes
    unread = counts.get("misread", 0) + counts.get("wrongly refused", 0) > counts.get("right", 0)
    where = ""
    if promised is not None:
        side = "below" if test.value < promised.low else "above" if test.value > promised.high else "inside"
        where = f", {side} the forecast ({wording.between(promised.low, promised.high)})"
    return (
        f"The right passage is among the first five for {wording.percent(found.value)} "
        f"({wording.between(found.low, found.high)}) of {n} that the documents answer.{reads(report)}{right(counts)} "
        f"{wording.capital(report.metric)} is {wording.percent(test.value)}{where}.{f' {refusing}' if refusing else ''}"
        f"{f' {LARGER}' if unread else ''}"
    )


def reads(report: RunReport) -> str:
    """How many of the passages found the model reads, a sentence; "" where the run did not write it down."""
    k = read_small(Workspace.here().run(report.run).resolved).get("k")
    if not isinstance(k, int):
        return ""
    if k >= SEARCHED:
        return ""
    return " Only the first of these is read." if k == 1 else f" Only the first {k} of these are read."


def right(counts: Mapping[str, int]) -> str:
    """How many answers were right, a sentence; "" where nobody counted.

    >>> right({"right": 1, "misread": 28})
    ' The language model answers 1 of 29 questions right.'
    """
    n = sum(counts.values())
    words = f"{wording.count(counts.get('right', 0))} of {wording.counted(n, 'question')}"
    return f" The language model answers {words} right." if n else ""


def value(report: RunReport) -> None:
    """What became of the questions; the two measures of the answers with what they mean, folded."""
    if report.outcomes:
        figure = figures.outcomes(report.outcomes)
        st.plotly_chart(figure, config=charts.CONFIG, key="outcomes", alt=failures.sentence(report.outcomes))
    parts.fold(f"{wording.capital(report.metric)} and exact match", "straighten", partial(measures, report))


def measures(report: RunReport) -> None:
    """Token F1 beside its forecast, exact match, and what they say."""
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt=alts.versus(report))
    parts.note(
        "Token F1: how many words an answer shares with the accepted one that is nearest, averaged over the questions. "
        "From 50 % on, an answer counts as right."
    )
    parts.note(
        "Exact match: the share of answers that equal an accepted one; case, articles and punctuation do not count."
    )


def profile(dataset: Dataset, profile: Profile) -> None:
    """How the questions are split, lengths, examples and the documents."""
    parts.section("Questions")
    st.plotly_chart(data.counts(profile), config=charts.CONFIG, key="counts", alt=alts.counts(profile))
    parts.note(f"{parts.split(dataset, 'Split made here')} The test part stays locked until a report.")
    lengths(dataset, profile)
    examples(dataset)
    documents(dataset)


def lengths(dataset: Dataset, profile: Profile) -> None:
    """A histogram of every size that was counted: questions, documents, passages, answers."""
    counted = {name: values for name, values in profile.sizes.items() if values and name in data.SIZE_NAME}
    if not counted:
        return
    parts.section("Lengths")
    with st.grid(2, min_column_width=260):
        for name, values in counted.items():
            with st.container():
                noun = {"document_tokens": "Documents", "chunk_tokens": "Passages"}.get(name, "Questions")
                sizes.lengths(dataset, values, name, data.SIZE_NAME[name], noun, height=220)


def examples(dataset: Dataset) -> None:
    """Some questions of the training part with their accepted answers and the document that holds them."""
    rows = dataset.where("train", "val")
    if not len(rows):
        return
    parts.section("Some questions")
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:N_EXAMPLES])
    titles = dict(zip(dataset.documents["document"], dataset.documents["title"], strict=True))
    items = dataset.items.iloc[chosen]
    accepted = [" / ".join(json.loads(answers)) or ABSENT for answers in items["answers"]]
    missing = ["none" if answer == ABSENT else "not named" for answer in accepted]
    places = [str(titles.get(name) or name or none) for name, none in zip(items["document"], missing, strict=True)]
    frame = pd.DataFrame({"Question": items["text"].tolist(), "Accepted answers": accepted, "Document": places})
    parts.written(frame, alt="Some questions with their accepted answers")
    parts.note(f"{len(frame)} of the {wording.count(len(rows))} training and validation questions.")


def documents(dataset: Dataset) -> None:
    """The documents: title, where each lies, and how long it is."""
    table = dataset.documents
    with st.expander(extent(dataset), icon=":material/description:"):
        n_questions = dataset.items["document"].value_counts()
        frame = pd.DataFrame(
            {
                "Title": table["title"],
                "Place": table["place"],
                "Words": [len(str(text).split()) for text in table["text"]],
                "Questions": table["document"].map(n_questions).fillna(0).astype(int),
            }
        )
        parts.table(frame, hide_index=True, alt="The documents with their titles, places and lengths")


def evidence(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Search, reading, questions to look at, one to try, and the model that answered."""
    tried = Card(ASK, "The language model answers from the retrieved passages; nothing is trained.",
                 lambda: try_at_once(dataset, evidence.backbone), apart=False)  # fmt: skip
    return [*answering.cards(dataset, evidence), tried, answering.details(evidence)]


def try_at_once(dataset: Dataset, model: str) -> None:
    """A question of the user's own to the language model and the documents."""
    ask.draw(
        f"at-once-{dataset.fingerprint[:8]}", dataset.fingerprint,
        lambda question: workers.answer("The answer", partial(work.ask, dataset, question, model)), own="train",
    )  # fmt: skip


def try_model(run: str, plan: Plan) -> None:
    """A question to the run's model, with the passages its answer rests on."""
    parts.section("Ask")
    workers.load_ahead(run, partial(work.load, run))
    ask.draw(
        run, plan.fingerprint, lambda question: workers.answer("The answer", partial(work.answer, run, question), run),
        is_ready=lambda: workers.is_ready(run), threshold=answer_threshold.kept(Workspace.here().run(run).folder),
    )  # fmt: skip


def errors(report: RunReport, plan: Plan) -> None:
    """The surest wrong answers with their passages."""
    if not report.mistakes:
        parts.note("No test question was answered wrongly.")
        return
    parts.section("Worst mistakes")
    shown = report.mistakes[:N_MISTAKES]
    parts.note("Wrong answers to test questions, the most confident first.")
    rows = [
        {
            "question": m.question,
            "said": m.predicted,
            "answers": [m.label] if m.label else [],
            "outcome": m.outcome,
            "passage": m.passage,
        }
        for m in shown
    ]
    answering.table(rows, "mistakes")
