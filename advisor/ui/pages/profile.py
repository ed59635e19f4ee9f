"""What is in it? Counts, sizes, findings, duplicates, and what was set aside."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.records import Dataset, Finding, Profile
from advisor.ui import charts, jobs, parts, places, qa_profile
from advisor.ui.charts import data

QUESTION = "What is in it?"
SHOWN_CLUSTERS = 6
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
        parts.heading(QUESTION, f"Counting and checking {parts.describe(dataset)}.")
        key = jobs.key_of("profile", dataset.fingerprint)
        parts.wait(jobs.answer(key, "The profile", lambda tell: api.profile(dataset, progress=tell)))
        return
    is_qa = dataset.kind == "qa"
    parts.heading(QUESTION, qa_profile.answer(dataset, profile) if is_qa else answer(dataset, profile))
    if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
        places.go("advice", ask="1")
    plots(dataset, profile)
    if is_qa:
        qa_profile.examples(dataset)
        qa_profile.documents(dataset)
    findings(profile.findings)
    duplicates(dataset, profile)
    set_aside(dataset)
    facts(dataset, profile)


def arrived(job: jobs.Job) -> bool:
    """Whether a dataset has been read; it takes the job's place in the address.

    The page is not switched here: a request of the progress bar that is under way would bring the old page back.
    """
    if not job.finished or not isinstance(job.result, Dataset):
        return False
    places.at_dataset(job.result.fingerprint[:16])
    st.query_params.from_dict(places.address())
    return True


def reading(job: jobs.Job) -> None:
    """How far the reading is, or why it failed."""
    parts.heading(QUESTION, "It cannot be read as it is." if job.error else "It is being listed, checked and split.")
    parts.wait(job)
    if job.error and st.button("Choose something else", key="back", icon=":material/arrow_back:"):
        jobs.forget(job.key)
        places.go("data")


def answer(dataset: Dataset, profile: Profile) -> str:
    """The first sentence: what it is, how balanced, and the most serious finding."""
    kind = "images" if dataset.kind == "image" else "texts"
    n_classes = wording.counted(len(dataset.classes), "class", "classes")
    balance = (
        "evenly filled" if profile.metric == "accuracy" else f"the largest {profile.imbalance:.1f} times the smallest"
    )
    grave = sum(f.severity != "note" for f in profile.findings)
    found = f"{wording.counted(grave, 'finding')} to look at" if grave else "nothing to worry about"
    return (
        f"{wording.short(dataset.name, 60)}: {wording.count(dataset.n_used)} {kind} in {n_classes}, {balance}; "
        f"{found}. It will be judged by {profile.metric}."
    )


def plots(dataset: Dataset, profile: Profile) -> None:
    """Counts per class, then sizes or lengths."""
    parts.section("Questions" if dataset.kind == "qa" else "Items per class")
    n_classes = f" for {len(dataset.classes)} classes" if dataset.classes else ""
    alt = f"How many items{n_classes}, split into training, validation and test"
    st.plotly_chart(data.counts(profile), config=charts.CONFIG, key="counts", alt=alt)
    stratified = "Split here." if dataset.kind == "qa" else "Split here, stratified."
    split = "The official split is used." if dataset.official_split else stratified
    kept = "" if dataset.official_split else " Groups and duplicates stay on one side."
    parts.note(f"{split}{kept} The test part stays locked until a report.")
    if dataset.kind == "qa":
        qa_profile.lengths(profile)
    elif dataset.kind == "text" and profile.sizes.get("n_words"):
        parts.section("Length")
        st.plotly_chart(data.text_lengths(profile), config=charts.CONFIG, key="lengths", alt="Words per text")
    elif dataset.kind == "image" and profile.sizes.get("width_px"):
        parts.section("Size")
        same = data.one_size(profile)
        if same:
            parts.note(f"Every inspected image is {same[0]} × {same[1]} pixels.")
        else:
            figure = data.image_sizes(profile)
            st.plotly_chart(figure, config=charts.CONFIG, key="sizes", alt="Width against height of the images")


def findings(found: tuple[Finding, ...]) -> None:
    """Each finding as a sentence with its severity, the gravest first."""
    parts.section("Findings")
    if not found:
        parts.note("Nothing was found that needs your attention.")
    parts.findings(found)


def duplicates(dataset: Dataset, profile: Profile) -> None:
    """Clusters of exact and near duplicates as pictures or texts."""
    if not profile.duplicates:
        return
    parts.section("Duplicates")
    n = len(profile.duplicates)
    exact = sum(kind == "exact" for kind in profile.duplicate_kind)
    shown = f" The first {SHOWN_CLUSTERS} are shown." if n > SHOWN_CLUSTERS else ""
    parts.note(f"{wording.counted(n, 'cluster')}, {exact} of them exact copies, {n - exact} nearly the same.{shown}")
    rows = {key: row for row, key in enumerate(dataset.items["key"])}
    kinds = profile.duplicate_kind
    for number, cluster in enumerate(profile.duplicates[:SHOWN_CLUSTERS]):
        there = [rows[key] for key in cluster if key in rows][:SHOWN_COPIES]
        names = dataset.items["key"].iloc[there]
        labels = [label(dataset, r, k) for r, k in zip(there, names, strict=True)]
        with st.container(border=True):
            kind = kinds[number] if number < len(kinds) else "near"
            parts.note(f"{wording.counted(len(cluster), f'{kind} copy', f'{kind} copies')}")
            parts.items_grid(dataset, there, labels, key=f"cluster-{number}")


def label(dataset: Dataset, row: int, key: str) -> str:
    """The line under an item: its class, where there are classes, and its key."""
    return f"{dataset.classes[dataset.labels[row]]} · {key}" if dataset.classes else key


def set_aside(dataset: Dataset) -> None:
    """Every item that is not used, with its reason."""
    if not dataset.n_set_aside:
        return
    parts.section("Set aside")
    parts.note(f"{wording.counted(dataset.n_set_aside, 'item')} of {wording.count(dataset.n_in)} are not used.")
    table = pd.DataFrame([{"Item": s.key, "Reason": s.reason} for s in dataset.set_aside])
    st.dataframe(table, hide_index=True, alt="Items set aside and why")


def facts(dataset: Dataset, profile: Profile) -> None:
    """Where it came from and what was inspected."""
    with st.expander("How this was read", icon=":material/info:"):
        rows = {
            "Source": dataset.source,
            "Fingerprint": dataset.fingerprint,
            "Items inspected": wording.count(profile.n_inspected),
            "Leaks across the official split": wording.count(profile.n_leaks),
            "Seconds": f"{profile.seconds:.1f}",
            **profile.facts,
        }
        for number, remark in enumerate(dataset.notes, start=1):
            rows[f"Note {number}"] = remark
        st.dataframe(
            pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())}), hide_index=True, alt="Facts of reading"
        )


if __name__ == "__main__":
    draw()
