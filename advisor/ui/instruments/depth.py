"""Which layers transfer?"""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence
from advisor.ui import charts, parts, terms
from advisor.ui.charts.layers import depth


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where the depths were not probed."""
    found = evidence.depths
    if found is None:
        return
    parts.section("Which layers transfer?")
    parts.answer_line(found.sentence)
    picture = depth(found, evidence.metric)
    st.plotly_chart(picture, config=charts.CONFIG, key="depth", alt="The metric at each depth of the backbone")
    n = found.depths[0].measured.n
    parts.note(
        f"A linear probe on the averaged output of each block, {terms.items(n, dataset.kind)}, the same folds at "
        f"every depth. The best cut is the shallowest depth within one standard error of the highest value; blocks "
        f"with few features start at a disadvantage. Took {wording.duration(found.seconds)}."
    )
