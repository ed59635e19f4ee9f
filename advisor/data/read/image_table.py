"""Image classification from tables: a path and a label column, images beside the table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from advisor.core import reach
from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_of
from advisor.core.option_words import with_option
from advisor.core.records import ReadOptions, SetAside
from advisor.core.wording import counted, listed
from advisor.core.workspace import Workspace
from advisor.data.read.columns import Columns, columns_beside, columns_there, in_words, path_column
from advisor.data.read.fingerprint import digest_files
from advisor.data.read.image_folder import printable
from advisor.data.read.images_nearby import folders_of
from advisor.data.read.label_sets import NO_LABEL, with_sets
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.names import is_archive, table_format
from advisor.data.read.part_tables import PartTable
from advisor.data.read.path_parts import part_folder, parts_by_folder
from advisor.data.read.table_rows import first_reason, groups_of, keys_of, parts_of
from advisor.data.read.tables import Table
from advisor.data.read.tree import Tree, walk
from probes.progress import Progress, silent


class Finder:
    """Finds the file a cell means: beside the table, from the top, or by an ending that only one image has.

    Of several images with this ending it is the one below the table's own folder, else the one in the folder of the
    table's part ("" where its name tells none).
    """

    def __init__(self, table: Table, root: Path, inside_only: bool, tree: Tree | None = None, part: str = "") -> None:
        self.beside = table.path.parent
        self.part = part
        self.root = root
        self.inside_only = inside_only
        self._tree = tree
        self._endings: dict[str, list[str]] | None = None

    def find(self, value: str) -> str | None:
        """Absolute path of the file that `value` names, or None. An unpacked archive's rows stay inside it."""
        for path in self._places(value):
            if self._allowed(path) and os.path.isfile(path):  # noqa: PTH113
                return path
        return self._by_ending(value.replace("\\", "/"))

    def is_outside(self, value: str) -> bool:
        """Whether `value` names a place that may not be opened here; nothing is told about what is there."""
        return bool(value) and not any(map(self._allowed, self._places(value)))

    def _places(self, value: str) -> Iterator[str]:
        plain = value.replace("\\", "/")
        for start in (self.beside, self.root):
            yield os.path.normpath(os.path.join(start, plain))  # noqa: PTH118 (100,000 Path objects are slow)

    def _allowed(self, path: str) -> bool:
        return self._inside(path) if self.inside_only else reach.may_open(path)

    def _inside(self, path: str) -> bool:
        return os.path.realpath(path).startswith(os.path.realpath(self.root) + os.sep)

    def _by_ending(self, plain: str) -> str | None:
        if self._endings is None:
            self._endings = {}
            for file in (self._tree or walk(self.root)).images:
                name = file.rsplit("/", 1)[-1].casefold()
                self._endings.setdefault(name, []).append(file)
                self._endings.setdefault(name.rsplit(".", 1)[0], []).append(file)
        clean = plain.strip("/").removeprefix("./")
        last = clean.rsplit("/", 1)[-1]
        files = self._endings.get(last.casefold(), [])
        exact: list[str] = []
        for form in (str, str.casefold):  # Windows and macOS do not tell IMG.JPG from img.jpg
            end = form("/" + clean)
            exact = exact or [
                f for f in files if form("/" + f).endswith(end) or form("/" + f.rsplit(".", 1)[0]).endswith(end)
            ]
        chosen = self._nearest(exact or self._alike(clean, files))
        return str(self.root / chosen[0]) if len(chosen) == 1 else None

    def _nearest(self, files: list[str]) -> list[str]:
        """Of several files those below the table's folder, then those in the folder of its part."""
        if len(files) > 1:
            below = os.path.relpath(self.beside, self.root).replace(os.sep, "/") + "/"
            files = [f for f in files if f.startswith(below)] or files
        if len(files) > 1 and self.part:
            files = [f for f in files if part_folder(f)[0] == self.part] or files
        return files

    def _alike(self, clean: str, files: list[str]) -> list[str]:
        """Files that a bare name means, or a path written on another machine: its last folder must agree too."""
        folders = clean.split("/")[:-1]
        return [f for f in files if not folders or f.split("/")[-2:-1] == folders[-1:]]


def found_path_column(table: Table, options: ReadOptions, finder: Finder) -> str | None:
    """The path column when its first values name images that exist (or the user named it), else None."""
    column = path_column(table, options)
    if column is None or options.path_column:
        return column
    values = table.frame[column]
    sample = values[values != ""].drop_duplicates().head(30)
    n_found = sum(finder.find(value) is not None for value in sample)
    return column if len(sample) and n_found >= 0.2 * len(sample) else None


def list_image_table(
    part: PartTable, columns: Columns, options: ReadOptions, finder: Finder, progress: Progress = silent
) -> Listing:
    """The rows of one table whose images exist and whose labels have been read; a row without its image is set aside.

    Raises DatasetError when none of the images exists.
    """
    table, labels = part.table, part.labels
    assert columns.path is not None and labels is not None
    values = table.frame[columns.path]
    paths = [finder.find(value) if value else None for value in values]
    if not any(paths):
        _none_found(table, columns.path, values, finder)
    keys = _keys(paths, finder.root, keys_of(table, part.prefix))
    by_folder = parts_by_folder(_folders(values, paths, finder.root), labels.values, part.part)
    parts, bad_part, part_notes = parts_of(table, columns.split, part.part, options.split_column is not None, by_folder)
    groups, group_notes = groups_of(table, columns.group)
    digests = _digests(paths, progress)
    items = item_table(
        keys, labels.values.tolist(), parts, groups, [d for d, _ in digests], "path", [p or "" for p in paths]
    )
    aside = [SetAside(key=part.prefix + entry.key, reason=entry.reason) for entry in table.set_aside]
    note = f"Read as image classification: paths from {in_words(columns.path)}, {columns.labels_in_words}."
    notes = [note, *part_notes, *group_notes, *table.notes, *labels.notes]
    listing = Listing(kind_of("image", labels.task), finder.root, with_sets(items, labels), aside, notes)
    bad_path = _path_reasons(values, paths, [r for _, r in digests], finder)
    bad_name = pd.Series(["" if k == printable(k) else "The file's name is not valid UTF-8. Rename it." for k in keys])
    listing.items["key"] = [printable(k) for k in keys]
    listing.keep_unlabelled((labels.reasons == NO_LABEL) & (first_reason(bad_path, bad_part, bad_name) == ""))
    reasons = first_reason(bad_path, labels.reasons, bad_part, bad_name)
    listing.put_aside(reasons != "", reasons)
    drop_repeats(listing)
    return listing


def _folders(values: pd.Series, paths: list[str | None], root: Path) -> pd.Series:
    """Where each row's image lies below the root; what its cell says where the file lies elsewhere or is missing."""
    start = str(root) + os.sep
    inside = [p.removeprefix(start) if p and p.startswith(start) else v for v, p in zip(values, paths, strict=True)]
    return pd.Series(inside, index=values.index, dtype=object)


def image_columns(table: Table, options: ReadOptions, common: frozenset[str] | None = None) -> Columns:
    """The columns of an image table; common: see `label_column`. Raises DatasetError naming those there are."""
    path = path_column(table, options)
    if path is None:
        raise DatasetError(
            f"{table.path} has no column of image paths. {columns_there(table.frame.columns)} "
            f"Call it path, or name it {with_option('path_column')}."
        )
    label, split, group = columns_beside(table, options, {path}, common)
    return Columns(label=label, path=path, split=split, group=group)


def _none_found(table: Table, column: str, values: pd.Series, finder: Finder) -> None:
    first = next((v for v in values if v), "")
    if first.startswith(("http://", "https://")):
        raise DatasetError(
            f"The {in_words(column)} of {table.path} holds web addresses ({first}). "
            f"Download the images first, and give their file names."
        )
    where, remedy = _way_on(values, finder)
    files = counted(len(values), "file")
    # An export of annotations has no columns: that of the paths is made by its reader.
    named = f"that {table.path} names" if table_format(table.path.name) == "json" else ""
    named = named or f"named in {in_words(column)} of {table.path}"
    raise DatasetError(f"None of the {files} {named} {where} (the first is {first!r}). {remedy}.")


def _way_on(values: pd.Series, finder: Finder) -> tuple[str, str]:
    """Where none of the files is, and what to do. Nobody looks whether what lies outside the bounds exists."""
    if reach.within(finder.root, Workspace.here().uploads):
        remedy = "A table reaches the files of its own upload only. Upload an archive of the table and its images"
        return "was uploaded with it", remedy
    if not finder.inside_only and any(map(finder.is_outside, values)):
        remedy = "Start the dashboard with --root and their folder, or upload an archive of the table and its images"
        return f"lies inside {reach.bounds()}", remedy
    if archives := [f for f in walk(finder.root).files if is_archive(f)]:
        return "exists", f"Unpack {listed(archives, 3)} beside the table"
    if finder.inside_only:
        return (
            "is in the archive",
            "A table in an archive reaches the files of that archive only. Put its images into it",
        )
    if nearby := folders_of(values, finder.beside):
        return "lies beside it", f"The images lie in {nearby[1]}: give the folder that holds both, {nearby[0]}"
    return "exists", "Put the images beside the table, or correct the paths"


def _digests(paths: list[str | None], progress: Progress) -> list[tuple[str, str]]:
    real = [p for p in paths if p]
    digests = iter(digest_files(real, progress))
    return [next(digests) if p else ("", "") for p in paths]


def _keys(paths: list[str | None], root: Path, rows: list[str]) -> list[str]:
    """Path inside the folder, the whole path for a file outside it, the row's number for none."""
    start = str(root) + os.sep
    return [p.removeprefix(start).replace(os.sep, "/") if p else row for p, row in zip(paths, rows, strict=True)]


def _path_reasons(values: pd.Series, paths: list[str | None], unreadable: list[str], finder: Finder) -> pd.Series:
    reasons = [
        why if path is not None else _not_found(value, finder)
        for value, path, why in zip(values, paths, unreadable, strict=True)
    ]
    return pd.Series(reasons, index=values.index, dtype=object)


def _not_found(value: str, finder: Finder) -> str:
    if not value:
        return "The path is empty."
    if not finder.inside_only and finder.is_outside(value):
        return f"{value} lies outside the folders that this dashboard reads."
    return f"There is no file {value}."


def drop_repeats(listing: Listing) -> None:
    """Keep one row per image: a repeat is set aside, and an image with several labels altogether."""
    items = listing.items
    n_labels = items.groupby("key")["label"].transform("nunique")
    listing.put_aside(n_labels > 1, "The table gives this image several labels.")
    listing.put_aside(listing.items.duplicated("key"), "The table names this image again.")
