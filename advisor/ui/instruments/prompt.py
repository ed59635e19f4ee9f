"""What was the language model asked? The prompt as it was, to be changed and measured again."""

from __future__ import annotations

import streamlit as st

from advisor.records import Dataset, Evidence, ProbeResult
from advisor.ui import charts, charts_questions, parts, words

#: The results of asking a language model for a class, the plainest first; "prompt-own" is the user's own wording.
PROMPTS = ("prompt-zero", "prompt-few", "prompt-nearest", "prompt-own")


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no language model was asked."""
    asked = [found for name in PROMPTS if (found := evidence.result(name)) is not None]
    if not asked:
        return
    parts.section("What was the language model asked?")
    parts.answer_line(answer(asked, evidence.metric))
    calibration(asked, evidence.metric)


def answer(asked: list[ProbeResult], metric: str) -> str:
    """The best prompt and what calibration does to it."""
    best = max(asked, key=lambda found: found.measured.value)
    raw = best.settings.get("raw")
    beside = f"; without calibration the same prompt reaches {words.percent(raw)}" if isinstance(raw, float) else ""
    return f"{best.title}: {words.measured(best.measured)} {metric}{beside}."


def calibration(asked: list[ProbeResult], metric: str) -> None:
    """Each prompt with its interval."""
    figure = charts_questions.knowledge([(found.title, found.measured) for found in asked], metric)
    st.plotly_chart(figure, config=charts.CONFIG, key="prompts", alt="Each prompt with its interval")
