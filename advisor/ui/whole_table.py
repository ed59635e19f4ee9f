"""Predict a whole table, folder or archive: drop it, check the column, watch it, download the answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from advisor.batch import on_page
from advisor.batch.on_page import Done, Seen
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import ModalityName, kind_row
from advisor.core.records import Plan, RunStatus
from advisor.data.read.names import is_archive, table_format
from advisor.ui import jobs, parts, uploads, waiting, work, workers

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: What may be dropped.
FORMS: dict[ModalityName, str] = {
    "image": "the files, a zip of them, or a zip of a table with its images",
    "text": "a table, text files, or a zip of them",
}
#: Answers that are listed.
MOST_SHOWN = 5
#: Labels that are counted in a sentence.
MOST_LABELS = 6


def draw(status: RunStatus, plan: Plan) -> None:
    """The part of the result page."""
    key = jobs.key_of("rows", status.run)
    with st.container(border=True):
        job = jobs.pending(key)
        if job is not None and job.error is None:
            parts.answer_line("Predicting a whole table.")
            waiting.wait(job)
        else:
            box(status, plan, key)
        if job is not None and job.error is not None:
            parts.problem(job.error)
            jobs.forget(key)
        for done in on_page.answered(status.files.folder)[:MOST_SHOWN]:
            ready(done)


def box(status: RunStatus, plan: Plan, key: str) -> None:
    """The drop zone, the column, and the button."""
    row = kind_row(plan.kind)
    files = st.file_uploader(
        f"Predict many {row.items}: {FORMS[row.modality]}", key=f"rows-{status.run}", accept_multiple_files=True,
        help="Tables are CSV, TSV, JSON lines or Parquet. Each row keeps its columns and gains the answer.",
    )  # fmt: skip
    if not files:
        return
    if crowd := not_alone([file.name for file in files], row.modality):
        parts.problem(crowd, title="This cannot be read together.")
        return
    try:
        source, hidden, seen = looked_at(status.run, files)
    except PeopleError as error:
        parts.problem(str(error))
        return
    column = chosen_column(status.run, seen, row.items)
    label = f"Predict {wording.counted(seen.n_rows, 'row')}" if seen.n_rows else "Predict every row"
    ready_to_go = not seen.columns or column is not None
    if st.button(label, key=f"predict-rows-{status.run}", type="primary", disabled=not ready_to_go):
        asked = partial(work.predict_rows, status.run, source, hidden, column)
        jobs.start(key, "Predicting the rows", asked)
        st.rerun()


def not_alone(names: Sequence[str], modality: ModalityName) -> str:
    """Why files cannot be predicted together, "" where they can: a table of images may come with the images it names.

    >>> not_alone(["mails.csv", "more.txt"], "text")
    'mails.csv has to come alone. Remove the other file, or this one.'
    >>> not_alone(["photos.csv", "1.jpg"], "image"), not_alone(["a.txt", "b.txt"], "text")
    ('', '')
    """
    whole = [name for name in names if is_archive(name) or (modality == "text" and table_format(name))]
    if len(names) < 2 or not whole:
        return ""
    others = "file" if len(names) == 2 else "files"
    return f"{wording.short(whole[0], 60)} has to come alone. Remove the other {others}, or this one."


def looked_at(run: str, files: list[UploadedFile]) -> tuple[str, str, Seen]:
    """Where the files lie by now, the part of the path that nobody saw, and what they hold; looked at once.

    Raises PeopleError where they cannot be kept or read.
    """
    kept, names = f"rows-seen-{run}", [file.file_id for file in files]
    known = st.session_state.get(kept)
    if known is not None and known[0] == names:
        found: tuple[str, str, Seen] = known[1]
        return found
    path = uploads.keep_together([(file, file.name) for file in files])
    hidden = f"{path.parent}{os.sep}"
    with st.spinner("Looking at the rows."):
        seen: Seen = workers.answer("The look at the rows", partial(work.look_at_rows, run, str(path), hidden))
    st.session_state[kept] = (names, (str(path), hidden, seen))
    return str(path), hidden, seen


def chosen_column(run: str, seen: Seen, items: str) -> str | None:
    """The column of the items: that of training, which may be changed, or the user's choice; None where none is."""
    if not seen.columns:
        return None
    if len(seen.chosen) > 1:  # texts that are joined, as in training
        parts.note(f"Predicted from the columns {wording.listed(seen.chosen)}, as in training.")
        return ",".join(seen.chosen)
    columns = list(seen.columns)
    place = columns.index(seen.chosen[0]) if seen.clear and seen.chosen and seen.chosen[0] in columns else None
    return st.selectbox(f"Column with the {items}", columns, index=place, key=f"rows-column-{run}")


def ready(done: Done) -> None:
    """What came of a table, and its download."""
    parts.note(sentence(done))
    with st.container(horizontal=True):
        st.download_button(
            "Download the answers",
            data=lambda: done.path.read_bytes(),
            file_name=done.file,
            key=f"download-rows-{done.folder.name}",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button("Delete", key=f"forget-rows-{done.folder.name}", icon=":material/delete:", type="tertiary"):
            on_page.forget(done)
            st.rerun()


def sentence(done: Done) -> str:
    """What came of a table, in one line.

    >>> from pathlib import Path
    >>> sentence(Done(Path(), "mails.csv", "a.csv", 1500, 3, 1, {"spam": 900, "ham": 599}, 12.0))
    'mails.csv: 1,500 rows in 12 s. Given: spam 900, ham 599. 3 not sure. 1 could not be used.'
    """
    counted = list(done.counted.items())
    labels = ", ".join(f"{wording.short(name, 40)} {wording.count(n)}" for name, n in counted[:MOST_LABELS])
    rest = len(counted) - MOST_LABELS
    more = f", and {wording.counted(rest, 'further label')}" if rest > 0 else ""
    told = [
        f"{wording.short(done.name, 60)}: {wording.counted(done.n_rows, 'row')} in {wording.duration(done.seconds)}"
    ]
    told += [f"Given: {labels}{more}"] if labels else []
    told += [f"{wording.count(done.n_not_sure)} not sure"] if done.n_not_sure else []
    told += [f"{wording.count(done.n_problems)} could not be used"] if done.n_problems else []
    return ". ".join(told) + "."
