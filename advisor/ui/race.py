"""The coin toss: two rungs that can hardly be told apart, and the race that settles it on the user's own data."""

from __future__ import annotations

import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Dataset
from advisor.ui import jobs, parts, places, terms

BUDGETS = (60, 300, 900, 3600)


def draw(dataset: Dataset, advice: Advice) -> None:
    """The two rungs and the button; while they race, how far it is; then the verdict with a way to the run kept."""
    assert advice.race is not None
    key = jobs.key_of("race", dataset.fingerprint, advice.model_dump_json())
    parts.section("A coin toss")
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.wait(job)
    elif job is not None and job.result is not None:
        st.text(job.result.sentence)
        address = {**places.address(), "run": job.result.run}
        st.page_link(
            places.page("run"), label="Open the run that is kept", icon=":material/play_circle:", query_params=address
        )
    else:
        offer(dataset, advice, advice.race, key)


def offer(dataset: Dataset, advice: Advice, pair: tuple[RungName, RungName], key: str) -> None:
    """What the race is, and the button that starts it."""
    one, other = map(terms.title, pair)
    st.text(
        f"{one} and {other} are too close to call. A race trains both on this data and keeps the better one on "
        f"validation items; the test part stays locked until then."
    )
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Race the two", key="race", icon=":material/sports_score:")
        budget = st.selectbox("Each, at most", BUDGETS, index=1, key="race-budget", format_func=wording.duration)
    if pressed:
        jobs.start(
            key,
            "The race",
            lambda tell: api.race(dataset, budget=float(budget), rungs=pair, advice=advice, progress=tell),
        )
        st.rerun()
