"""Where answers to questions err: retrieval or reading, and the worst mistakes with their passages."""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.records import RunReport
from advisor.ui import charts, parts
from advisor.ui.charts import answering as answering_charts
from advisor.ui.instruments import answering
from probes import failures

SHOWN = 20


def draw(report: RunReport) -> None:
    """The section of the result page."""
    if report.outcomes:
        parts.section("Which failed, retrieval or reading?")
        parts.answer_line(failures.sentence(report.outcomes))
        picture = answering_charts.outcomes(report.outcomes)
        st.plotly_chart(picture, config=charts.CONFIG, key="outcomes", alt="How many questions failed, and where")
    if report.recall_at_5 is not None:
        parts.note(f"The answer is among the first five passages for {wording.measured(report.recall_at_5)}.")
    if not report.mistakes:
        parts.note("No test question was answered wrongly.")
        return
    parts.section("Worst mistakes")
    shown = report.mistakes[:SHOWN]
    parts.note(f"The {len(shown)} surest wrong answers on the test questions.")
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
