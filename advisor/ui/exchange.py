"""What the pre-trained model is worth in labels: the predicted rate, and the button that measures it."""

from __future__ import annotations

import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.records import Advice, Dataset
from advisor.ui import jobs, parts

BUDGETS = (120, 300, 900, 3600)


def draw(dataset: Dataset, advice: Advice) -> None:
    """The rate in one sentence; while it is measured, how far that is."""
    rate = advice.exchange
    if rate is None:
        return
    parts.section("What the pre-trained model is worth in labels")
    st.text(rate.sentence)
    parts.note(f"{wording.capital(rate.provenance)}, not beyond {rate.furthest:g} times.")
    key = jobs.key_of("exchange", dataset.fingerprint)
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.wait(job)
    elif rate.provenance != "measured":
        offer(dataset, key)


def offer(dataset: Dataset, key: str) -> None:
    """The button that trains from scratch with all labels, and fine-tunes with fewer and fewer."""
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Measure it", key="exchange", icon=":material/balance:")
        budget = st.selectbox("In all, at most", BUDGETS, index=1, key="exchange-budget", format_func=wording.duration)
    if pressed:
        jobs.start(key, "The exchange rate", lambda tell: api.exchange(dataset, budget=float(budget), progress=tell))
        st.rerun()


__all__ = ["draw"]
