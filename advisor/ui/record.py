"""The decision record to take away: Markdown, a page to print, JSON; written when a button is pressed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor import api
from advisor.advice.record.written import Form, written
from advisor.core.records import Advice, Dataset
from advisor.ui import parts

#: Of each form: the button's words, its icon, what a browser calls it.
FORMS: dict[Form, tuple[str, str, str]] = {
    "html": ("Page to print (HTML)", ":material/print:", "text/html"),
    "md": ("Markdown", ":material/description:", "text/markdown"),
    "json": ("JSON", ":material/data_object:", "application/json"),
}


def draw(dataset: Dataset, advice: Advice) -> None:
    """The buttons, and what they give."""
    parts.note(
        "The decision record holds the question, every number with its n, interval and provenance, the reasons, what "
        "would flip it, hashes and versions, and the plan with the command that carries it out."
    )
    with st.container(horizontal=True):
        for form, (title, icon, mime) in FORMS.items():
            st.download_button(
                title,
                data=partial(made, dataset, advice, form),
                file_name=f"decision-{dataset.fingerprint[:8]}.{form}",
                mime=mime,
                key=f"record-{form}",
                icon=icon,
                on_click="ignore",
            )


def made(dataset: Dataset, advice: Advice, form: Form) -> bytes:
    """The record of a given advice in UTF-8. Raises PeopleError where no plan can be made of it."""
    return written(api.decision_record(dataset, advice=advice), form).encode()
