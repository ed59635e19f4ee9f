"""Pieces that several pages draw: the question with its answer, a failure, findings, a quotation.

Names and sentences that hold a user's words never pass through Markdown: `st.text` shows them as they are,
`answer_line` and `note` escape them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Literal

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from advisor.core import wording
from advisor.core.records import Dataset, Finding, Severity
from advisor.core.shown import is_formula, visible
from advisor.ui import places

ANSWER = (
    "font-size:1.15rem;line-height:1.55;margin:0 0 0.5rem 0;max-width:52rem;text-wrap:pretty;overflow-wrap:anywhere"
)

#: Of what belongs to an earlier answer: told apart at a glance, and still legible.
PALE = "opacity:0.65"

QUOTE = (
    "margin:0;padding:0.1rem 0 0.1rem 0.9rem;border-left:3px solid #2a9086;white-space:pre-wrap;"
    "overflow-wrap:anywhere;max-width:52rem"
)

#: Legible on the light and on the dark page.
MARKED = "background:rgba(42,144,134,0.28);color:inherit;border-radius:0.2rem;padding:0 0.15rem"

#: Of a table that is read as text.
TABLE = "width:100%;border-collapse:collapse;font-size:0.9rem"
CELL = (
    "text-align:left;vertical-align:top;padding:0.35rem 0.5rem;border:0;border-bottom:1px solid #8884;"
    "overflow-wrap:anywhere"
)

NO_CSV = """<style>
[data-testid="stElementToolbarButton"]:has(button[aria-label^="Download as CSV"]) {display: none}
</style>"""

BadgeColor = Literal["red", "orange", "gray"]
#: Of each severity: the badge's colour and icon, the most serious first.
MARK: dict[Severity, tuple[BadgeColor, str]] = {
    "problem": ("red", ":material/error:"),
    "warning": ("orange", ":material/warning:"),
    "note": ("gray", ":material/info:"),
}
SHOWN_KEYS = 8


def heading(question: str, answer: str) -> None:
    """The page's question as its title, and the answer as its first sentence."""
    st.title(question, anchor=False)
    answer_line(answer)


def answer_line(text: str) -> None:
    """A sentence that answers, a little larger than the rest, in plain text."""
    st.html(f'<p style="{ANSWER}">{_escaped(text)}</p>')


def former_answer(text: str) -> None:
    """An answer to an earlier question, paler than one to the present question, and named so."""
    st.html(f'<p style="{ANSWER};{PALE}">{_escaped(f"Your previous answer: {text}")}</p>')


def faded(markup: str) -> str:
    """Markup of ours that belongs to an earlier answer."""
    return f'<div style="{PALE}">{markup}</div>'


def text(words: str) -> None:
    """A sentence of the page in plain text."""
    st.text(wording.unbroken(words))


def _escaped(text: str) -> str:
    return escape(wording.unbroken(visible(text)))


def section(title: str) -> None:
    """A heading inside a page; `title` is ours, never a user's words."""
    st.subheader(title, anchor=False)


@st.fragment
def fold(label: str, icon: str, draw: Callable[[], object], key: str | None = None, has_news: bool = False) -> None:
    """What is drawn once it is opened: charts and tables behind closed folds would hold up the page.

    ``label``: ours. ``icon``: the name of a Material symbol. ``key``: where another fold on the page has this label.
    ``has_news``: it opens by itself when this comes to be so. A fold stays as its reader left it, also where the page
    was drawn without it in between.
    """
    place = key or fold_key(label)
    left, told = f"{place}-left", f"{place}-told"
    if place not in st.session_state:
        st.session_state[place] = st.session_state.get(left, False)
    if has_news and not st.session_state.get(told):
        st.session_state[place] = True
    st.session_state[told] = has_news
    shown = st.expander(label, icon=f":material/{icon}:", key=place, on_change="rerun")
    st.session_state[left] = shown.open
    if shown.open:
        with shown:
            draw()


def fold_key(label: str) -> str:
    """The key of a fold's state.

    >>> fold_key("All numbers")
    'fold-all-numbers'
    """
    return f"fold-{'-'.join(label.lower().split())}"


def problem(text: str, title: str = "This did not work.") -> None:
    """A failure in plain text: what happened, and the next step."""
    with st.container(border=True):
        st.markdown(f":red[:material/error:] **{title}**")
        st.text(wording.unbroken(text))


def note(text: str) -> None:
    """A quiet remark in plain text."""
    st.html(f'<p style="opacity:0.7;font-size:0.9rem;margin:0;overflow-wrap:anywhere">{_escaped(text)}</p>')


def table(frame: pd.DataFrame, **options: Any) -> Any:
    """A table with its words as they are; options and result: of `st.dataframe`."""
    guard(frame)
    return st.dataframe(frame, **options)


def written(frame: pd.DataFrame, alt: str) -> None:
    """A small table to be read: every cell is shown whole, its lines broken as the width asks for, also on a phone."""
    head = "".join(f'<th style="{CELL}">{_escaped(str(name))}</th>' for name in frame)
    cells = (
        "".join(f'<td style="{CELL}">{_escaped(str(cell))}</td>' for cell in row)
        for row in frame.itertuples(index=False)
    )
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    label = escape(alt, quote=True)
    st.html(f'<table aria-label="{label}" style="{TABLE}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


def guard(frame: pd.DataFrame) -> None:
    """Take "Download as CSV" off the menus of a page's tables where a cell of this one is a formula to a spreadsheet.

    The menu is Streamlit's and saves what is shown. A mark against formulas belongs into files alone: on the page an
    accepted answer of +9.5 stood as '+9.5.
    """
    texts = (*frame.columns, *(cell for name in range(frame.shape[1]) for cell in frame.iloc[:, name]))
    if any(isinstance(one, str) and is_formula(one) for one in texts):
        st.html(NO_CSV)


def need_dataset(question: str) -> Dataset:
    """The dataset in the address; without one the page says where to choose it, and ends."""
    dataset = places.dataset()
    if dataset is None:
        heading(question, "Choose a dataset first.")
        st.page_link(places.page("data"), label="Choose a dataset", icon=":material/arrow_back:")
        st.stop()
    return dataset


def n_serious(findings: Sequence[Finding]) -> str:
    """How many findings are more than notes, and how many notes, in words."""
    n = sum(finding.severity != "note" for finding in findings)
    notes = [wording.counted(len(findings) - n, "note")] if len(findings) > n else []
    if not n:
        return " and ".join(["nothing to worry about", *notes])
    return " and ".join([f"{wording.counted(n, 'finding')} to look at", *notes])


def page_of(n: int, size: int, key: str) -> slice:
    """Which of n things are shown, `size` at a time; where they are more, the numbers of the pages."""
    n_pages = -(-n // size)
    page = int(st.pagination(n_pages, key=key)) - 1 if n_pages > 1 else 0
    return slice(page * size, (page + 1) * size)


def split(dataset: Dataset, made_here: str) -> str:
    """Where the parts of a dataset come from."""
    if dataset.official_split:
        return "The official split is used."
    return f"{made_here}; groups and duplicates stay on one side."


def correct(dataset: Dataset, named: str = "") -> None:
    """The way to the page where items are corrected. named: the list to begin with."""
    query = {**places.address(), "data": dataset.fingerprint[:16], **({"list": named} if named else {})}
    st.page_link(places.page("fix"), label="Decide about them", icon=":material/handyman:", query_params=query)


def keys(finding: Finding) -> None:
    """The keys of some of a finding's items."""
    more = finding.n_items - SHOWN_KEYS
    shown = ", ".join(wording.short(key, 60) for key in finding.items[:SHOWN_KEYS])
    note(shown + (f" and {wording.count(more)} more" if more > 0 else ""))


def marked_row(severity: Severity) -> DeltaGenerator:
    """A row with the badge of a severity; returns the room beside it."""
    color, icon = MARK[severity]
    mark, beside = st.columns([1, 7], gap="small")
    mark.badge(severity, color=color, icon=icon)
    return beside.container(gap="xsmall")


def findings(findings: Sequence[Finding], show: Callable[[int, Finding], None] | None = None) -> None:
    """Each finding as a sentence with its severity, the most serious first.

    show: what draws the items of one that lists any, by its number; None: they are not shown.
    """
    order = list(MARK)
    for number, finding in enumerate(sorted(findings, key=lambda f: order.index(f.severity))):
        with marked_row(finding.severity):
            text(finding.sentence)
            if finding.items and show is not None:
                show(number, finding)


def quote(title: str, text: str, marks: Sequence[str] = ()) -> None:
    """A passage as a quotation under its title, the first of `marks` that stands in it marked; all in plain text."""
    if title:
        note(title)
    st.html(f'<blockquote style="{QUOTE}">{marked(text, marks)}</blockquote>')


def marked(text: str, marks: Sequence[str]) -> str:
    """The text as HTML without any mark-up of its own, the first of `marks` found in it (case aside) marked.

    >>> marked("a <b> in Warsaw", ["Paris", "warsaw"]).replace(f' style="{MARKED}"', "")
    'a &lt;b&gt; in <mark>Warsaw</mark>'
    """
    text = visible(text)
    lowered = text.lower()
    for mark in marks:
        place = lowered.find(mark.strip().lower()) if mark.strip() and len(lowered) == len(text) else -1
        if place >= 0:
            end = place + len(mark.strip())
            passage = f'<mark style="{MARKED}">{escape(text[place:end])}</mark>'
            return f"{escape(text[:place])}{passage}{escape(text[end:])}"
    return escape(text)
