"""What surrounds every page: the bar, the strip that says where one is, the tab's title, and signing in."""

from __future__ import annotations

import logging
from html import escape

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from advisor.core import wording
from advisor.core.records import Dataset
from advisor.core.shown import visible
from advisor.runs import about
from advisor.ui import jobs, looks, parts, places, tasks, whereabouts
from advisor.ui.places import Place
from advisor.ui.server import visitors
from advisor.ui.server.settings import login_is_on

LOG = logging.getLogger(__name__)
WIDTH = 980
STRIP = "margin:0;font-size:0.92rem;overflow-wrap:anywhere"
#: The script that closes a menu needs no room; on a phone the steps stand close.
STYLE = """<style>
.st-key-closer {display: none}
@media (max-width: 640px) {.st-key-steps a {padding: 0.1rem 0.3rem} .st-key-steps {gap: 0}}
@media (max-width: 400px) {
  .st-key-steps {flex-wrap: nowrap; gap: 0.45rem}
  .st-key-steps a {padding: 0.1rem 0; gap: 0.15rem}
  .st-key-steps a p {font-size: 0.8rem}
}
</style>"""
CLOSE_MENU = """
if (window.innerWidth < 768)
  document.querySelector('[data-testid="stSidebar"] [data-testid="stSidebarCollapseButton"] button')?.click()
"""
DONE, OPEN = ":material/check_circle:", ":material/radio_button_unchecked:"


def main() -> None:
    """Draw the bar and run the open page."""
    # A picture of our own: for a Material icon in the tab Streamlit asks fonts.gstatic.com.
    icon = str(places.HERE / "icon.svg")
    st.set_page_config(page_title=places.NAME, page_icon=icon, layout="wide")
    st.logo(places.HERE / "logo.svg", size="large")
    looks.draw()
    if login_is_on() and not visitors.name_of(st.user.to_dict()):
        sign_in()
        return
    chosen = st.navigation([*map(places.page, (place.name for place in places.PLACES)), places.first()], position="top")
    place = next(place for place in places.PLACES if place.title == chosen.title)
    dataset = present(place)
    st.set_page_config(page_title=tab_title(place, dataset.name if dataset else ""), page_icon=icon, layout="wide")
    close_menu(chosen.title)
    # A column of this width keeps lines readable on a wide screen and fills a narrow one.
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        if dataset is not None:
            strip(place, dataset)
        shown(chosen)
        if login_is_on():
            signed_in()


def shown(page: StreamlitPage) -> None:
    """Draw a page; what goes wrong inside the program is logged, and its visitor told what to do."""
    try:
        page.run()
    except Exception:
        LOG.exception("The page %s failed", page.title)
        broken()


def broken() -> None:
    """A page that failed for a reason inside the program."""
    parts.problem(
        "Reload the page. If it happens again, end the dashboard and start it anew, since it may have been updated "
        "meanwhile. Its log says more. Nothing that you measured or trained is lost.",
        "Something went wrong inside the program.",
    )


def close_menu(page: str) -> None:
    """Close the menu that covers a narrow screen once a page was chosen; Streamlit leaves it open."""
    st.html(STYLE)
    with st.container(key="closer"):
        st.html(f"<script>/* {page} */ {CLOSE_MENU}</script>", unsafe_allow_javascript=True)


def tab_title(place: Place, dataset: str) -> str:
    """The title of the tab: the page, the dataset that it is about, and the program.

    >>> tab_title(places.place("advice"), "digits"), tab_title(places.place("machine"), "digits")
    ('Advice · digits · Transfer Advisor', 'Machine · Transfer Advisor')
    """
    named = [wording.short(dataset, 40)] if dataset and place.name in (*whereabouts.STEPS[1:], "fix") else []
    return visible(" · ".join([place.title, *named, places.NAME]))


def present(place: Place) -> Dataset | None:
    """The dataset that the page is about, or the last one where it is about none; None while one is being read."""
    if job := jobs.find(st.query_params.get("job")):
        return places.opened(job.result[:16]) if isinstance(job.result, str) else None
    if jobs.find(st.query_params.get("preview")):
        return None
    run = places.run() if place.name == "run" else None
    fingerprint = about.dataset_of(run) if run else None
    fingerprint = fingerprint or st.query_params.get("data") or st.session_state.get("data")
    return places.opened(str(fingerprint)[:16]) if fingerprint else None


def strip(place: Place, dataset: Dataset) -> None:
    """The dataset, its fingerprint, and the steps of its way: a tick for those that are done."""
    standing = whereabouts.standing(dataset)
    mark, run = dataset.fingerprint[:16], (st.query_params.get("run") if place.name == "run" else None) or standing.run
    known = {"data": mark, **({"run": run} if run else {})}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="strip"):
        st.html(
            f'<p style="{STRIP}">{escape(visible(tasks.describe(dataset)))}'
            f'<span style="opacity:0.7"> · fingerprint {mark[:8]}</span></p>',
            width="stretch",
        )
        with st.container(horizontal=True, gap="xxsmall", width="content", key="steps"):
            for name in whereabouts.STEPS:
                done = name in standing.done
                st.page_link(
                    places.page(name),
                    label=places.place(name).title,
                    icon=DONE if done else OPEN,
                    help="Done." if done else "Not done yet.",
                    disabled=name == "run" and not run,
                    query_params=known,
                )


def sign_in() -> None:
    """All that somebody sees who has not signed in, or is not admitted."""
    st.title("Who are you?", anchor=False)
    if st.user.get("is_logged_in"):
        name = st.user.get("email") or st.user.get("name") or "This account"
        st.text(f"{name} is not admitted to this dashboard. Ask its owner, or sign in with another account.")
        st.button("Sign out", on_click=st.logout)
        return
    st.text("Sign in to use this dashboard. Your datasets and runs are visible to you alone.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)


def signed_in() -> None:
    """Who is signed in, below the page, and the way out."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        st.text(f"Signed in as {st.user.get('email') or st.user.get('name') or st.user.get('sub')}", width="content")
        st.button("Sign out", on_click=st.logout, type="tertiary")
