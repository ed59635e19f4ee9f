"""Where the time of a measurement went, in a closed fold."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from advisor.core.records import Evidence
from advisor.core.stages import rows_of, total
from advisor.ui import parts

TITLE = "Where the time went"
COLUMNS = ("Stage", "Seconds", "Processor seconds", "Beside other stages")


def draw(evidence: Evidence) -> None:
    """The fold; none for evidence that was measured before times were kept."""
    if evidence.timings:
        parts.fold(TITLE, "timer", partial(table, evidence))


def table(evidence: Evidence) -> None:
    """One row a stage. The first column of seconds adds up to the time by the clock."""
    st.dataframe(frame(evidence), hide_index=True, height="content", alt="Seconds of each stage of the measurement")
    parts.note(
        "Seconds by the clock add up to the whole. Processor seconds are those of all threads. What ran beside other "
        "stages took no time of its own."
    )


def frame(evidence: Evidence) -> pd.DataFrame:
    """The table, with the sum at the end."""
    rows = rows_of(evidence.timings)
    cells = [
        (row.title, round(row.seconds, 2), round(row.processor_seconds, 2), round(row.beside_seconds, 2))
        for row in [*rows, total(rows)]
    ]
    return pd.DataFrame(cells, columns=list(COLUMNS))
