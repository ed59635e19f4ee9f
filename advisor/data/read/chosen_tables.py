"""Which tables of a folder hold the items, and reading them together with their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.wording import counted, listed
from advisor.data.read.fasttext import ENDINGS, is_fasttext_file
from advisor.data.read.groups import is_groups
from advisor.data.read.label_tables import joined, label_pairs
from advisor.data.read.names import TEXT_SUFFIX, suffix, table_format
from advisor.data.read.part_tables import PartTable, part_of, split_submissions, stem_of
from advisor.data.read.tables import read_table
from advisor.data.read.tree import Tree

#: What the one table of items is called where several lie side by side.
_CALLED = ("data", "dataset", "labels", "annotations", "metadata")

#: More text files than this are not looked into for tables.
MOST_TEXT_TABLES = 100


def data_tables(tree: Tree) -> list[str]:
    """Tables that may hold the items: groups.csv, a sample submission and descriptions beside it do not."""
    tables = split_submissions([f for f in tree.tables if not is_groups(f)])[0] or fasttext_tables(tree)
    tables = tables or part_texts(tree)
    rich = [f for f in tables if table_format(f) != "json"]
    return rich or tables


def fasttext_tables(tree: Tree) -> list[str]:
    """Files of fastText lines; none among so many text files that they are items themselves."""
    files = [f for f in tree.files if suffix(f) in ENDINGS]
    return [f for f in files if is_fasttext_file(tree.root / f)] if len(files) <= MOST_TEXT_TABLES else []


def part_texts(tree: Tree) -> list[str]:
    """Text files called like parts, one each and none in a folder, that are tables: `train.txt` and `test.txt`."""
    texts = [f for f in tree.files if suffix(f) == TEXT_SUFFIX]
    parts = {f: part for f in texts if (part := part_of(f))}
    alone = not tree.images and not any("/" in f for f in texts)
    return list(parts) if alone and "train" in parts.values() and 1 < len(set(parts.values())) == len(parts) else []


def chosen_parts(tree: Tree, tables: list[str]) -> list[PartTable]:
    """The tables of items among `tables`, each with its labels.

    Raises DatasetError where one cannot be read, several are there and nothing tells which, or labels match no items.
    """
    pairs = label_pairs(tree.root, tables)
    files = [f for f in tables if f not in pairs.values()]
    return read_parts(tree.root, chosen(tree.root, files), pairs)


def chosen(root: Path, tables: list[str]) -> list[str]:
    """The tables to read together: the only one, those of the parts, all shards, or the one called data.

    Raises DatasetError when several are there and none of this tells.
    """
    top = min(f.count("/") for f in tables)
    near = [f for f in tables if f.count("/") == top]
    if len(near) == 1:
        return near
    parts = {f: part for f in near if (part := part_of(f))}
    if len(set(parts.values())) > 1 and len(parts) in (len(set(parts.values())), len(near)):
        return sorted(parts)
    if list(parts.values()) == ["train"]:
        return list(parts)  # the others describe it, such as a table of class names
    stems = {f: stem_of(f) for f in near}
    if len({re.sub(r"\d+-of-(?=\d+$)|(?<=part-)\d+", "", stem) for stem in stems.values()}) == 1:
        return sorted(near)  # one table in shards
    for wanted in _CALLED:
        called = [f for f, stem in stems.items() if stem.lower() == wanted]
        if len(called) == 1:
            return called
    raise DatasetError(
        f"{root} holds {counted(len(near), 'table')}: {listed(near)}. Give the path of one of them, "
        f"or put them into one table, with a column that names the class of each row where each table is one."
    )


def read_parts(root: Path, files: Iterable[str], pairs: dict[str, str] | None = None) -> list[PartTable]:
    """Read the tables; pairs: as in `label_pairs`. Raises DatasetError where one cannot be read or joined."""
    names, labels_of = list(files), pairs or {}
    several = len(names) > 1
    parts = []
    for file in names:
        table, label_columns = read_table(root / file), frozenset[str]()
        if file in labels_of:
            table, label_columns = joined(table, read_table(root / labels_of[file]), labels_of[file])
        prefix = f"{file} " if several else ""
        part = part_of(file) if several else ""
        parts.append(PartTable(file, table, part, prefix, label_columns, labels_of.get(file, "")))
    return parts
