"""The language models: which ones are installed, the endpoint, and a field to choose one.

The endpoint's key comes from the environment, from `.streamlit/secrets.toml`, which Streamlit copies into the
environment, or from the form, which puts it there; the pages only show whether there is one.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from advisor.core import reach, wording
from advisor.core.errors import EndpointError, PeopleError
from advisor.llm import models
from advisor.llm.endpoint import API_KEY, BASE_URL, MODEL, NUMBERS, EndpointSettings
from advisor.ui import parts, workers
from advisor.ui.machine import chores, facts
from advisor.ui.server.settings import login_is_on, machine
from probes.backbones.catalog import CATALOG

KEY = "Leave it empty for a server without keys, or to keep the present one."
#: Where the endpoint is set up for good.
SET_UP = f"""\
{BASE_URL} = "https://host/v1"
{MODEL} = "the-model"
{API_KEY} = "..."
{NUMBERS["most_tokens"]} = "200000"     # most tokens of one process
{NUMBERS["price_in"]} = "0.15"          # price of a million tokens read
{NUMBERS["price_out"]} = "0.60"         # price of a million tokens written"""


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
        st.text(f"Installed: {', '.join(local)}. Your questions stay on {machine()}.")
    else:
        st.text("No language model is installed. Fetch one above, or use an endpoint.")
    parts.note("Any causal Hugging Face model works too: name its local folder or its hub name.")
    endpoint()


def endpoint() -> None:
    """The endpoint in use with a test, without the key; and a form that sets it."""
    settings: EndpointSettings | None = None
    try:
        settings = EndpointSettings.configured()
    except EndpointError as error:
        configured = any(os.environ.get(name, "").strip() for name in (BASE_URL, MODEL))
        st.text(str(error) if login_is_on() or configured else "No endpoint is configured.")
    if settings is not None:
        st.text(f"An endpoint is configured: {settings.model} at {settings.host}.")
        test()
        facts.draw(facts_of(settings))
    if not login_is_on():
        with st.expander("Use another endpoint" if settings else "Use an endpoint", icon=":material/cloud:"):
            form(settings)


def test() -> None:
    """A button that asks the endpoint one short question, and what came of it."""
    if not st.button("Test the endpoint", key="test-endpoint", icon=":material/network_check:"):
        return
    try:
        with st.spinner("Asking the endpoint."):
            reply, seconds = workers.answer("The test of the endpoint", chores.try_endpoint)
    except PeopleError as error:
        parts.problem(str(error))
        return
    st.text(f"It answered in {wording.duration(seconds)}: {wording.short(reply, 60) or 'nothing'}")


def form(settings: EndpointSettings | None) -> None:
    """Address, model and key of an endpoint, used until the dashboard ends; and how to set it for good."""
    with st.form("endpoint", border=False):
        address = st.text_input("Address", settings.base_url if settings else "", placeholder="https://host/v1")
        model = st.text_input("Model", settings.model if settings else "", placeholder="the name the server knows")
        key = st.text_input("Key", type="password", help=KEY)
        pressed = st.form_submit_button("Use it", key="use-endpoint", type="primary")
    parts.note(
        f"Any OpenAI-compatible server works, also one on {machine()}. Your texts are sent to that address. The key is "
        "kept in memory until the dashboard ends; it is never shown, written down or logged."
    )
    if pressed:
        wanted = {MODEL: model.strip()}
        if settings is None or address.strip() != settings.base_url or key.strip():  # else the present ones stay
            wanted |= {BASE_URL: address.strip(), API_KEY: key.strip()}
        try:
            EndpointSettings.configured(wanted)
        except EndpointError:
            parts.problem("Give an address that starts with https:// (or http:// on this machine) and a model.")
        else:
            os.environ.update(wanted)
            st.rerun()
    parts.note("To set it for good, write into .streamlit/secrets.toml:")
    st.code(SET_UP, language="toml")


def facts_of(settings: EndpointSettings) -> dict[str, str]:
    """The endpoint's settings in words; of the key only whether there is one."""
    priced = settings.price_in is not None and settings.price_out is not None
    price = f"{settings.price_in:g} read, {settings.price_out:g} written" if priced else "unknown: money is not counted"
    return {
        "Key": "set" if settings.api_key else "none",
        "Most tokens": f"{wording.count(settings.most_tokens)} for each process that asks",
        "Price of a million tokens": price,
        "Price of 1,000 predictions": a_thousand(settings),
        "Requests at once": str(settings.at_once),
        "Timeout": wording.duration(settings.timeout_seconds),
        "Retries": str(settings.retries),
    }


def a_thousand(settings: EndpointSettings, n_read: int = 200, n_written: int = 10) -> str:
    """What 1,000 predictions of usual length cost.

    >>> a_thousand(EndpointSettings("https://host/v1", "m", price_in=0.15, price_out=0.6))
    '0.036 at 200 tokens read and 10 written each'
    """
    if settings.price_in is None or settings.price_out is None:
        return "unknown"
    money = (n_read * settings.price_in + n_written * settings.price_out) / 1000
    return f"{money:.2g} at {n_read} tokens read and {n_written} written each"
