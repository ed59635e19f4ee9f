"""The labels of every table of a dataset, read in one way, and the signs that stand in place of a label."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from advisor.core.records import ReadOptions
from advisor.core.wording import counted, listed
from advisor.data.read.column_values import look_like_labels, may_be_labels
from advisor.data.read.columns import Columns, by_name, called_like_labels, in_words, label_names, same_column
from advisor.data.read.label_cells import read_labels
from advisor.data.read.listing import Listing
from advisor.data.read.names import natural
from advisor.data.read.part_tables import PartTable
from advisor.data.read.path_parts import part_folder
from advisor.data.read.tree import Tree

#: Where so many images have several rows with different labels, that is how several labels are written.
MANY_IMAGES = 0.2
#: What stands in place of a label that is held back or was never given.
PLACEHOLDERS = frozenset(
    "? ?? -1 -100 -999 - -- . n/a na nan null none nil unknown unlabeled unlabelled no_label nolabel tbd todo hidden "
    "missing undefined".split()
) | {"no label", "not labeled", "not labelled"}


def with_label_of_its_table(rule: PartTable, options: ReadOptions) -> ReadOptions:
    """Options that name a column of the table of labels that the training table was joined with, where it was."""
    names = [str(c) for c in rule.table.frame.columns if c in rule.label_columns]
    if options.label_column or not names:
        return options
    frame = rule.table.frame
    called = by_name(rule.table, label_names(), set(map(str, frame.columns)) - set(names))
    good = [c for c in (called, *names) if c and may_be_labels(frame[c])]
    best = next((c for c in good if look_like_labels(frame[c])), (good or names)[0])
    return options.model_copy(update={"label_column": best})


def with_labels(parts: Sequence[PartTable], rule: PartTable, columns: Columns, options: ReadOptions) -> list[PartTable]:
    """The tables with their labels read; one without the column has none. Raises DatasetError as `read_labels` does."""
    own = [same_column(part.table, columns.label) for part in parts]
    cells = [_by_image(part, label, columns) for part, label in zip(parts, own, strict=True) if label]
    where = columns.labels_from or in_words(columns.label)
    labels = iter(read_labels(cells, options, f"{where} of {rule.table.path}", called_like_labels(columns.label)))
    return [replace(part, labels=next(labels)) if label else part for part, label in zip(parts, own, strict=True)]


def _by_image(part: PartTable, label: str, columns: Columns) -> pd.Series:
    """The cells of labels; where many images stand in several rows with different ones, the list of these, as JSON."""
    frame = part.table.frame
    cells, path = frame[label], same_column(part.table, columns.path) if columns.path else None
    if path is None or frame[path].is_unique:
        return cells
    rows = frame[frame[path] != ""].groupby(path, sort=False)[label]
    lists = {image: list(dict.fromkeys(filter(None, names))) for image, names in rows}
    several = {image: names for image, names in lists.items() if len(names) > 1}
    if len(several) < MANY_IMAGES * len(lists):
        return cells
    written = {str(image): json.dumps(names, ensure_ascii=False) for image, names in several.items()}
    return frame[path].map(written).where(frame[path].isin(set(written)), cells).astype(object)


def set_placeholders_aside(listing: Listing) -> None:
    """Set aside, as unlabelled, the items outside training whose label is a sign for none that training never has.

    Where there are no parts, such a sign is a class like any other, and a note says so.
    """
    items = listing.items
    learned = set(items.loc[items["part"].isin(["train", ""]), "label"])
    sign = items["label"].map(lambda name: name.casefold() in PLACEHOLDERS)
    blank = sign & ~items["part"].isin(["train", ""]) & ~items["label"].isin(learned)
    if blank.any() and learned:
        signs = listed(sorted(set(items.loc[blank, "label"]), key=natural))
        listing.notes.append(
            f"{counted(int(blank.sum()), 'item')} outside training with {signs} in place of a label set aside."
        )
        listing.keep_unlabelled(blank)
        listing.put_aside(blank, items["label"].map(lambda name: f"{name} stands in place of its label."))
    held = sorted(name for name in learned if name.casefold() in PLACEHOLDERS and name.casefold() != "none")
    counts = pd.Series(listing.items["label"]).value_counts()
    if held and len(counts) > 2:
        each = listed([f"{name} ({counts[name]:,})" for name in held])
        listing.notes.append(
            f"{each} {'is a class' if len(held) == 1 else 'are classes'} like any other. Empty these cells if they "
            f"mean that there is no label."
        )


def add_unnamed_images(listing: Listing, tree: Tree) -> None:
    """Keep the images that no row names as unlabelled where they lie beside named ones or in the folder of a part."""
    start = f"{tree.root}{os.sep}"
    tables = [listing.items["path"], *([listing.unlabelled["path"]] if listing.unlabelled is not None else [])]
    named = {str(path).removeprefix(start).replace(os.sep, "/") for path in pd.concat(tables)}
    named |= {entry.key for entry in listing.set_aside}
    rest = [file for file in tree.images if file not in named]
    folders = {file.rpartition("/")[0] for file in named}
    items = [file for file in rest if file.rpartition("/")[0] in folders or part_folder(file)[0]]
    if rest:
        n, n_others = len(rest), len(rest) - len(items)
        others = f"; {n_others:,} of them in other folders are left alone" if n_others else ""
        listing.notes.append(f"No row names {n:,} of the images{others}.")
    if items:
        more = pd.DataFrame({"key": items, "path": [start + file.replace("/", os.sep) for file in items]}, dtype=object)
        kept = [] if listing.unlabelled is None else [listing.unlabelled]
        listing.unlabelled = pd.concat([*kept, more], ignore_index=True)
