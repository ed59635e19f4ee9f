"""Label these next: a drop box for unlabelled items, the chosen ones to take away, and the labels that come back."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import partial
from zipfile import ZIP_DEFLATED, ZipFile

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, NextLabels
from advisor.data import labelling
from advisor.data.task import task_of
from advisor.ui import jobs, parts, places, uploads, waiting, work
from advisor.ui.arriving.own import DROP_ZONE
from advisor.ui.items import images
from advisor.ui.server.settings import machine, reads_paths

TITLE = "Label these next"
SHOWN = 24
PACKED = "label-studio.zip"


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section of the Evidence page; nothing for a dataset without classes."""
    if not task_of(dataset).has_classes:
        return
    parts.section(TITLE)
    st.text(f"Drop {kind_row(dataset.kind).items} that have no label yet, to learn whose labels would help most.")
    key = jobs.key_of("next", dataset.fingerprint)
    if (job := jobs.pending(key)) is not None:
        waiting.wait(job)
        if not job.error:
            return
    ask(dataset, key)
    chosen = NextLabels.saved(dataset.files.next_labels)
    if chosen is not None:
        show(chosen)
    come_back(dataset)


def ask(dataset: Dataset, key: str) -> None:
    """Unlabelled items: files, a path, or those of the dataset itself."""
    st.html(DROP_ZONE)
    own = len(dataset.unlabelled)
    with st.container(border=True):
        what = (
            "images, or a folder of them as a zip"
            if kind_row(dataset.kind).modality == "image"
            else "a table, or a file of lines"
        )
        files = st.file_uploader(f"Drop {what}", key="upload-next", accept_multiple_files=True)
        path = ""
        if reads_paths():
            path = st.text_input(f"Or a path on {machine()}", key="next-path").strip()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            n = int(st.number_input("How many to label", 1, 5000, 50, key="next-n", width=160))
            named = st.text_input(
                "Column of a table", key="next-column", placeholder="found by itself", width=220,
                help="Which column holds the items, where the table's names do not tell.",
            )  # fmt: skip
        if st.button("Choose them", key="next-choose", type="primary", disabled=not (files or path or own)):
            source, hidden = None, ""
            if files:
                try:
                    kept = uploads.keep_together([(file, file.name) for file in files])
                except PeopleError as error:
                    parts.problem(str(error))
                    return
                source, hidden = str(kept), f"{kept.parent}{os.sep}"
            elif path:
                source = os.path.expanduser(path)  # noqa: PTH111 (Path raises on an unknown ~user)
            ask_for(dataset, key, partial(work.label_next, dataset, source, hidden, n, named.strip() or None))
        if own:
            items = wording.counted(own, "item")
            parts.note(f"Without any of these, {items} of {wording.short(dataset.name, 40)} without a label.")


def ask_for(dataset: Dataset, key: str, job: Callable[..., object]) -> None:
    """Start the choosing in a process of its own."""
    jobs.start(key, "Choosing", job)
    st.rerun()


def show(chosen: NextLabels) -> None:
    """The items with what they should bring, and both files."""
    for line in chosen.sentences:
        parts.text(line)
    with st.container(horizontal=True):
        st.download_button(
            "Table (CSV)", data=lambda: labelling.to_csv(chosen).encode("utf-8", "replace"), file_name=labelling.TABLE,
            mime="text/csv", key="next-csv", icon=":material/table:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Project for Label Studio (zip)", data=lambda: packed(chosen), file_name=PACKED, mime="application/zip",
            key="next-label-studio", icon=":material/new_label:", on_click="ignore",
        )  # fmt: skip
    parts.fold("The items", "label", partial(gallery, chosen))


def packed(chosen: NextLabels) -> bytes:
    """The tasks and the configuration as a zip."""
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr(labelling.TASKS, labelling.to_tasks(chosen).encode("utf-8", "replace"))
        archive.writestr(labelling.CONFIG, labelling.to_config(chosen).encode("utf-8", "replace"))
    return stream.getvalue()


def gallery(chosen: NextLabels) -> None:
    """The first of the items, as they are."""
    shown = chosen.items[:SHOWN]
    if kind_row(chosen.kind).modality == "image":
        with st.grid("auto", min_column_width=120, gap="small", key="next-items"):
            for one in shown:
                images.captioned(one.item, wording.short(one.key, 60))
    else:
        for one in shown:
            with st.container(border=True, gap="xsmall"):
                st.text(wording.short(one.item, 300))
                parts.note(one.key)
    if len(chosen.items) > len(shown):
        parts.note(f"And {wording.counted(len(chosen.items) - len(shown), 'more', 'more')}, in the files.")


def come_back(dataset: Dataset) -> None:
    """The labelled file, and the version that it makes."""
    key = jobs.key_of("labelled", dataset.fingerprint)
    if (job := jobs.pending(key)) is not None:
        waiting.wait(job)
        if not job.error:
            return
    with st.container(border=True):
        st.text("Labelled? Drop the table with its labels, or the export of the project as JSON.")
        file = st.file_uploader("The labelled file", key="upload-labelled", label_visibility="collapsed")
        if file is not None and st.button("Add the labels", key="add-labels", type="primary"):
            try:
                kept = uploads.keep(file, file.name)
            except PeopleError as error:
                parts.problem(str(error))
                return
            jobs.start(key, "Adding labels", partial(work.add_labels, dataset, str(kept), f"{kept.parent}{os.sep}"))
            st.rerun()
        added = jobs.find(key)
        if added is not None and isinstance(added.result, work.Added):
            parts.text(added.result.sentence)
            parts.note("The test part stayed as it is, so runs before and after can be compared item by item.")
            if st.button("Open the new version", key="open-grown", icon=":material/arrow_forward:"):
                places.go("fix", data=added.result.fingerprint[:16])  # where one click shows what it changed
