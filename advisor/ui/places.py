"""The nine pages, and what the address says (`?data=`, `?run=`, `?job=`).

Nothing that matters lives in a session: a reload, or another browser, reads the address and the workspace
and shows the same thing. The session only remembers the last dataset and run across the navigation bar,
which clears the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from advisor.core.errors import PeopleError
from advisor.core.records import Dataset
from advisor.core.workspace import Workspace
from advisor.data.reading import open_dataset
from advisor.runs import about

HERE = Path(__file__).parent
FOLDER = HERE / "pages"
NAME = "Transfer Advisor"
KEPT = ("data", "run")


@dataclass(frozen=True)
class Place:
    """One page: its name in the address, its title in the bar, its icon and what it answers."""

    name: str
    title: str
    icon: str
    help: str


PLACES: tuple[Place, ...] = (
    Place("data", "Data", ":material/folder_open:", "Choose a sample, a local path or an upload."),
    Place("profile", "Profile", ":material/bar_chart:", "Counts, sizes, duplicates and findings of the dataset."),
    Place("evidence", "Evidence", ":material/science:", "What the probes measured on the training part."),
    Place("fix", "Fix", ":material/handyman:", "Correct labels, drop items, and make a version of the dataset."),
    Place("advice", "Advice", ":material/stairs:", "Which rung of the ladder pays for this dataset, and why."),
    Place("run", "Run", ":material/play_circle:", "One training run: live curves, result, try it."),
    Place("runs", "Runs", ":material/list:", "Every run of this workspace and its state."),
    Place("score", "How good?", ":material/verified:", "How often the advice was right, and what it cost when wrong."),
    Place("machine", "Machine", ":material/memory:", "The device, its precision and the installed weights."),
)


def place(name: str) -> Place:
    """The page called so."""
    return next(one for one in PLACES if one.name == name)


def page(name: str) -> st.Page:
    """The Streamlit page called `name`."""
    own = place(name)
    return st.Page(
        FOLDER / f"{name}.py",
        title=own.title,
        icon=own.icon,
        url_path=name if name != PLACES[0].name else "start",  # its own name is that of `first`
        help=own.help,
        default=name == PLACES[0].name,
    )


def first() -> st.Page:
    """The first page under its own name too: Streamlit serves it at the top alone, and /data was not found."""
    own = PLACES[0]
    return st.Page(FOLDER / f"{own.name}.py", title=own.title, url_path=own.name, visibility="hidden")


def address() -> dict[str, str]:
    """The dataset and the run the user is at, as query parameters."""
    return {key: st.session_state[key] for key in KEPT if st.session_state.get(key)}


def go(name: str, **changes: str) -> NoReturn:
    """Open another page, keeping the dataset and the run in the address unless changed."""
    st.session_state.update({key: changes[key] for key in KEPT if key in changes})
    st.switch_page(page(name), query_params={**address(), **changes})


def remembered(key: str) -> str | None:
    """A value from the address, else the one last seen in this session; it is put back into the address."""
    value = st.query_params.get(key) or st.session_state.get(key)
    if not value:
        return None
    st.session_state[key] = value
    if st.query_params.get(key) != value:
        st.query_params[key] = value
    return str(value)


def run() -> str | None:
    """The run in the address; without one the run seen last, or the latest, of the dataset that the pages are about."""
    if st.query_params.get("run"):
        return remembered("run")
    seen, at = st.session_state.get("run"), remembered("data")
    if at and (seen is None or not (about.dataset_of(seen) or "").startswith(at)):
        known = opened(at)
        latest = about.of_dataset(known.fingerprint) if known is not None else []
        st.session_state["run"] = latest[0].run if latest else None
    return remembered("run")


def at_dataset(fingerprint: str) -> None:
    """Make a dataset the one that the other pages are about."""
    st.session_state["data"] = fingerprint


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(fingerprint: str, workspace: str) -> Dataset:
    return open_dataset(fingerprint)


def opened(fingerprint: str) -> Dataset | None:
    """The dataset of a fingerprint or its first 16 digits; None where the workspace does not know it."""
    try:
        return _opened(fingerprint, str(Workspace.here().folder))
    except PeopleError:
        return None


def dataset() -> Dataset | None:
    """The dataset named in the address, or None when there is none or the workspace does not know it."""
    fingerprint = remembered("data")
    if fingerprint is None:
        return None
    known = opened(fingerprint)
    if known is None:
        st.session_state.pop("data", None)
        st.query_params.pop("data", None)
    return known
