"""What data do you have? Samples, a local path, an upload, and the datasets read before."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import Kind, SeveralLabels, kind_row
from advisor.core.records import Dataset
from advisor.data.read.samples import SAMPLES
from advisor.data.reading import known_datasets
from advisor.ui import jobs, parts, places, tasks, uploads, work
from advisor.ui.server.settings import machine, reads_paths

if TYPE_CHECKING:
    from advisor.data.read.samples import Sample

QUESTION = "What data do you have?"
COLUMNS = {
    "label_column": "Column of the labels",
    "text_column": "Column of the texts (or several: title,body)",
    "path_column": "Column of the image paths",
    "split_column": "Column of the official split",
    "group_column": "Column of the groups",
    "question_column": "Column of the questions",
    "answer_column": "Column of the answers",
    "document_column": "Column of the document with the answer",
}
CHOICES = ("kind", "several_labels")
SEVERAL: dict[SeveralLabels, str] = {"combine": "Each combination is a class", "single": "Leave them out"}
KINDS: dict[Kind, str] = {"image": "Images", "text": "Texts", "qa": "Questions over documents"}
#: What can be read, kind by kind; these words are ours and may be Markdown.
ACCEPTED = """
**Images**: a folder with one subfolder per class, or a table with paths and labels beside the images.

**Texts**: a table with texts and labels, lines of fastText, or a folder with one subfolder of text files per class.

**Questions over documents**: a folder with documents (Markdown, text, HTML, PDF, Word, EPUB, e-mail) and a table of
questions (the question, its accepted answers, and the document if known), or one table with all of it.

Tables are CSV, TSV, JSON, JSONL, Parquet or Arrow, also compressed (`.gz`), and the exports of COCO, Label Studio and
other programs for annotation. To upload a folder, make a zip or tar of it. A table and its images, or documents and
their questions, may also be selected together. `docs/data.md` and `docs/documents.md` say more.
"""
RECENT = 8


def draw() -> None:
    """The page."""
    parts.heading(
        QUESTION,
        "Start with a sample, or bring labelled images, labelled texts, or documents with questions. Your files stay "
        f"on {machine()}.",
    )
    gallery(SAMPLES)
    own()
    recent(known_datasets())


def read(source: str, title: str, hidden: str = "") -> None:
    """Start reading a source and open the profile, which shows the progress.

    hidden: the part of its path that is left out where the reading fails, since its user never saw it.
    """
    options = chosen_options()
    key = jobs.key_of("read", source, sorted(options.items()))
    jobs.start(key, title, partial(work.read, source, options, hidden))
    places.go("profile", job=key)


def gallery(samples: tuple[Sample, ...]) -> None:
    """One card for each sample: those at hand, then those that are downloaded first."""
    parts.section("Samples")
    cards([sample for sample in samples if not sample.needs_network], 4, "gallery")
    parts.note("Larger samples are downloaded when chosen:")
    cards([sample for sample in samples if sample.needs_network], 4, "gallery-online")


def cards(samples: list[Sample], columns: int, key: str) -> None:
    """A row of cards, as high as the highest: the frame is the cell's, since what lies in a cell does not stretch."""
    with st.grid(columns, min_column_width=200, border=True, key=key) as grid:
        for sample in samples:
            with grid.cell():
                card(sample)


def card(sample: Sample) -> None:
    """A sample's card; its words are ours (`advisor.data.read.samples`), so they may be Markdown."""
    st.markdown(f"**{sample.title}**")
    st.caption(sample.sentence)
    size = "" if sample.needs_network else f" · {sample.size}"
    st.caption(f"{kind_row(sample.kind).counted(sample.n)}{size} · {sample.licence}")
    if sample.needs_network:
        st.badge(f"needs a network, {sample.size}", icon=":material/cloud_download:", color="orange")
    if st.button("Use this", key=f"sample-{sample.name}", width="stretch"):
        read(f"sample:{sample.name}", f"Reading the sample {sample.title}")


def own() -> None:
    """A path on this machine, or an upload, with the options of reading."""
    parts.section("Your own data")
    if reads_paths():
        left, right = st.columns(2, gap="medium")
        with left:
            local()
    else:
        right = st.container()
    with right, st.container(border=True, height="stretch"):
        upload()
    with st.expander("What is accepted", icon=":material/help:"):
        st.markdown(ACCEPTED)
    with st.expander("Options: kind and columns", icon=":material/tune:"):
        options()


def local() -> None:
    """A path on the machine that serves the page."""
    with st.form("path", border=True, height="stretch"):
        path = st.text_input(
            f"Path on {machine()}",
            placeholder="/home/me/photos, reviews.csv or manuals",
            help="A folder, an archive of one, or a table. “What is accepted” below lists the formats.",
        )
        if st.form_submit_button("Read the path", key="read-path") and path.strip():
            read(os.path.expanduser(path.strip()), "Reading the path")  # noqa: PTH111 (Path raises on an unknown ~user)


def upload() -> None:
    """An uploaded archive or table, or documents with their questions, kept in the workspace once read.

    Any file may come: the widget would refuse one by a red icon alone, while the reading says why and what to do.
    """
    label = "Upload an archive, a table, or documents with their questions"
    files = st.file_uploader(label, key="upload", accept_multiple_files=True)
    if not files or not st.button("Read the upload", key="read-upload", type="primary"):
        return
    try:
        kept = uploads.keep_together([(file, file.name) for file in files])
    except PeopleError as error:
        parts.problem(str(error))
        return
    read(str(kept), "Reading the upload", hidden=f"{kept.parent}{os.sep}")


def options() -> None:
    """The options of reading; what is left empty is detected."""
    st.segmented_control(
        "Kind",
        list(KINDS),
        key="option-kind",
        format_func=lambda kind: KINDS[kind],
        help="Detected when none is chosen.",
        persist_state="page",
    )
    st.segmented_control(
        "Rows with several labels",
        list(SEVERAL),
        key="option-several_labels",
        format_func=lambda choice: SEVERAL[choice],
        help="Only needed where a row has several labels at once.",
        persist_state="page",
    )
    with st.grid(3, min_column_width=200):
        for name, label in COLUMNS.items():
            st.text_input(label, key=f"option-{name}", placeholder="detected", persist_state="page")


def chosen_options() -> dict[str, str]:
    """The options that were set, by the names `api.read` takes."""
    values = {name: str(st.session_state.get(f"option-{name}") or "").strip() for name in (*CHOICES, *COLUMNS)}
    return {name: value for name, value in values.items() if value}


def recent(known: list[Dataset]) -> None:
    """The datasets read before, the latest first."""
    if not known:
        return
    parts.section("Recent")
    for dataset in known[:RECENT]:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.text(tasks.describe(dataset), width="stretch")
            if st.button("Open", key=f"open-{dataset.fingerprint[:16]}"):
                places.go("profile", data=dataset.fingerprint[:16])
    if len(known) > RECENT:
        parts.note(f"{wording.count(len(known) - RECENT)} older datasets are in the workspace.")


if __name__ == "__main__":
    draw()
