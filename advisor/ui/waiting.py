"""A page that waits for a job: the bar, the stages behind and the present one, the time left, and Cancel."""

from __future__ import annotations

from html import escape

import streamlit as st

from advisor.core import wording
from advisor.core.shown import visible
from advisor.ui import jobs, parts, places, polling, terms

#: A share below this says too little of the time left.
TRUSTED_SHARE = 0.1
LONGER = "longer than expected, "


def wait(job: jobs.Job, cancelled: str | None = None) -> None:
    """Show a job's progress until it ends; then the page is drawn again. A failed job offers another try.

    cancelled: the page that opens when the job is cancelled; None: the same one, drawn again.
    """
    if job.error is not None:
        parts.problem(job.error)
        if st.button("Try again", key=f"again-{job.key}", icon=":material/refresh:"):
            jobs.again(job)
            st.rerun()
        return
    polling.every(1.0, lambda: _watch(job.key, cancelled))


def _watch(key: str, cancelled: str | None) -> None:
    job = jobs.find(key)
    if job is None or job.finished:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.share)
        pressed = st.button("Cancel", key=f"cancel-{key}", icon=":material/close:", width="content")
    st.html(stages(job))
    if pressed:
        jobs.cancel(job)
        if cancelled is not None:
            places.go(cancelled)
        st.rerun()


def stages(job: jobs.Job) -> str:
    """The stages as lines of HTML: those behind with a tick, the present one with the time so far and the time left."""
    left = ""
    if job.share > TRUSTED_SHARE:
        seconds = job.countdown.to(job.seconds * (1 / job.share - 1))
        left = f", {LONGER if job.countdown.longer else ''}{terms.left(seconds)}"
    now = f"{job.sentence}: {wording.duration(job.seconds)} so far{left}."
    behind = "".join(f'<li style="opacity:0.7">✓ {escape(visible(stage))}</li>' for stage in job.stages[:-1])
    return (
        '<ul style="list-style:none;margin:0;padding:0;font-size:0.95rem;line-height:1.7" aria-live="polite">'
        f"{behind}<li>{escape(visible(now))}</li></ul>"
    )
