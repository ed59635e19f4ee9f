"""What do transferability scores say?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor.evidence.scores import RANKING
from advisor.records import Dataset, Evidence
from advisor.ui import parts, words


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no score was computed."""
    found = evidence.scores
    if not found:
        return
    parts.section("What do transferability scores say?")
    parts.answer_line(RANKING)
    frame = pd.DataFrame(
        {
            "Score": [score.title for score in found],
            "Value": [f"{score.value:.3f}" for score in found],
            "What it says here": [score.meaning for score in found],
            "Known weakness": [score.weakness for score in found],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        row_height=70,
        height="content",
        column_config={
            "Score": st.column_config.TextColumn(width="medium"),
            "Value": st.column_config.TextColumn(width="small"),
        },
        alt="Transferability scores: value, meaning and known weakness",
    )
    seconds = sum(score.seconds for score in found)
    parts.note(f"Higher promises more in every row. {evidence.backbone}, {words.duration(seconds)}.")
