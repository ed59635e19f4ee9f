"""What did the probes measure? A card for each question, as soon as it is measured."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor.core import wording
from advisor.core.records import Advice, Dataset, Evidence
from advisor.runs.measured import of_dataset
from advisor.ui import cards, jobs, label_next, one_truth, parts, places, polling, tasks, timings, waiting, work

QUESTION = "What did the probes measure?"
#: How often the page looks whether more was measured.
LOOK_SECONDS = 2.0


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("probe", dataset.fingerprint)
    evidence = Evidence.saved(dataset.files.evidence)
    job = jobs.pending(key) or (jobs.pending(jobs.key_of("advise", dataset.fingerprint)) if evidence is None else None)
    if job is not None:
        measuring(dataset, job)
        return
    view = tasks.view_of(dataset.kind)
    if evidence is None:
        parts.heading(QUESTION, f"Nothing measured yet on {tasks.describe(dataset)}. It takes about a minute.")
        backbone = view.choose_backbone("probe")
        if st.button("Measure now", key="measure", type="primary", icon=":material/science:"):
            jobs.start(key, "Measuring", partial(work.probe, dataset, backbone))
            st.rerun()
        return
    parts.heading(QUESTION, view.answer(evidence))
    parts.note(one_truth.of_evidence(evidence, of_dataset(dataset.fingerprint)))
    if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
        places.go("advice", ask="1")
    cards.draw(view.evidence(dataset, evidence))
    timings.draw(evidence)
    label_next.draw(dataset, evidence)


def measuring(dataset: Dataset, job: jobs.Job) -> None:
    """How far it is, with the cards that are ready and empty ones for those to come."""
    parts.heading(QUESTION, f"Measuring {tasks.describe(dataset)}.")
    waiting.wait(job)
    if job.error:
        return
    view, seen = tasks.view_of(dataset.kind), stamp(dataset)
    ready = Evidence.saved(dataset.files.evidence_so_far)
    if ready is not None and ready.result("linear") is not None:
        answer_so_far(dataset, ready, view.answer(ready))
    cards.draw(cards.so_far(view.evidence(dataset, ready) if ready is not None else [], view.TOPICS))

    def look() -> None:
        if stamp(dataset) != seen:
            st.rerun()

    polling.every(LOOK_SECONDS, look)


def answer_so_far(dataset: Dataset, ready: Evidence, answer: str) -> None:
    """What is known already, on how many items, and what would be advised on it."""
    advice = Advice.saved(dataset.files.advice_so_far)
    n_all = wording.counted(ready.n_train, "training item")
    read = f"on all {n_all}" if ready.n_sample >= ready.n_train else f"on {wording.count(ready.n_sample)} of {n_all}"
    parts.text(f"Measured so far {read}. {answer}")
    if advice is not None:
        parts.text(f"The recommendation so far: {advice.headline} It is settled when the measurement ends.")


def stamp(dataset: Dataset) -> int:
    """Changes whenever more was measured; 0 where nothing was."""
    try:
        return dataset.files.evidence_so_far.stat().st_mtime_ns
    except OSError:
        return 0


if __name__ == "__main__":
    draw()
