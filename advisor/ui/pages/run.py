"""One run: its progress while it trains, and whether the forecast held once it is done."""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Plan
from advisor.runs import store, supervisor
from advisor.ui import climbing, parts, places, polling, result, unfinished
from advisor.ui import live as view

QUESTION = "Training progress"
#: Seconds between two looks at a run's state and log, and at its curves, while few pages are open.
LOOK_SECONDS, CURVE_SECONDS = 2.0, 5.0


def draw() -> None:
    """The page."""
    run = places.run()
    if run is None:
        nothing()
        return
    try:
        status = store.status(run)
        places.at_dataset(Plan.load(status.files.plan).fingerprint[:16])
    except PeopleError as error:
        parts.heading(QUESTION, "This run cannot be shown.")
        parts.problem(str(error))
        st.page_link(places.page("runs"), label="See all runs", icon=":material/list:")
        return
    if status.state not in store.ENDED:
        waits = supervisor.look_after()  # after a restart of the machine nobody else would resume the run
        parts.heading(QUESTION, f"{status.title} on {wording.short(status.dataset_name, 60)}.")
        if waits:
            parts.problem(waits, title="The run is waiting.")
        polling.every(LOOK_SECONDS, lambda: live(run))
        climbing.draw(run)
        polling.every(CURVE_SECONDS, lambda: view.curves(run))
        polling.every(LOOK_SECONDS, lambda: so_far(run))
    elif status.state == "done":
        result.draw(status)
        view.log(status)
    else:
        unfinished.draw(status)


def nothing() -> None:
    """There is no run of this dataset yet: where one is started."""
    parts.heading("No run yet", "Get advice on a dataset and press Train this.")
    with st.container(horizontal=True):
        if st.button("Go to the advice", key="to-advice", type="primary", icon=":material/stairs:"):
            places.go("advice")
        if st.button("See all runs", key="to-runs", icon=":material/list:"):
            places.go("runs")


def live(run: str) -> None:
    """What happens now, and Stop; when the run ends, the whole page is drawn again."""
    status = store.status(run)
    if status.state in store.ENDED:
        over(run)
        return
    view.now(status)


def over(run: str) -> None:
    """Draw the whole page again for a run that has ended, or go on to the next run of its climb once that is known."""
    following = climbing.next_run(run)
    if following == "":
        parts.note("The next step of the climb follows.")
        return
    if following:
        st.session_state["run"] = st.query_params["run"] = following
    st.rerun()


def so_far(run: str) -> None:
    """The log up to now, as new as the sentence of the moment; closing the page changes nothing."""
    view.log(store.status(run), opened=True)
    parts.note("The run continues when this page is closed; its address opens it again.")


if __name__ == "__main__":
    draw()
