"""The section of the device: how fast it is, as it was measured last, and its facts."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from advisor.core import wording
from advisor.data.features import feature_cache
from advisor.ui import parts, work, workers
from advisor.ui.machine import facts
from probes.backbones.catalog import CATALOG
from probes.calibrations import Kept, kept
from probes.engines import TITLES

READS = {True: "text", False: "image"}


def speeds() -> list[Kept]:
    """The calibration measured last of images and of texts."""
    newest: dict[bool, Kept] = {}
    for one in kept(feature_cache()):
        newest.setdefault(one.texts, one)
    return list(newest.values())


def told(speed: Kept) -> str:
    """A speed as a sentence."""
    names = [entry.title for entry in CATALOG if entry.sha256 and speed.weights.startswith(entry.sha256)]
    model = names[0] if names else "The backbone measured last"
    how = speed.calibration
    size = "" if speed.texts or speed.size is None else f" of {speed.size} px"
    by = f" with {TITLES[how.engine]}" if how.engine in TITLES else ""
    return f"{model} reads {rate(speed)}{size} a second on the {how.device.upper()}{by} in {how.precision}."


def rate(speed: Kept) -> str:
    """Items in a second on a machine that does nothing else; under ten with a decimal."""
    n, read = 1.0 / speed.calibration.seconds_per_item, READS[speed.texts]
    return wording.counted(round(n), read) if n >= 10 or round(n, 1) == 1.0 else f"{n:.1f} {read}s"


def answer(found: list[Kept], device: str, n_ready: int) -> str:
    """The page's first sentence: device, speed, models."""
    rates = " or ".join(rate(one) for one in sorted(found, key=lambda one: one.texts))
    fast = f", which reads {rates} a second" if rates else ""
    return f"On the {device}{fast}, with {wording.counted(n_ready, 'model')} ready to use."


def draw(found: list[Kept], rows: Mapping[str, str]) -> None:
    """Speeds, then facts."""
    parts.section("Device")
    for speed in found:
        st.text(told(speed))
    if not found:
        parts.note("Its speed is measured, in about a second, when the first dataset is measured.")
    facts.draw(rows)


@st.cache_data(ttl=600, show_spinner="Looking at the device.")
def device_facts() -> dict[str, str]:
    """What `advisor doctor` says of the device."""
    rows: dict[str, str] = workers.answer("Looking at the device", work.device)
    return rows
