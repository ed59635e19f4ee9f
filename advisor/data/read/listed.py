"""Choose the reader for a folder or table, and list its items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import ModalityName, kind_of, kind_row
from advisor.core.records import Kind, ReadOptions
from advisor.core.wording import counted, listed
from advisor.data.modality import modality_of
from advisor.data.read.aligned_tables import aligned
from advisor.data.read.chosen_tables import chosen_parts, data_tables, read_parts
from advisor.data.read.class_folders import place
from advisor.data.read.column_values import are_texts
from advisor.data.read.columns import LABEL_NAMES, by_name, path_column
from advisor.data.read.documents import document_files
from advisor.data.read.embedded_images import written_out
from advisor.data.read.groups import apply_groups
from advisor.data.read.image_folder import list_image_folder, list_text_folder
from advisor.data.read.image_table import Finder, found_path_column
from advisor.data.read.json_records import AnnotationsError
from advisor.data.read.listing import SEEN_ROWS, Listing, SeenTable
from advisor.data.read.names import IMAGE_SUFFIXES, SPREADSHEET_SUFFIXES, TEXT_SUFFIX, is_archive, suffix, table_format
from advisor.data.read.one_hot import with_one_hot, without_a_one
from advisor.data.read.part_labels import (
    add_unnamed_images,
    set_placeholders_aside,
    with_label_of_its_table,
    with_labels,
)
from advisor.data.read.part_tables import (
    PartTable,
    columns_in,
    common_columns,
    missing_column,
    part_of,
    split_submissions,
    target_of,
    training_table,
    unused,
)
from advisor.data.read.qa import find_questions, list_questions
from advisor.data.read.qa_refusals import no_questions
from advisor.data.read.source import Source, unpacked
from advisor.data.read.tables import Table
from advisor.data.read.tagged import list_tagged
from advisor.data.read.tree import Tree, walk
from advisor.data.read.unused_columns import unused_notes
from probes.progress import Progress, silent

#: How deep an archive may lie in others.
N_NESTED = 4


#: With so many texts for each image, the images illustrate them and are no items.
MANY_MORE = 2


def list_items(source: Source, options: ReadOptions, progress: Progress = silent) -> Listing:
    """List what `source` holds. Raises DatasetError when it is nothing that can be read, naming the next step."""
    if source.path.is_file():
        tree = Tree(source.path.parent, [source.path.name])
        if (tagged := list_tagged(tree, options, whole=False)) is not None:
            return tagged
        if not _asks_for(options, "text") and (images := written_out(source, tree, progress)):
            return list_items(images, options, progress)
        listing = _questions(tree, options, progress)
        listing = listing or _tables(source, tree, read_parts(tree.root, tree.files), options, progress)
    else:
        tree = walk(source.path)
        for _ in range(N_NESTED):
            archive = _only_archive(source, tree)
            if archive is None:
                break
            inner = Source(source.origin, source.name, archive, True, source.set_aside, source.notes)
            source = unpacked(inner, progress)
            tree = walk(source.path)
        if not _asks_for(options, "text") and (images := written_out(source, tree, progress)):
            return list_items(images, options, progress)
        listing = list_tagged(tree, options) or _questions(tree, options, progress)
        listing = listing or _folder(source, tree, options, progress)
        apply_groups(listing, tree)
    listing.set_aside += source.set_aside
    listing.notes += source.notes
    return listing


def _questions(tree: Tree, options: ReadOptions, progress: Progress) -> Listing | None:
    """The listing of questions over documents, None where the input is of another kind."""
    tables = find_questions(tree, options)
    return list_questions(tree, tables, progress) if tables else None


def _only_archive(source: Source, tree: Tree) -> Path | None:
    """The one archive of a folder that holds nothing else to read. Raises DatasetError when there are several."""
    archives = [f for f in tree.files if is_archive(f)]
    if not archives or tree.images or any(table_format(f) != "json" for f in data_tables(tree)):
        return None
    if len(archives) > 1:
        raise DatasetError(
            f"{source.origin} holds {counted(len(archives), 'archive')}: {listed(archives, 3)}. Unpack what belongs "
            f"together into one folder and give that, or give one of them."
        )
    return tree.root / archives[0]


def _folder(source: Source, tree: Tree, options: ReadOptions, progress: Progress) -> Listing:
    images, tables = tree.images, data_tables(tree)
    texts = [f for f in tree.files if suffix(f) == TEXT_SUFFIX]
    if not tree.files:
        raise DatasetError(_empty(source))
    # A folder may hold tables, images and texts at once: the kind that the user named chooses, else what is there.
    if tables and (not images or _asks_for(options, "text") or _table_rules(tree, tables, options)):
        return _tables(source, tree, chosen_parts(tree, tables), options, progress)
    figures = bool(images) and len(texts) >= MANY_MORE * len(images) and place(images).flat and not place(texts).flat
    if images and not _asks_for(options, "text") and not (figures and options.kind is None):
        return list_image_folder(tree, options, progress)
    if texts and not _asks_for(options, "image") and (len(texts) > 1 or not tables):
        return list_text_folder(tree, progress)
    documents = document_files(tree)
    if documents and all(suffix(f) in SPREADSHEET_SUFFIXES for f in documents):
        raise DatasetError(
            f"{source.origin} holds {counted(len(documents), 'spreadsheet')} ({listed(documents, 3)}), which cannot be "
            f"read. Save each sheet as CSV."
        )
    if documents:
        raise DatasetError(no_questions(Path(source.origin), documents))
    raise DatasetError(_nothing(source, tree, options.kind))


def _table_rules(tree: Tree, tables: list[str], options: ReadOptions) -> bool:
    """Whether a table beside images tells the classes, and not the folders.

    It does when the user named a column, when there are no two class folders, and when it has a column called
    like a label for most of the images which says something else than their folders.
    """
    if options.path_column or options.label_column or options.text_column:
        return True
    placement = place(tree.images)
    try:
        parts = chosen_parts(tree, tables)
        table = training_table(parts, options).table
        finder = Finder(table, tree.root, False, tree, part_of(training_table(parts, options).file))
        path = found_path_column(table, options, finder)
    except AnnotationsError:
        return placement.flat  # what the program wrote tells more than that there are no class folders
    except DatasetError:
        return False
    if path is None:
        n_rows = sum(len(part.table.frame) for part in parts)
        of_texts = any(are_texts(table.frame[c]) for c in table.frame.columns)
        pictures_of_it = of_texts and n_rows >= MANY_MORE * len(tree.images)  # figures, or a logo, beside texts
        return pictures_of_it or (placement.flat and _names_images(table, options))
    if placement.flat or len(set(placement.labels)) < 2:
        return True
    label = by_name(table, LABEL_NAMES, {path})
    if label is None or sum(len(part.table.frame) for part in parts) < 0.5 * len(tree.images):
        return False
    folder_of = dict(zip(tree.images, placement.labels, strict=True))
    cells = [(finder.find(p), v) for p, v in zip(table.frame[path].head(500), table.frame[label], strict=False) if p]
    pairs = {
        (folder_of.get(Path(p).relative_to(tree.root).as_posix()), v)
        for p, v in cells
        if p and tree.root in Path(p).parents
    }
    return not len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _tables(source: Source, tree: Tree, parts: list[PartTable], options: ReadOptions, progress: Progress) -> Listing:
    """List one table, or several that are the parts of one dataset, by the columns of the training table."""
    rule = training_table(parts, options)
    if not len(rule.table.frame):
        first = "".join(f" The first is {one.key}: {one.reason}" for one in rule.table.set_aside[:1])
        raise DatasetError(f"{rule.table.path} has a header but no usable row.{first} It needs one row per item.")
    if not options.label_column:
        target = target_of(rule, parts, tree.root, split_submissions(tree.tables)[1])
        options = options.model_copy(update={"label_column": target})
    guessed = not options.label_column and not rule.label_columns
    head = rule.table.frame.head(SEEN_ROWS)
    parts, options, labels_from = with_one_hot(parts, rule, options)
    rule = next(part for part in parts if part.file == rule.file)
    whole = tree if source.path.is_dir() else None
    finders = {part.file: Finder(part.table, tree.root, source.confined, whole, part_of(part.file)) for part in parts}
    modality = modality_of(_kind(rule, options, finders[rule.file]))
    options = with_label_of_its_table(rule, options)
    columns = replace(modality.columns(rule.table, options, common_columns(rule, parts)), labels_from=labels_from)
    parts = with_labels([aligned(rule, part, columns) for part in parts], rule, columns, options)
    kind = kind_of(modality.name, next((part.labels.task for part in parts if part.labels), "classification"))

    def listed_part(part: PartTable) -> Listing:
        if not len(part.table.frame):
            return unused(part, kind, f"{part.file} has a header but no usable row", False)
        why, unlabelled = missing_column(rule, part, columns)
        own = columns_in(part.table, columns, options)
        if why:
            item_of = modality.item_of(part.table, own, finders[part.file])
            return unused(part, kind, why, unlabelled, item_of)
        return modality.list_table(part, own, options, finders[part.file], progress)

    joined = _joined(kind, [part.file for part in parts], [listed_part(part) for part in parts])
    joined.seen = SeenTable(head, columns.roles)
    set_placeholders_aside(joined)
    joined.notes += unused_notes(rule.table, columns, guessed) + _unread(tree, parts, whole)
    if whole and modality.name == "image":
        add_unnamed_images(joined, tree)
    elif whole and tree.images:
        joined.notes.append(f"{counted(len(tree.images), 'image')} not read: {listed(tree.images, 3)}.")
    if columns.labels_from and kind_row(kind).task == "classification":
        joined.notes += without_a_one([part.table for part in parts], columns.label)
    if joined.unlabelled is not None and len(joined.unlabelled):
        n = len(joined.unlabelled)
        kept = f"{counted(n, 'item')} without a label {'is' if n == 1 else 'are'} kept apart"
        joined.notes.append(f"{kept}, to be predicted or labelled later.")
    return joined


def _asks_for(options: ReadOptions, modality: ModalityName) -> bool:
    """Whether the user named a kind of these items with labels."""
    row = kind_row(options.kind) if options.kind else None
    return row is not None and row.modality == modality and row.task != "answering"


def _kind(rule: PartTable, options: ReadOptions, finder: Finder) -> Kind:
    """The kind that the user named, else what the table lists."""
    return options.kind or ("image" if _is_image_table(rule.table, options, finder) else "text")


def _unread(tree: Tree, parts: list[PartTable], whole: Tree | None) -> list[str]:
    """A sentence on the folder's tables that were not read; a sample submission and groups.csv are none of them."""
    read = {file for part in parts for file in (part.file, part.labels_file)}
    rest = [file for file in data_tables(tree) if file not in read] if whole else []
    return [f"{counted(len(rest), 'other table')} not read: {listed(rest, 4)}."] if rest else []


def _joined(kind: Kind, files: list[str], listings: list[Listing]) -> Listing:
    if len(listings) == 1:
        return listings[0]
    joined = Listing(kind, listings[0].root, pd.concat([one.items for one in listings], ignore_index=True))
    joined.set_aside = [entry for one in listings for entry in one.set_aside]
    joined.notes = [f"The tables {listed(files)} are read as the parts of one dataset."]
    joined.notes += list(dict.fromkeys(note for one in listings for note in one.notes))
    unlabelled = [one.unlabelled for one in listings if one.unlabelled is not None]
    joined.unlabelled = pd.concat(unlabelled, ignore_index=True) if unlabelled else None
    modality_of(kind).joined(joined)
    return joined


def _is_image_table(table: Table, options: ReadOptions, finder: Finder) -> bool:
    """Whether a table lists images: its paths exist, or they end like images and nothing else could be a text."""
    if options.text_column:
        return False
    if found_path_column(table, options, finder) is not None:
        return True
    column = path_column(table, options)
    if column is None or not _names_images(table, options):
        return False
    others = table.frame.drop(columns=[column]).head(200)
    return not any(float(others[c].str.len().mean()) > 40 for c in others)


def _names_images(table: Table, options: ReadOptions) -> bool:
    """Whether the cells of a column end like images, which may exist or not."""
    column = path_column(table, options)
    return column is not None and float(table.frame[column].head(200).map(suffix).isin(IMAGE_SUFFIXES).mean()) >= 0.8


def _empty(source: Source) -> str:
    what = "archive" if source.unpacked else "folder"
    return (
        f"The {what} {source.origin} is empty: it holds no images and no table. "
        f"Put one folder of images per class into it, or a CSV with a text and a label column."
    )


def _nothing(source: Source, tree: Tree, kind: Kind | None) -> str:
    row = kind_row(kind) if kind else None
    texts = {"answering": "questions", "tagging": "tagged sentences"}.get(
        row.task if row else "", "texts or tables of texts"
    )
    what = "images or tables" if row is None else {"image": "images", "text": texts}[row.modality]
    if (row is None or (row.modality, row.task) == ("text", "classification")) and sum(
        not suffix(f) and "/" in f for f in tree.files
    ) >= 0.8 * len(tree.files):
        return (
            f"{source.origin} holds {counted(len(tree.files), 'file')} without an ending ({listed(tree.files, 2)}). "
            f"If they are texts, add .txt to their names: find . -type f ! -name '*.*' -exec mv {{}} {{}}.txt ';'"
        )
    return (
        f"{source.origin} holds {counted(len(tree.files), 'file')} but no {what} that can be read "
        f"({listed(tree.files, 3)}). Give class folders of images, or a CSV, TSV, JSONL or Parquet table."
    )
