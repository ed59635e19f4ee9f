"""What does your data need? Your own data first, then samples, then the datasets read before."""

from __future__ import annotations

import streamlit as st

from advisor.data.read.samples import Sample
from advisor.ui import jobs, parts, work
from advisor.ui.arriving import gallery, own, preview, recent
from advisor.ui.server.settings import machine

QUESTION = "Prompt, fine-tune, or train?"


def draw() -> None:
    """The page, or the preview of data that was just chosen."""
    job = jobs.find(st.query_params.get("preview"))
    if job is not None and isinstance(job.asked, work.Reading):
        preview.draw(job)
        return
    parts.heading(
        QUESTION,
        "Find out which of them your data needs, measured on your own examples in about a minute. Your files stay on "
        f"{machine()}.",
    )
    own.draw()
    gallery.draw(read_sample)
    recent.draw()


def read_sample(sample: Sample) -> None:
    """Read a sample; there is nothing to correct about it."""
    preview.read(work.Reading(f"sample:{sample.name}", "", {}), f"Reading the sample {sample.title}")


if __name__ == "__main__":
    draw()
