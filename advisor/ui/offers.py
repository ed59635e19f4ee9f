"""What the Advice page offers to measure or to save: the exchange rate, the decision record."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor import api
from advisor.advice.record.written import Form, written
from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Advice, Dataset, Exchange
from advisor.ui import jobs, parts, waiting, work

EXCHANGE_BUDGETS = (120, 300, 900, 3600)
#: Of each form of the decision record: the button's words, its icon, its media type.
FORMS: dict[Form, tuple[str, str, str]] = {
    "html": ("Page to print (HTML)", ":material/print:", "text/html"),
    "md": ("Markdown", ":material/description:", "text/markdown"),
    "json": ("JSON", ":material/data_object:", "application/json"),
}


def exchange(dataset: Dataset, advice: Advice) -> None:
    """What the pre-trained model is worth in labels: the rate, and the button that measures it."""
    rate = advice.exchange
    if rate is None:
        return
    key = jobs.key_of("exchange", dataset.fingerprint)
    job = jobs.pending(key)
    title = "What the pre-trained model is worth in labels"
    parts.fold(title, "balance", partial(_rate, dataset, rate, key, job), has_news=job is not None)


def _rate(dataset: Dataset, rate: Exchange, key: str, job: jobs.Job | None) -> None:
    """The rate in a sentence, and the button that measures it; after a failure another time may do."""
    st.text(rate.sentence)
    parts.note(f"{wording.capital(rate.provenance)} for at most {rate.furthest:g} times the labels.")
    if job is not None:
        waiting.wait(job)
    several = kind_row(dataset.kind).task == "multilabel"
    if not several and rate.provenance != "measured" and (job is None or job.finished):
        _offer_exchange(dataset, key)


def _offer_exchange(dataset: Dataset, key: str) -> None:
    """Training from scratch with all labels, and fine-tuning with fewer and fewer."""
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Measure it", key="exchange", icon=":material/balance:")
        budget = st.selectbox(
            "Time in all", EXCHANGE_BUDGETS, index=1, key="exchange-budget", format_func=wording.duration
        )
    if pressed:
        jobs.start(key, "The exchange rate", partial(work.exchange, dataset, float(budget)))
        st.rerun()


def record(dataset: Dataset, advice: Advice) -> None:
    """The decision record to download; it is written when a button is pressed."""
    parts.note(
        "The decision record holds the question, every number with its n, interval and provenance, the reasons, what "
        "would change the recommendation, hashes and versions, and the plan with the command that runs it."
    )
    with st.container(horizontal=True):
        for form, (title, icon, mime) in FORMS.items():
            st.download_button(
                title,
                data=partial(record_bytes, dataset, advice, form),
                file_name=f"decision-{dataset.fingerprint[:8]}.{form}",
                mime=mime,
                key=f"record-{form}",
                icon=icon,
                on_click="ignore",
            )


def record_bytes(dataset: Dataset, advice: Advice, form: Form) -> bytes:
    """The record of a given advice in UTF-8. Raises PeopleError where no plan can be made of it."""
    return written(api.decision_record(dataset, advice=advice), form).encode()
