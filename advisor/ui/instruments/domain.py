"""How far from home?"""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Domain, Evidence
from advisor.ui import charts, parts
from advisor.ui.charts.domain import domain


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no distance could be measured."""
    found = evidence.domain
    if found is None:
        return
    parts.section("How far from home?")
    parts.answer_line(found.sentence)
    picture = domain(found)
    st.plotly_chart(picture, config=charts.CONFIG, key="domain", alt="Place of the dataset among the reference sets")
    parts.note(f"{worth(found)} {wording.counted(found.n, dataset.kind)}, {wording.duration(found.seconds)}.".strip())


def worth(found: Domain) -> str:
    """What the place says about the gain from fine-tuning, as measured on the reference sets."""
    trust = found.trust
    if trust is None:
        return ""
    sure = trust.low > 0 or trust.high < 0
    tells = "Further sets gained more" if trust.value > 0 else "Further sets gained less"
    verdict = f"{tells} from fine-tuning" if sure else "It does not tell how much fine-tuning will bring"
    return (
        f"{verdict}: over {trust.n} reference sets the rank correlation of this scale with the gain is "
        f"{trust.value:.2f} (90 % interval {trust.low:.2f} to {trust.high:.2f}). {trust.note}".rstrip()
    )
