"""How a source would be read, before its items are looked into: kind, columns, classes, parts, a few items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Kind, ReadOptions, TaggedSpan
from advisor.data.read.chosen_tables import data_tables, read_parts
from advisor.data.read.listed import list_items
from advisor.data.read.listing import SEEN_ROWS, Listing, SeenTable
from advisor.data.read.number_ranges import NumbersError
from advisor.data.read.source import Source, resolve
from advisor.data.read.tree import Tree, walk
from advisor.data.reading import all_bad
from advisor.data.tag_set import marked_sentences
from advisor.data.task import task_of
from probes.progress import Progress, silent

#: Items that are shown, of as many classes as there are.
N_SHOWN = 10
#: A cell that is shown has so many characters; a path has fewer.
CELL_CHARACTERS = 4096


@dataclass(frozen=True)
class Preview:
    """How a source would be read.

    ``kind``: None where none of its items can be read so, for ``problem``'s reason. ``classes``: items of each class,
    or spans of each type, the largest first; empty for questions. ``parts``: items of each official part, "" for those
    without one.
    ``items``: a few of them, ``item`` (a text, or an image's path) and ``label``. ``table``: the table they come from.
    ``measures``: whether the labels are measured numbers, which can be read as ranges.
    ``tagged``: some sentences that have spans, each with them.
    """

    name: str
    kind: Kind | None = None
    n: int = 0
    n_set_aside: int = 0
    n_documents: int = 0
    classes: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    table: SeenTable | None = None
    tagged: tuple[tuple[str, tuple[TaggedSpan, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    measures: bool = False


def preview(source: str, options: ReadOptions | None = None, progress: Progress = silent) -> Preview:
    """How `source` would be read with these options.

    Raises DatasetError where it cannot be read and has no table whose columns could be chosen in another way.
    """
    options = options or ReadOptions()
    progress("Looking at the input", 0.0)
    place = resolve(source, lambda sentence, share: progress(sentence, 0.5 * share))
    try:
        listing = list_items(place, options, lambda sentence, share: progress(sentence, 0.5 + 0.5 * share))
    except DatasetError as error:
        table = _first_table(place)
        if table is None:
            raise
        return Preview(
            place.name, table=_cut_short(table), problem=str(error), measures=isinstance(error, NumbersError)
        )
    if not len(listing.items):
        return Preview(place.name, table=_cut_short(listing.seen), problem=all_bad(place, listing))
    return _understood(place, listing)


def _understood(place: Source, listing: Listing) -> Preview:
    items = listing.items
    column = kind_row(listing.kind).column
    shown = items.groupby("label", sort=False).head(-(-N_SHOWN // max(1, items["label"].nunique()))).head(N_SHOWN)
    return Preview(
        name=place.name,
        kind=listing.kind,
        n=len(items),
        n_set_aside=len(listing.set_aside),
        n_documents=0 if listing.documents is None else len(listing.documents),
        classes=task_of(listing.kind).counted(listing),
        parts={str(part): int(n) for part, n in items["part"].value_counts().items()},
        items=shown[[column, "label"]].rename(columns={column: "item"}).reset_index(drop=True).map(_cut),
        table=_cut_short(listing.seen),
        tagged=marked_sentences(items, N_SHOWN) if "tags" in items else (),
        notes=tuple(dict.fromkeys(listing.notes)),
    )


def _cut_short(table: SeenTable | None) -> SeenTable | None:
    """A table with the beginnings of its cells only."""
    return None if table is None else SeenTable(table.head.map(_cut), table.roles)


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL_CHARACTERS else f"{cell[:CELL_CHARACTERS]}…"


def _first_table(place: Source) -> SeenTable | None:
    """The first table of a source that can be read as one, with no column chosen; None where there is none."""
    tree = Tree(place.path.parent, [place.path.name]) if place.path.is_file() else walk(place.path)
    try:
        files = tree.files if place.path.is_file() else data_tables(tree)
        for part in read_parts(tree.root, files[:1]):
            return SeenTable(part.table.frame.head(SEEN_ROWS), {}) if len(part.table.frame) else None
    except DatasetError:
        pass
    return None
