"""What do transferability scores say?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence
from advisor.evidence.scores import RANKING
from advisor.ui import parts


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
    # a table and no data frame: the cells are sentences, which only a table wraps
    st.table(frame, border="horizontal", hide_index=True, alt="Transferability scores, what each says and misses")
    seconds = sum(score.seconds for score in found)
    parts.note(f"Higher promises more in every row. {evidence.backbone}, {wording.duration(seconds)}.")
