"""What does it run on? The device, its precision with the reason, and the installed weights."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Evidence
from advisor.core.workspace import Workspace
from advisor.data.reading import known_datasets
from advisor.ui import language, parts, tasks, work, workers
from probes.backbones.catalog import CATALOG, Entry

QUESTION = "What does it run on?"
FOR = {"image": "images", "text": "texts", "language": "prompts"}


def draw() -> None:
    """The page."""
    facts = device_facts()
    entries = [(entry, *_available(entry)) for entry in CATALOG]
    here = sum(there for _, there, _ in entries)
    device = facts.get("Device", "cpu").upper()
    parts.heading(QUESTION, f"On the {device}, with {here} of {len(entries)} backbones ready to use.")
    precision()
    language.draw()
    weights(entries)
    missing([(entry, why) for entry, there, why in entries if not there])
    cache()
    parts.section("Device")
    rows = {**facts, "Workspace": str(Workspace.here().folder)}
    frame = pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())})
    st.dataframe(frame, hide_index=True, alt="Facts of the device")


def cache() -> None:
    """The feature cache: its size, and a button that clears it."""
    from advisor.caches import cache_facts, clear_cache

    def clear() -> None:
        clear_cache()

    parts.section("Cache")
    facts = cache_facts()
    used, limit = wording.size(facts.used_bytes), wording.size(facts.limit_bytes)
    prompts = f", answers of language models {wording.size(facts.prompt_bytes)}" if facts.prompt_bytes else ""
    st.text(f"Features take {used} of at most {limit}{prompts}. Nothing in the cache is computed twice.")
    st.button(
        "Clear the cache",
        key="clear-cache",
        icon=":material/delete:",
        disabled=not facts.used_bytes + facts.prompt_bytes,
        on_click=clear,
    )


@st.cache_data(ttl=600, show_spinner="Looking at the device.")
def device_facts() -> dict[str, str]:
    """What `advisor doctor` says of the device."""
    facts: dict[str, str] = workers.answer("Looking at the device", work.device)
    return facts


def _available(entry: Entry) -> tuple[bool, str]:
    from probes.backbones.weights import available

    return available(entry)


def precision() -> None:
    """The precision that was chosen last, with the measurement behind the choice."""
    parts.section("Precision")
    for dataset in known_datasets():
        evidence = Evidence.saved(dataset.files.evidence)
        if evidence is not None and tasks.view_of(dataset.kind).CALIBRATES:
            st.text(evidence.device_reason)
            parts.note(f"Measured with {evidence.backbone} on {wording.short(dataset.name, 60)}.")
            return
    parts.note("A measurement of about a second chooses it when the first dataset is probed.")


def weights(entries: list[tuple[Entry, bool, str]]) -> None:
    """The catalog: which weights are installed, their size, input, licence, and what the publisher asks besides."""
    parts.section("Backbones")
    frame = pd.DataFrame(
        {
            "Backbone": [entry.title for entry, _, _ in entries],
            "Name": [entry.name for entry, _, _ in entries],
            "For": [FOR[entry.kind] for entry, _, _ in entries],
            "Weights": ["ready" if there else "missing" for _, there, _ in entries],
            "Size": [wording.size(entry.size_bytes) for entry, _, _ in entries],
            "Input": [f"{wording.count(entry.input_size)} {entry.unit}" for entry, _, _ in entries],
            "Licence": [entry.licence for entry, _, _ in entries],
            "Terms": [entry.terms for entry, _, _ in entries],
        }
    )
    st.dataframe(frame, hide_index=True, height="content", alt="The backbones with their weights, sizes and licences")


def missing(entries: list[tuple[Entry, str]]) -> None:
    """How to get each backbone whose weights are missing."""
    if not entries:
        return
    with st.expander("How to get the missing ones", icon=":material/download:"):
        st.code("advisor weights", language="bash")
        for entry, why in entries:
            st.text(f"{entry.title}: {why}")


if __name__ == "__main__":
    draw()
