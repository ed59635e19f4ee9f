"""What did the probes measure? Each value with its interval, its n, its time and the device."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor.core.records import Evidence
from advisor.ui import jobs, parts, places, tasks, waiting, work

QUESTION = "What did the probes measure?"


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("probe", dataset.fingerprint)
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.heading(QUESTION, f"Measuring {tasks.describe(dataset)}.")
        waiting.wait(job)
        return
    evidence = Evidence.saved(dataset.files.evidence)
    view = tasks.view_of(dataset.kind)
    if evidence is None:
        parts.heading(QUESTION, f"Nothing measured yet on {tasks.describe(dataset)}. It takes about a minute.")
        backbone = view.choose_backbone("probe")
        if st.button("Measure now", key="measure", type="primary", icon=":material/science:"):
            jobs.start(key, "Measuring", partial(work.probe, dataset, backbone))
            st.rerun()
        return
    parts.heading(QUESTION, view.answer(evidence))
    view.evidence(dataset, evidence)
    if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
        places.go("advice", ask="1")


if __name__ == "__main__":
    draw()
