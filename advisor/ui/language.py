"""The language model: which ones there are, which endpoint is configured, and a field to choose one.

The endpoint's key comes from the environment or `.streamlit/secrets.toml`, whose names Streamlit puts into the
environment; it is asked here only whether there is one.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import EndpointError, PeopleError
from advisor.llm import models
from advisor.llm.endpoint import API_KEY, BASE_URL, MODEL, NUMBERS, EndpointSettings
from advisor.ui import parts
from probes.backbones.catalog import CATALOG

SET_UP = f"""\
export {BASE_URL}=https://host/v1
export {MODEL}=the-model
export {API_KEY}=...                # or all three in .streamlit/secrets.toml
export {NUMBERS["most_tokens"]}=200000     # tokens of one process, at most
export {NUMBERS["price_in"]}=0.15          # money for a million tokens read
export {NUMBERS["price_out"]}=0.60         # and written"""


def names() -> list[str]:
    """The language models that can be asked here: those of the catalog whose weights are here, and the endpoint."""
    local = [entry.name for entry in CATALOG if entry.kind == "language"]
    return [name for name in (*local, models.ENDPOINT) if models.missing(name) is None]


def title(name: str) -> str:
    """What a language model is called on the pages."""
    if name != models.ENDPOINT:
        return wording.short(name, 60)
    try:
        found = EndpointSettings.found()
    except EndpointError:
        return "the endpoint"
    return f"{wording.short(found.model, 40)} at {wording.short(found.host, 40)}"


def choose(key: str, present: str | None = None) -> str | None:
    """A field for the language model: one that is here, the endpoint, or a folder or hub name that is typed in."""
    there = names()
    if present and present not in there:
        there.insert(0, present)
    chosen: str | None = st.selectbox(
        "Language model",
        there,
        index=there.index(present) if present else 0 if there else None,
        key=f"language-{key}",
        format_func=title,
        accept_new_options=True,
        placeholder="a folder, a hub name",
        help="One that is here, the endpoint (Machine page), a local folder, or a hub name such as organisation/model.",
    )
    return chosen.strip() or None if chosen else None


def draw() -> None:
    """The Machine page's section."""
    parts.section("Language model")
    there = [name for name in names() if name != models.ENDPOINT]
    if there:
        parts.answer_line(f"{', '.join(there)} answers on this machine; nothing leaves it.")
    else:
        parts.answer_line("No language model is here.")
        try:
            parts.note(models.missing() or "")
        except PeopleError as error:
            parts.note(str(error))
    parts.note("Where one is asked for, a local folder or a hub name of any Hugging Face causal model will do too.")
    endpoint()


def endpoint() -> None:
    """What is configured, without the key, or how to configure it."""
    try:
        found = EndpointSettings.found()
    except EndpointError as error:
        st.text(str(error).partition(". ")[0] + ".")
    else:
        st.text(f"An endpoint is configured: {found.model} at {found.host}.")
        rows = facts(found)
        frame = pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())})
        st.dataframe(frame, hide_index=True, alt="What is configured for the endpoint")
    with st.expander("How to use an endpoint", icon=":material/cloud:"):
        st.code(SET_UP, language="bash")
        parts.note(
            "Any OpenAI-compatible server will do, also one on this machine. The key is read from the environment or "
            "the secrets of Streamlit; it is never shown, written down or logged. Your texts go to that address."
        )


def facts(found: EndpointSettings) -> dict[str, str]:
    """The endpoint's settings in words; of the key only whether there is one."""
    usage = models.endpoint(found).usage
    priced = found.price_in is not None and found.price_out is not None
    money = f"{found.price_in:g} read, {found.price_out:g} written" if priced else "not known, so money is not counted"
    return {
        "Key": "set" if found.api_key else "none",
        "Tokens spent": (
            f"{wording.count(usage.spent)} of at most {wording.count(found.most_tokens)}, by this dashboard"
        ),
        "Price of a million tokens": money,
        "Price of 1,000 predictions": spent_on(found) or a_thousand(found),
        "Requests at once": str(found.at_once),
        "Time-out": wording.duration(found.timeout_seconds),
        "Tries after a failure": str(found.retries),
    }


def spent_on(found: EndpointSettings) -> str:
    """What 1,000 predictions cost by those made so far; "" where none was made or prices are not known."""
    asked = models.endpoint(found)
    price = asked.price_per_thousand()
    n = wording.counted(asked.usage.requests, "request")
    return f"{price:.2g} by the {n} so far" if price is not None else ""


def a_thousand(found: EndpointSettings, n_read: int = 200, n_written: int = 10) -> str:
    """What 1,000 predictions of usual length cost.

    >>> a_thousand(EndpointSettings("https://host/v1", "m", price_in=0.15, price_out=0.6))
    '0.036 at 200 tokens read and 10 written each'
    """
    if found.price_in is None or found.price_out is None:
        return "not known"
    money = (n_read * found.price_in + n_written * found.price_out) / 1000
    return f"{money:.2g} at {n_read} tokens read and {n_written} written each"
