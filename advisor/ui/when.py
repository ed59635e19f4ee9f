"""When should it answer: drag the share that is to be right, see what is covered, keep the threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError, RunError
from advisor.core.records import RunStatus, Threshold
from advisor.rungs.saved import held_out as files
from advisor.rungs.saved.held_out import HeldOut
from advisor.runs import threshold
from advisor.ui import charts, jobs, parts, waiting, work
from advisor.ui.charts import confidence
from probes.selective import Threshold as Selective
from probes.selective import curve, thresholds

#: Of the slider, in percent; it ends at what can be promised at most.
LOWEST, HIGHEST, STEP, USUAL = 50.0, 99.5, 0.5, 95.0
#: The share of the items that it answers at its beginning, at least.
MOST_ITEMS = 0.75


@st.fragment
def draw(status: RunStatus) -> None:
    """What stands in its fold of the result page."""
    try:
        said, kept = files.kept(status.files.folder), threshold.kept(status.files.folder)
    except PeopleError as error:
        parts.problem(str(error))
        return
    if said is None:
        measure(status)
    elif not len(said.rows):
        parts.note("No labelled item is held out, so no threshold can be chosen.")
    else:
        choose(status, said, kept)


def measure(status: RunStatus) -> None:
    """Ask what the model says of held-out items, for runs of former versions."""
    key = jobs.key_of("held-out", status.run)
    if (job := jobs.pending(key)) is not None:
        waiting.wait(job)
        return
    parts.note(
        "A threshold is chosen on items that the model has not learned from. This run has kept none of them yet."
    )
    if st.button("Ask it about held-out items", key=f"held-out-{status.run}", icon=":material/fact_check:"):
        jobs.start(key, "Predicting held-out items", partial(work.held_out, status.run))
        st.rerun(scope="fragment")


def choose(status: RunStatus, said: HeldOut, kept: Threshold | None) -> None:
    """The slider, what the threshold promises, the curve, and the button that keeps it."""
    folder, promises = status.files.folder, thresholds(said.confidence, said.right)
    most = highest([one.promised for one in promises])
    wanted, chosen = (beginning(promises) if kept is None else kept.right), None
    if most > LOWEST:
        wanted = _slider(status, 100 * wanted, most) / 100
    try:
        chosen = threshold.choose(folder, said, wanted)
        covered = f"Covers {wording.percent(chosen.covers)} of the items."
        parts.answer_line("It always answers." if threshold.always(chosen) else covered)
        for sentence in threshold.sentences(chosen):
            parts.text(sentence)
    except RunError as error:
        parts.text(str(error))
    held, covers = curve(said.confidence, said.right), chosen.covers if chosen is not None else None
    figure = confidence.selective(held, threshold.tested(folder), wanted, covers, promises)
    st.plotly_chart(
        figure, config=charts.CONFIG, key=f"selective-{status.run}", alt=confidence.told(held, wanted, covers)
    )
    parts.note(
        "What can be promised lies below the band. The band is of one threshold alone; a promise must hold for "
        "whichever you choose."
    )
    buttons(status, chosen, kept)


def beginning(promises: Sequence[Selective]) -> float:
    """Where the slider begins: the usual share, or what can be promised of most items where that is less."""
    of_most = max((one.promised for one in promises if one.covers >= MOST_ITEMS), default=0.0)
    return min(USUAL / 100, of_most) if of_most >= LOWEST / 100 else USUAL / 100


def highest(promised: Sequence[float]) -> float:
    """Where the slider ends, in percent: the largest share that a threshold promises, down to a step of the slider.

    >>> highest([0.62, 0.9137]), highest([])
    (91.0, 0.0)
    """
    return min(HIGHEST, STEP * math.floor(100 * max(promised, default=0.0) / STEP + 1e-9))


def _slider(status: RunStatus, begin: float, most: float) -> float:
    """The share that must be right, in percent, among those that can be promised."""
    percent = st.slider(
        "Share of its answers that must be right", LOWEST, most, min(max(begin, LOWEST), most), STEP,
        format="%.1f %%", key=f"right-{status.run}",
    )  # fmt: skip
    if most < HIGHEST:
        parts.note(f"More than {most:.1f} % cannot be promised on the labelled items that were held out.")
    return float(percent)


def buttons(status: RunStatus, chosen: Threshold | None, kept: Threshold | None) -> None:
    """Keep what is chosen, or keep nothing any more; and what is kept."""
    folder, same = status.files.folder, chosen is not None and chosen == kept
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Keep this threshold", key=f"keep-{status.run}", type="primary", disabled=chosen is None or same
        ) and chosen is not None:  # fmt: skip
            threshold.keep(folder, chosen)
            st.rerun()
        if kept is not None and st.button("Answer everything again", key=f"forget-{status.run}"):
            threshold.forget(folder)
            st.rerun()
    if kept is not None and threshold.always(kept):
        parts.note("Kept: it always answers.")
    elif kept is not None:
        parts.note(
            f"Kept: it answers from a probability of {kept.least:.3f} on and is not sure below. Try it, whole tables, "
            f"the server and exports made from now on apply it."
        )
