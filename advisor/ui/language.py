"""The language models: which ones are installed, the endpoint, and a field to choose one.

The endpoint's key comes from the environment or from `.streamlit/secrets.toml`, which Streamlit copies into the
environment; the pages only show whether there is one.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from advisor.core import reach, wording
from advisor.core.errors import EndpointError, PeopleError
from advisor.llm import models
from advisor.llm.endpoint import API_KEY, BASE_URL, MODEL, NUMBERS, EndpointSettings
from advisor.ui import parts
from advisor.ui.server.settings import login_is_on, machine
from probes.backbones.catalog import CATALOG

SET_UP = f"""\
export {BASE_URL}=https://host/v1
export {MODEL}=the-model
export {API_KEY}=...                # or all three in .streamlit/secrets.toml
export {NUMBERS["most_tokens"]}=200000     # most tokens of one process
export {NUMBERS["price_in"]}=0.15          # price of a million tokens read
export {NUMBERS["price_out"]}=0.60         # price of a million tokens written"""


def names() -> list[str]:
    """The language models that can be asked: those of the catalog whose weights are installed, and the endpoint."""
    # A kind of backbone, not of dataset.
    local = [entry.name for entry in CATALOG if entry.kind == "language"]
    return [name for name in (*local, models.ENDPOINT) if models.missing(name) is None]


def title(name: str) -> str:
    """What a language model is called on the pages."""
    if name != models.ENDPOINT:
        return wording.short(name, 60)
    try:
        settings = EndpointSettings.configured()
    except EndpointError:
        return "the endpoint"
    return f"{wording.short(settings.model, 40)} at {wording.short(settings.host, 40)}"


def choose(key: str, present: str | None = None) -> str | None:
    """A field for the language model: an installed one, the endpoint, or a folder or hub name typed in."""
    choices = names()
    if present and present not in choices:
        choices.insert(0, present)
    chosen: str | None = st.selectbox(
        "Language model",
        choices,
        index=choices.index(present) if present else 0 if choices else None,
        key=f"language-{key}",
        format_func=title,
        accept_new_options=not login_is_on(),
        placeholder="a folder, a hub name",
        help="An installed one, the endpoint (see Machine), a local folder, or a hub name such as organisation/model.",
    )
    name = chosen.strip() if chosen else ""
    if name and name not in choices:
        may_name(name)
    return name or None


def may_name(name: str) -> None:
    """End the page with the reason where a model that was typed in may not be used here."""
    if login_is_on():
        parts.problem("Here you can choose among the models of the list only. Its owner can add others.")
        st.stop()
    if not (name.startswith(("/", "~", ".", "\\")) or ":" in name or Path(name).exists()):
        return  # a hub name
    try:
        reach.check(name)
    except PeopleError as error:
        parts.problem(str(error))
        st.stop()


def draw() -> None:
    """The Machine page's section."""
    parts.section("Language model")
    local = [name for name in names() if name != models.ENDPOINT]
    if local:
        parts.answer_line(f"Installed: {', '.join(local)}. Your questions stay on {machine()}.")
    else:
        parts.answer_line("No language model is installed.")
        try:
            parts.note(models.missing() or "")
        except PeopleError as error:
            parts.note(str(error))
    parts.note("Any causal Hugging Face model works too: name its local folder or its hub name.")
    endpoint()


def endpoint() -> None:
    """What is configured, without the key, or how to configure it."""
    try:
        settings = EndpointSettings.configured()
    except EndpointError as error:
        st.text(str(error))
    else:
        st.text(f"An endpoint is configured: {settings.model} at {settings.host}.")
        rows = facts(settings)
        frame = pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())})
        st.dataframe(frame, hide_index=True, alt="What is configured for the endpoint")
    with st.expander("How to use an endpoint", icon=":material/cloud:"):
        st.code(SET_UP, language="bash")
        parts.note(
            f"Any OpenAI-compatible server works, also one on {machine()}. The key is read from the environment or "
            "from Streamlit's secrets; it is never shown, stored or logged. Your texts are sent to that address."
        )


def facts(settings: EndpointSettings) -> dict[str, str]:
    """The endpoint's settings in words; of the key only whether there is one."""
    usage = models.endpoint(settings).usage
    priced = settings.price_in is not None and settings.price_out is not None
    price = f"{settings.price_in:g} read, {settings.price_out:g} written" if priced else "unknown: money is not counted"
    return {
        "Key": "set" if settings.api_key else "none",
        "Tokens spent": (
            f"{wording.count(usage.spent)} of at most {wording.count(settings.most_tokens)}, by this dashboard"
        ),
        "Price of a million tokens": price,
        "Price of 1,000 predictions": spent_on(settings) or a_thousand(settings),
        "Requests at once": str(settings.at_once),
        "Timeout": wording.duration(settings.timeout_seconds),
        "Retries": str(settings.retries),
    }


def spent_on(settings: EndpointSettings) -> str:
    """What 1,000 predictions cost, from those made so far; "" where none was made or the prices are unknown."""
    endpoint = models.endpoint(settings)
    price = endpoint.price_per_thousand()
    n = wording.counted(endpoint.usage.requests, "request")
    return f"{price:.2g} from {n} so far" if price is not None else ""


def a_thousand(settings: EndpointSettings, n_read: int = 200, n_written: int = 10) -> str:
    """What 1,000 predictions of usual length cost.

    >>> a_thousand(EndpointSettings("https://host/v1", "m", price_in=0.15, price_out=0.6))
    '0.036 at 200 tokens read and 10 written each'
    """
    if settings.price_in is None or settings.price_out is None:
        return "unknown"
    money = (n_read * settings.price_in + n_written * settings.price_out) / 1000
    return f"{money:.2g} at {n_read} tokens read and {n_written} written each"
