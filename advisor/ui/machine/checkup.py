"""The section of the check-up: what `advisor doctor` finds, each verdict with what to do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from advisor.core.wording import counted
from advisor.doctor import Check
from advisor.ui import jobs, parts, waiting
from advisor.ui.machine import chores

#: Of each verdict that wants attention: the badge, the most serious first.
ORDER = ("problem", "warning", "note")


def draw() -> None:
    """The button, the check under way, or what it found."""
    parts.section("Check-up")
    key = jobs.key_of("doctor")
    if (pending := jobs.pending(key)) is not None:
        waiting.wait(pending)
        return
    job = jobs.find(key)
    if job is not None:
        verdicts(job.result)
    label = "Check this machine" if job is None else "Check again"
    if st.button(label, key="checkup", icon=":material/stethoscope:"):
        jobs.start(key, "The check-up", chores.examine)
        st.rerun()
    if job is None:
        parts.note("Device, workspace, kept files, packages and weights; about ten seconds.")


def verdicts(checks: Sequence[Check]) -> None:
    """What wants attention, the most serious first; what is well is folded."""
    wanting = sorted((c for c in checks if c.verdict in ORDER), key=lambda check: ORDER.index(check.verdict))
    well = [check for check in checks if check.verdict == "ok"]
    n_serious = sum(check.verdict in ORDER[:2] for check in checks)
    st.text(f"{counted(n_serious, 'thing')} to look at." if n_serious else "Everything works.")
    for check in wanting:
        with parts.marked_row(check.verdict):  # type: ignore[arg-type]
            st.text(f"{check.name}: {check.sentence}")
    with st.expander(f"{counted(len(well), 'check')} passed", icon=":material/check_circle:"):
        for check in well:
            st.text(f"{check.name}: {check.sentence}")
