"""What should be corrected? Suggestions, decisions, and the version that they make."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor.core.records import Dataset
from advisor.data.task import task_of
from advisor.data.versions import family
from advisor.ui import jobs, parts, waiting
from advisor.ui.fixing import board, versions

QUESTION = "What should be corrected?"
NOT_HERE = (
    "Items with several labels are not corrected here. Take the list of suspect labels from the Evidence page (CSV), "
    "correct your own file, and read it again."
)


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    if not task_of(dataset).correctable:
        parts.heading(QUESTION, NOT_HERE)
        return
    parts.heading(QUESTION, answer(dataset))
    job = jobs.pending(jobs.key_of("judge", dataset.fingerprint))
    if job is not None:
        waiting.wait(job)
        return
    if dataset.version is not None:
        versions.changed(dataset)
        parts.section("Correct it further")
    board.draw(dataset, st.query_params.get("list", ""))
    versions.others(dataset)
    parts.fold("Take it home", "download", partial(versions.take_home, dataset))


def answer(dataset: Dataset) -> str:
    """What is at hand: a version with what made it, or the dataset as it was read."""
    if dataset.version is None:
        return "What you decide makes a version of the dataset. Your own files stay as they are."
    return f"{dataset.name}: {family.what_changed(dataset.version)}."


if __name__ == "__main__":
    draw()
