"""The list of runs: each to open, tick, name, star, stop or delete; the filter above it and deleted runs below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import RunStatus
from advisor.runs import aside, climbs, ended, notes, store
from advisor.ui import parts, places, run_facts, terms
from advisor.ui.run_facts import RunFacts

EVERY = "All datasets"
TICKED = "runs-ticked"


def chosen(runs: Sequence[RunStatus]) -> list[RunStatus]:
    """The runs of the dataset that was chosen, or only those with a star, in the order that was chosen."""
    names = list(dict.fromkeys(status.dataset_name for status in runs))
    starred = any(status.starred for status in runs)
    name, order, only = EVERY, run_facts.LATEST, False
    if len(runs) > 1:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if len(names) > 1:
                name = st.selectbox("Dataset", [EVERY, *names], key="runs-of", width=280)
            order = st.selectbox("Order", run_facts.ORDERS, key="runs-order", width=200)
            only = starred and st.toggle("With a star", key="runs-starred")
    kept = [run for run in runs if name in (EVERY, run.dataset_name) and (run.starred or not only)]
    return run_facts.ordered(kept, order)


def ticked(runs: Sequence[RunStatus]) -> list[str]:
    """The runs that are ticked and still there, in the order of the ticks."""
    there = {status.run for status in runs}
    kept: list[str] = [run for run in st.session_state.get(TICKED, []) if run in there]
    return kept


def to_compare(runs: Sequence[RunStatus]) -> None:
    """The way to the comparison once two are ticked; before that, how to get there."""
    chosen = ticked(runs)
    if len(chosen) < 2:
        if len(runs) > 1:
            parts.note("Tick two runs or more to compare them.")
        return
    label = f"Compare {wording.counted(len(chosen), 'run')}"
    if st.button(label, key="compare-runs", icon=":material/compare_arrows:", type="primary"):
        st.query_params["compare"] = ",".join(
            chosen
        )  # a link to the page that is open would leave the address as it is
        st.rerun()


def _tick(run: str) -> None:
    chosen = [one for one in st.session_state.get(TICKED, []) if one != run]
    st.session_state[TICKED] = [*chosen, run] if st.session_state[f"tick-{run}"] else chosen


def row(status: RunStatus) -> None:
    """One run."""
    facts, is_ticked = run_facts.of(status), status.run in st.session_state.get(TICKED, [])
    with st.container(border=True):
        box, what, state, buttons = st.columns([0.35, 4.2, 2.9, 3.3], vertical_alignment="center")
        box.checkbox(
            f"Compare {status.run}", value=is_ticked, key=f"tick-{status.run}", label_visibility="collapsed",
            on_change=partial(_tick, status.run),
        )  # fmt: skip
        with what.container(gap="xsmall"):
            st.text(title(status))
            parts.note(f"{facts.backbone} · {when(status, facts)}" if facts.backbone else when(status, facts))
            parts.note(status.run)
            if status.note:
                parts.note(wording.short(status.note, 160))
        with state.container(gap="xsmall"):
            st.badge(terms.STATE[status.state], color=terms.COLOR[status.state])  # type: ignore[arg-type]
            if status.state not in store.ENDED:
                st.progress(min(1.0, max(0.0, status.progress)))
            elif status.state == "done":
                parts.note(facts.result)
            elif status.cause:
                parts.note(wording.short(status.cause, 90))
        with buttons.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            actions(status)


def when(status: RunStatus, facts: RunFacts) -> str:
    """When a run began and how long it took; of one under way, how long it has worked."""
    began = status.created[:16].replace("T", " ")
    verb = "took" if status.state in store.ENDED else "so far"
    return f"{began} · {verb} {wording.duration(facts.seconds)}" if facts.seconds else began


def title(status: RunStatus) -> str:
    """A run by its name, where it has one, and by what it is."""
    what = f"{status.title} on {wording.short(status.dataset_name, 50)}"
    return f"{'★ ' if status.starred else ''}{status.name}: {what}" if status.name else f"{'★ ' * status.starred}{what}"


def actions(status: RunStatus) -> None:
    """What can be done with a run: to open it comes first, to delete it last."""
    # A link and not a button: the table's next refresh could undo a page switched here.
    address = {**places.address(), "run": status.run}
    st.page_link(places.page("run"), label="Open", icon=":material/open_in_full:", query_params=address)
    noted(status)
    if status.state in store.ENDED:
        after(status)
    elif st.button("Stop", key=f"stop-{status.run}"):
        climbs.request_stop(status.run)
        st.rerun()


def noted(status: RunStatus) -> None:
    """Change name, note and star."""
    with st.popover("Edit", key=f"name-{status.run}"):
        name = st.text_input("Name", value=status.name, key=f"called-{status.run}", max_chars=notes.MOST_NAME)
        note = st.text_area("Note", value=status.note, key=f"noted-{status.run}", max_chars=notes.MOST_NOTE, height=90)
        star = st.checkbox("Star", value=status.starred, key=f"star-{status.run}")
        if st.button("Save", key=f"save-{status.run}", type="primary"):
            do(lambda run: notes.change(store.directory(run), name=name, note=note, starred=star), status.run)


def after(status: RunStatus) -> None:
    """What can be done with a run that has ended: a failed one goes on, and any can be deleted, once confirmed."""
    if status.state == "failed" and st.button("Go on", key=f"resume-{status.run}", help="From what it has kept."):
        do(ended.resume, status.run)
    with st.popover("Delete", key=f"delete-{status.run}"):
        st.text(to_delete(status))
        parts.note("It can be undone for 24 hours.")
        if st.button("Delete", key=f"confirm-{status.run}", type="primary"):
            do(ended.delete, status.run)


def to_delete(status: RunStatus) -> str:
    """The question before a run is deleted, with what goes with it."""
    files = status.files
    has = {"its model": files.model.is_file(), "its report": files.report.is_file()}
    has["the stages that it has finished"] = status.state != "done" and aside.size_of(files.checkpoint) > 0
    what = wording.listed(name for name, there in has.items() if there)
    return f"Delete {status.run} with {what}?" if what else f"Delete {status.run}? It has no model and no report."


def deleted() -> None:
    """The deleted runs that can be restored."""
    for one in aside.runs():
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"aside-{one.folder.name}"):
            with st.container(gap="xsmall"):
                st.text(f"{one.run} on {wording.short(one.dataset_name, 50)}")
                parts.note(f"Deleted; it can be restored until {one.until:%d %B, %H:%M}.")
            if st.button("Undo", key=f"restore-{one.folder.name}", icon=":material/undo:", width="content"):
                do(aside.restore, one.run)
            if st.button("Delete for good", key=f"forget-{one.folder.name}", width="content"):
                do(lambda run: ended.delete(run, for_good=True), one.run)


def do(action: Callable[[str], object], run: str) -> None:
    """Carry out an action on a run and draw the page again, or show why it cannot be done."""
    try:
        action(run)
    except PeopleError as error:
        parts.problem(str(error))
        return
    st.rerun()
