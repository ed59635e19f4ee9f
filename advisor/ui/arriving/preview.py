"""Is this right? What was dropped, as it would be read, with fields to correct it, and then the reading itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NoReturn

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import Kind, SeveralLabels, kind_row
from advisor.core.records import Dataset
from advisor.core.shown import visible
from advisor.data.preview import Preview
from advisor.data.read.listing import SeenTable
from advisor.ui import jobs, marking, parts, places, uploads, waiting, work
from advisor.ui.items.images import captioned
from advisor.ui.server.settings import reads_paths

QUESTION = "Is this right?"
#: The roles of columns that each kind of dataset can have, by the names of `ReadOptions`.
ROLES: dict[Kind, tuple[str, ...]] = {
    "image": ("path_column", "label_column", "split_column", "group_column"),
    "text": ("text_column", "label_column", "split_column", "group_column"),
    "qa": ("question_column", "answer_column", "document_column", "split_column"),
    "image-multilabel": ("path_column", "label_column", "split_column", "group_column"),
    "text-multilabel": ("text_column", "label_column", "split_column", "group_column"),
    "tags": (),
}
HELP = {
    "text_column": "Several columns are joined by a blank line.",
    "split_column": "Which items are for training, validation and test.",
    "group_column": "Items of one group, such as one patient, stay on one side of the split.",
    "document_column": "The document that answers the question.",
}
KINDS: dict[Kind, str] = {
    "image": "Images",
    "text": "Texts",
    "qa": "Questions over documents",
    "tags": "Tagged sentences",
    "image-multilabel": "Images with several labels",
    "text-multilabel": "Texts with several labels",
}
SEVERAL: dict[SeveralLabels, str] = {
    "each": "Learn each label",
    "each-or-none": "Learn each label; empty is none of them",
    "combine": "Each combination is a class",
    "single": "Leave these rows out",
}
#: Into how many ranges a number is divided.
RANGES, USUAL_RANGES = ("2", "3", "4", "5", "6", "8", "10"), 4
PARTS = {"train": "training", "val": "validation", "test": "test", "ood": "another distribution", "": "no part"}
SHOWN_CLASSES = 30
#: By task: what labels are called together, one of them, and what is counted of each.
NAMES = {"multilabel": ("Labels", "Label", "Items"), "tagging": ("Types", "Type", "Spans")}


def looked_at(asked: work.Reading) -> jobs.Job:
    """Look at a source anew; what is under way goes on."""
    key = jobs.key_of("preview", asked.source, sorted(asked.options.items()))
    return jobs.start(key, "Looking at the data", partial(work.preview, asked), asked)


def asked_again(dataset: Dataset) -> work.Reading:
    """How a dataset was read, to be changed."""
    hidden = dataset.source.removesuffix(uploads.shown(dataset.source))
    return work.Reading(
        dataset.source, hidden, dataset.options.model_dump(exclude={"schema_version"}, exclude_none=True)
    )


def draw(job: jobs.Job) -> None:
    """The preview that a job makes, and what becomes of it."""
    asked: work.Reading = job.asked
    if job.error is not None:
        failed(job.error, asked)
        return
    if not job.finished or job.result is None:
        parts.heading(QUESTION, "Looking at the data.")
        waiting.wait(job, cancelled="data")
        return
    seen: Preview = job.result
    parts.heading(QUESTION, in_words(seen))
    if seen.problem:
        parts.problem(seen.problem, "It cannot be read like this. Choose its columns below.")
    with st.container(horizontal=True):
        if st.button("Read the data", key="read", type="primary", icon=":material/check:", disabled=bool(seen.problem)):
            read(asked, f"Reading {seen.name}", job.key)
        ways_back(asked)
    wanted = chosen(asked, seen)
    if wanted != dict(asked.options):
        show(replace(asked, options=wanted))
    if seen.table is not None:
        table(seen.table)
    classes(seen)
    examples(seen)
    with st.container(gap="xxsmall"):
        for note in seen.notes:
            parts.note(note)


def failed(why: str, asked: work.Reading) -> None:
    """Why nothing can be read, and the path to correct where one was typed."""
    parts.heading("This cannot be read", why)
    if not asked.hidden and reads_paths():
        path = st.text_input("Path", value=asked.source, key="corrected").strip()
        if path and (path != asked.source or st.button("Try again", key="again", icon=":material/refresh:")):
            show(replace(asked, source=path))
    ways_back(asked)


def read(asked: work.Reading, title: str, preview: str = "") -> None:
    """Start reading and open the profile, which shows the progress.

    preview: the job whose preview it was; where the reading fails, the way leads back there.
    """
    key = jobs.key_of("read", asked.source, sorted(asked.options.items()))
    jobs.start(key, title, partial(work.read, asked), preview)
    places.go("profile", job=key)


def ways_back(asked: work.Reading) -> None:
    """Without the changes made here, and to the choice of data."""
    if asked.options and st.button("Undo the changes", key="undo", icon=":material/undo:"):
        show(replace(asked, options={}))
    if st.button("Choose something else", key="back", icon=":material/arrow_back:"):
        places.go("data")


def show(asked: work.Reading) -> NoReturn:
    """Look at it in another way, under an address of its own."""
    places.go("data", preview=looked_at(asked).key)


def in_words(seen: Preview) -> str:
    """What would be read, in a sentence or two.

    >>> in_words(Preview("reviews", kind="text", n=60, classes={"a": 30, "b": 30}, parts={"": 60}))
    'reviews: 60 texts in 2 classes. The split is made when they are read.'
    """
    if seen.kind is None:
        return f"{wording.short(seen.name, 60)}: nothing can be read from it yet."
    row = kind_row(seen.kind)
    where = {
        "classification": f"in {wording.counted(len(seen.classes), 'class', 'classes')}",
        "answering": f"over {wording.counted(seen.n_documents, 'document')}",
        "multilabel": f"with any of {wording.counted(len(seen.classes), 'label')}",
        "tagging": f"with {wording.counted(sum(seen.classes.values()), 'span')} of "
        f"{wording.counted(len(seen.classes), 'type')}",
    }[row.task]
    aside = f" {wording.counted(seen.n_set_aside, 'row')} cannot be used." if seen.n_set_aside else ""
    return f"{wording.short(seen.name, 60)}: {row.counted(seen.n)} {where}. {split(seen.parts)}{aside}"


def split(parts_of: Mapping[str, int]) -> str:
    """The official parts, in a sentence."""
    if set(parts_of) <= {""}:
        return "The split is made when they are read."
    named = [f"{wording.count(n)} for {PARTS[part]}" for part in PARTS if part and (n := parts_of.get(part))]
    rest = f"; {wording.count(parts_of[''])} without a part" if parts_of.get("") else ""
    return f"Their own split: {wording.listed(named)}{rest}."


def chosen(asked: work.Reading, seen: Preview) -> dict[str, str]:
    """The options as the fields stand: what differs from the reader's own choice, and what was chosen before."""
    options = dict(asked.options)
    kind: Kind = seen.kind or options.get("kind") or "text"  # type: ignore[assignment]
    parts.section("How it is read")
    wish = st.segmented_control(
        "Kind", list(KINDS), default=kind, key=f"kind-{kind}", format_func=KINDS.__getitem__, required=True
    )
    if wish and wish != kind:
        kept = {"several_labels": asked.options["several_labels"]} if "several_labels" in asked.options else {}
        return {"kind": wish} | (
            kept if kind_row(wish).task == kind_row(kind).task else {}
        )  # the columns of another kind are other ones
    if seen.table is None:
        return options
    with st.grid(4, min_column_width=180):
        for role in ROLES[kind]:
            column(role, seen.table, options)
    if seen.measures or "number_ranges" in options:
        ranges(options)
    if kind_row(kind).task == "multilabel" or (seen.problem and not seen.measures) or "several_labels" in options:
        several(options)
    return options


def column(role: str, table: SeenTable, options: dict[str, str]) -> None:
    """The field of one role; a change is written into the options."""
    columns = list(map(str, table.head.columns))
    present = table.roles.get(role) or _named(options.get(role, ""), columns)
    mark = "-".join((role, *present))
    if role == "text_column":
        default = [name for name in present if name in columns]
        names = tuple(st.multiselect(work.FIELDS[role], columns, default, key=mark, help=HELP[role]))
    else:
        index = columns.index(present[0]) if present and present[0] in columns else None
        name = st.selectbox(
            work.FIELDS[role],
            columns,
            index,
            key=mark,
            placeholder="None found",
            help=HELP.get(role),
            format_func=visible,
        )
        names = (name,) if name else ()
    if names and names != present:
        options[role] = ",".join(names)
    elif not names:
        options.pop(role, None)  # emptied: found by looking again


def _named(option: str, columns: list[str]) -> tuple[str, ...]:
    """The columns that an option names."""
    names = (option,) if option in columns else tuple(option.split(","))
    return tuple(name for name in names if name in columns)


def ranges(options: dict[str, str]) -> None:
    """Into how many ranges a number is divided; one click where it was refused."""
    if "number_ranges" not in options:
        if st.button(f"Read the numbers as {USUAL_RANGES} ranges", key="ranges", icon=":material/stacked_bar_chart:"):
            options["number_ranges"] = str(USUAL_RANGES)
        return
    chosen = st.segmented_control(
        work.FIELDS["number_ranges"], list(RANGES), default=str(options["number_ranges"]), key="n-ranges",
        help="Ranges with as many items each, by quantile.", required=True,
    )  # fmt: skip
    options["number_ranges"] = str(chosen)


def several(options: dict[str, str]) -> None:
    """What becomes of rows with several labels."""
    chosen = st.segmented_control(
        work.FIELDS["several_labels"],
        list(SEVERAL),
        default=options.get("several_labels"),
        key="several",
        format_func=lambda choice: SEVERAL[choice],
        help="Only needed where a row has several labels at once.",
    )
    if chosen and chosen != options.get("several_labels"):
        options.pop("kind", None)  # it follows from what becomes of the labels
    if chosen:
        options["several_labels"] = chosen
    else:
        options.pop("several_labels", None)


def table(table: SeenTable) -> None:
    """The first rows; a column's role stands behind its name where that is another, and these columns come first."""
    role_of = {name: work.FIELDS[role].lower() for role, names in table.roles.items() for name in names}
    columns = sorted(map(str, table.head.columns), key=lambda name: name not in role_of)
    shown = table.head[columns].rename(columns=lambda name: header(name, role_of.get(name, "")))
    parts.section("First rows")
    parts.table(shown, hide_index=True, alt="The first rows of the table")


def header(name: str, role: str) -> str:
    """A column's name, with its role where the name does not say it.

    >>> header("review", "text"), header("Text", "text"), header("id", "")
    ('review · text', 'Text', 'id')
    """
    return name if not role or role.lower() in name.lower().replace("_", " ").split() else f"{name} · {role}"


def classes(seen: Preview) -> None:
    """How many items each class has."""
    if not seen.classes:
        return
    title, head, of = NAMES.get(kind_row(seen.kind).task if seen.kind else "", ("Classes", "Class", "Items"))
    parts.section(title)
    largest = list(seen.classes.items())[:SHOWN_CLASSES]
    frame = pd.DataFrame(largest, columns=[head, of])
    bar = st.column_config.ProgressColumn(format="localized", min_value=0, max_value=int(frame[of].max()))
    height = "content" if len(frame) <= 10 else 300
    alt = f"{of} of each {head.lower()}"
    parts.table(frame, hide_index=True, height=height, alt=alt, column_config={of: bar})
    if len(seen.classes) > SHOWN_CLASSES:
        parts.note(f"The {SHOWN_CLASSES} largest of {wording.count(len(seen.classes))} {title.lower()}.")


def examples(seen: Preview) -> None:
    """A few images with their classes; texts only where no table shows them."""
    if seen.kind is not None and kind_row(seen.kind).modality == "image":
        parts.section("Some of the images")
        with st.grid("auto", min_column_width=110, gap="small", key="preview-images"):
            for path, label in seen.items.itertuples(index=False):
                captioned(str(path), wording.short(label, 40))
    elif seen.kind == "tags":
        marking.sentences("Some of the sentences", seen.tagged)
    elif seen.kind is not None and seen.table is None:
        parts.section("Some of the texts")
        for text, label in seen.items.itertuples(index=False):
            parts.quote(wording.short(label, 60), wording.short(text, 240))
