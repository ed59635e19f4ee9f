"""Items without labels: a folder or an archive of images, a column of texts, lines of a file, or a dataset's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.option_words import with_option
from advisor.core.records import Dataset
from advisor.core.wording import counted, listed
from advisor.data.read.columns import named
from advisor.data.read.fingerprint import digest_files, digest_text
from advisor.data.read.image_table import Finder
from advisor.data.read.names import IMAGE_SUFFIXES, TEXT_SUFFIX, suffix, table_format
from advisor.data.read.part_tables import part_of
from advisor.data.read.source import Source, resolve
from advisor.data.read.tables import Table, read_table
from advisor.data.read.tree import walk
from advisor.data.task import task_of
from probes.progress import Progress, silent

#: What a pool is called where it is the dataset's own.
OWN = "its own items without a label"


@dataclass(frozen=True)
class Pool:
    """Unlabelled items: a table of key, item (a path or a text) and digest, each content once.

    ``n_left_out``: those that are empty or cannot be read, are copies of one another, or are in the dataset already.
    """

    items: pd.DataFrame
    source: str
    n_left_out: int


def pool_of(
    dataset: Dataset, source: str | Path | Sequence[str | Path] | None, column: str | None = None,
    progress: Progress = silent,
) -> Pool:  # fmt: skip
    """The unlabelled items of a source, or the dataset's own where none is named.

    source: a folder, archive, table or file of lines; or texts, or paths of images. column: of a table, what it holds
    items in. Raises DatasetError where there is nothing to choose from, or a table's column is not known.
    """
    if not task_of(dataset).has_classes:
        raise DatasetError(f"{dataset.name} has no classes, so there are no labels to choose items for.")
    images = kind_row(dataset.kind).modality == "image"
    if source is None:
        found, origin = _own(dataset), OWN
    elif isinstance(source, (str, Path)):
        found, origin = _read(dataset, source, images, column, progress), str(source)
    else:
        found = [(f"item {place}", str(item)) for place, item in enumerate(source, start=1)]
        origin = counted(len(found), "item")
    return _usable(dataset, found, origin, images, progress)


def _own(dataset: Dataset) -> list[tuple[str, str]]:
    own = dataset.unlabelled
    if own.empty:
        raise DatasetError(
            f"{dataset.name} has no items without a label. Name some: a folder of images, a table or a file of texts."
        )
    keys, items = own["key"].astype(str), own[kind_row(dataset.kind).column].astype(str)
    return list(zip(keys, items, strict=True))


def _read(
    dataset: Dataset, source: str | Path, images: bool, column: str | None, progress: Progress
) -> list[tuple[str, str]]:
    resolved = resolve(source, lambda sentence, share: progress(sentence, 0.3 * share))
    place = resolved.path
    if place.is_dir():
        tree = walk(place)
        files = tree.images if images else [file for file in tree.files if suffix(file) == TEXT_SUFFIX]
        if not files:
            what = "images" if images else f"{TEXT_SUFFIX} files"
            raise DatasetError(f"{source} holds no {what}. Give {_wanted(images)}.")
        if images:
            return [(file, str(place / file)) for file in files]
        return [(file, (place / file).read_text(encoding="utf-8", errors="replace")) for file in files]
    if table_format(place.name) is not None:
        return _cells(dataset, resolved, images, column)
    if images and suffix(place.name) in IMAGE_SUFFIXES:
        return [(place.name, str(place))]
    if not images and suffix(place.name) == TEXT_SUFFIX:
        lines = place.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        return [(f"line {number}", line) for number, line in enumerate(lines, start=1)]
    raise DatasetError(f"{place.name} holds no {'images' if images else 'texts'}. Give {_wanted(images)}.")


def _wanted(images: bool) -> str:
    return "a folder or an archive of images" if images else "a table, or a file with one text on each line"


def _cells(dataset: Dataset, source: Source, images: bool, column: str | None) -> list[tuple[str, str]]:
    """Key and item of each row of a table."""
    path = source.path
    table = read_table(path)
    columns = [column] if column is not None else _columns(dataset, table, images)
    names = [named(table, name, "image paths" if images else "texts") for name in columns]
    cells = table.frame[names[0]] if len(names) == 1 else table.frame[names].agg("\n\n".join, axis=1)
    items = cells.astype(str).tolist()
    if images:
        finder = Finder(table, path.parent, inside_only=source.confined, part=part_of(path.name))
        items = [finder.find(cell) or "" if cell else "" for cell in items]
    return [(f"row {number}", item) for number, item in zip(table.rows, items, strict=True)]


def _columns(dataset: Dataset, table: Table, images: bool) -> list[str]:
    """The columns of the items: those that the dataset was read from, or a table's only one."""
    there = [str(name) for name in table.frame.columns]
    known = dataset.columns.get("path_column" if images else "text_column", ())
    if known and set(known) <= set(there):
        return list(known)
    if len(there) == 1:
        return there
    what = "paths of the images" if images else "texts"
    raise DatasetError(
        f"{table.path} has the columns {listed(there, 20)}. Say which one holds the {what}, {with_option('column')}."
    )


def _usable(dataset: Dataset, found: list[tuple[str, str]], origin: str, images: bool, progress: Progress) -> Pool:
    """The items that can be labelled: each content once, and none that the dataset has."""
    if images:
        digests = [digest for digest, _ in digest_files([item for _, item in found], progress)]
    else:
        digests = [digest_text(item) if item.strip() else "" for _, item in found]
    table = pd.DataFrame({"key": [key for key, _ in found], "item": [item for _, item in found], "digest": digests})
    known = set(dataset.items["digest"].astype(str))
    usable = table[(table["digest"] != "") & ~table["digest"].isin(known)].drop_duplicates("digest")
    if usable.empty:
        raise DatasetError(
            f"None of the {counted(len(table), 'item')} of {origin} can be labelled: each is empty, cannot be read, or "
            f"is in {dataset.name} already."
        )
    return Pool(usable.reset_index(drop=True), origin, len(table) - len(usable))
