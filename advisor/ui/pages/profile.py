"""What is in the data? Counts, sizes, findings, duplicates, and what was set aside."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Finding, Profile
from advisor.data.read.source import SAMPLE
from advisor.data.task import task_of
from advisor.data.versions.family import VERSION
from advisor.ui import items, jobs, parts, places, tasks, uploads, waiting, work
from advisor.ui.arriving import preview
from advisor.ui.browse import found
from advisor.ui.fixing import board

QUESTION = "What is in the data?"
#: How the columns were chosen and what is not read stands at the top; a dataset has seldom more notes.
SHOWN_NOTES = 15
SHOWN_CLUSTERS = 6
#: Findings of classified items that can be decided about one by one.
CORRECTABLE = ("leak", "exact duplicates", "near duplicates", "conflicting labels", "labels of near copies")
SHOWN_COPIES = 6


def draw() -> None:
    """The page."""
    job = jobs.find(st.query_params.get("job"))
    if job is not None and not arrived(job):
        reading(job)
        return
    dataset = parts.need_dataset(QUESTION)
    profile = Profile.saved(dataset.files.profile)
    if profile is None:
        parts.heading(QUESTION, f"Counting and checking {tasks.describe(dataset)}.")
        key = jobs.key_of("profile", dataset.fingerprint)
        waiting.wait(jobs.answer(key, "The profile", partial(work.profile, dataset)), cancelled="data")
        return
    view = tasks.view_of(dataset.kind)
    parts.heading(QUESTION, view.summary(dataset, profile))
    with st.container(gap="xxsmall"):
        for sentence in dataset.notes[:SHOWN_NOTES]:
            parts.note(sentence)
    with st.container(horizontal=True):
        if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
            places.go("advice", ask="1")
        if not dataset.source.startswith((SAMPLE, VERSION)) and st.button(
            "Change how it is read", key="reread", icon=":material/tune:"
        ):
            preview.show(preview.asked_again(dataset))
    view.profile(dataset, profile)
    findings(dataset, profile.findings)
    duplicates(dataset, profile)
    set_aside(dataset)
    parts.fold("Source and facts", "info", partial(facts, dataset, profile))


def arrived(job: jobs.Job) -> bool:
    """Whether a dataset has been read; it takes the job's place in the address.

    The page is not switched here: a request of the progress bar that is under way would bring the old page back.
    """
    if not job.finished or job.result is None:
        return False
    places.at_dataset(job.result[:16])
    st.query_params.from_dict(places.address())
    return True


def reading(job: jobs.Job) -> None:
    """How far the reading is, or why it failed."""
    parts.heading(QUESTION, "The data cannot be read." if job.error else "Reading, checking and splitting.")
    waiting.wait(job, cancelled="data")
    if not job.error:
        return
    if job.asked and st.button("Correct how it is read", key="correct", icon=":material/tune:"):
        places.go("data", preview=job.asked)
    if st.button("Choose something else", key="back", icon=":material/arrow_back:"):
        jobs.forget(job.key)
        places.go("data")


def findings(dataset: Dataset, findings: tuple[Finding, ...]) -> None:
    """Each finding as a sentence with its severity and some of its items, the most serious first."""
    parts.section("Findings")
    if not findings:
        parts.note("Nothing needs your attention.")
    parts.findings(findings, partial(found.draw, dataset))
    if correctable(dataset, findings):
        parts.correct(dataset)


def correctable(dataset: Dataset, findings: tuple[Finding, ...]) -> bool:
    """Whether there are items to decide about: a finding's, and of questions those on any list, which need no probe."""
    if not task_of(dataset).has_classes:
        return not board.lists(dataset, None).empty
    return any(finding.check in CORRECTABLE for finding in findings)


def duplicates(dataset: Dataset, profile: Profile) -> None:
    """Clusters of exact and near duplicates as pictures or texts."""
    if not profile.duplicates:
        return
    parts.section("Duplicates")
    n, copies = len(profile.duplicates), profile.duplicate_kind
    n_exact = copies.count("exact")
    kinds = (("exact", n_exact), ("near", n - n_exact))
    clusters = wording.listed(f"{wording.counted(count, 'cluster')} of {kind} copies" for kind, count in kinds if count)
    parts.note(f"{clusters}.")
    page = parts.page_of(n, SHOWN_CLUSTERS, "clusters-page")
    rows = {key: row for row, key in enumerate(dataset.items["key"])}
    with st.grid(2, min_column_width=340, gap="small", key="clusters"):
        for number, members in list(enumerate(profile.duplicates))[page]:
            kind = copies[number] if number < len(copies) else "near"
            with st.container(border=True, height="stretch"):
                parts.note(f"{wording.counted(len(members), f'{kind} copy', f'{kind} copies')}")
                cluster(dataset, [rows[key] for key in members if key in rows][:SHOWN_COPIES], f"cluster-{number}")


def cluster(dataset: Dataset, rows: list[int], key: str) -> None:
    """Items that are copies of each other, each with its class and its key; a text that repeats exactly comes once."""
    keys = dataset.items["key"].iloc[rows]
    captions = [caption(dataset, row, name) for row, name in zip(rows, keys, strict=True)]
    if "text" in dataset.items and dataset.items["text"].iloc[rows].nunique() == 1:
        rows, captions = rows[:1], [" \u2003 ".join(captions)]
    items.view_of(dataset.kind).grid(dataset, rows, captions, key=key)


def caption(dataset: Dataset, row: int, key: str) -> str:
    """The line under an item: its class, where there are classes, and its key."""
    return f"{dataset.label_words(row)} · {key}" if dataset.classes else key


def set_aside(dataset: Dataset) -> None:
    """Every item that is not used, with its reason; a finding says how many they are."""
    if not dataset.n_set_aside:
        return
    parts.section("Set aside")
    table = pd.DataFrame([{"Item": s.key, "Reason": s.reason} for s in dataset.set_aside])
    parts.table(table, hide_index=True, alt="Items set aside and why")


def facts(dataset: Dataset, profile: Profile) -> None:
    """Where it came from and what was inspected."""
    rows = {
        "Source": uploads.shown(dataset.source),
        "Fingerprint": dataset.fingerprint,
        "Items inspected": wording.count(profile.n_inspected),
        "Leaks across the official split": wording.count(profile.n_leaks),
        "Time": wording.duration(profile.seconds),
        **profile.facts,
    }
    for number, note in enumerate(dataset.notes[SHOWN_NOTES:], start=SHOWN_NOTES + 1):
        rows[f"Note {number}"] = note
    table = pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())})
    parts.table(table, hide_index=True, alt="Facts of reading")


if __name__ == "__main__":
    draw()
