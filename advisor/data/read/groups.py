"""`groups.csv`: which items belong together and must not be torn apart by a split."""

from __future__ import annotations

from pathlib import PurePosixPath

from advisor.core.errors import DatasetError
from advisor.core.wording import counted
from advisor.data.read.listing import Listing
from advisor.data.read.tables import read_table
from advisor.data.read.tree import Tree

NAME = "groups.csv"
_PATH_NAMES = ("path", "file", "filename", "file_name", "image", "key", "item")
_GROUP_NAMES = ("group", "group_id", "groups", "patient", "subject", "speaker")


def is_groups(file: str) -> bool:
    """Whether a relative path names a groups file."""
    return file.rsplit("/", 1)[-1].lower() == NAME


def apply_groups(listing: Listing, tree: Tree) -> None:
    """Fill the listing's ``group`` column from every groups.csv in the tree and note what was matched.

    A row's path is looked for beside the groups.csv, then from the top, then as an ending that only one item has.
    """
    for file in filter(is_groups, tree.files):
        wanted = _rows(tree, file)
        keys = listing.items["key"].tolist()
        group_of, n_unknown = _match(keys, str(PurePosixPath(file).parent), wanted)
        groups = [group_of.get(key) for key in keys]
        old = listing.items["group"].tolist()
        listing.items["group"] = [new if new is not None else was for new, was in zip(groups, old, strict=True)]
        listing.items["group"] = listing.items["group"].astype(object)
        n_groups = counted(len(set(group_of.values())), "group")
        note = f"{file} keeps related items together: {n_groups} over {len(group_of):,} items."
        if n_unknown:
            note += f" {counted(n_unknown, 'row')} of it name no item in use."
        listing.notes.append(note)


def _rows(tree: Tree, file: str) -> list[tuple[str, str]]:
    table = read_table(tree.root / file)
    columns = list(table.frame.columns)
    if len(columns) < 2:
        raise DatasetError(f"{tree.root / file} needs two columns, path and group. It has {', '.join(columns)}.")
    lowered = {str(c).strip().lower(): c for c in columns}
    path = next((lowered[n] for n in _PATH_NAMES if n in lowered), columns[0])
    rest = [c for c in columns if c != path]
    group = next((lowered[n] for n in _GROUP_NAMES if n in lowered and lowered[n] != path), rest[0])
    pairs = zip(table.frame[path].tolist(), table.frame[group].tolist(), strict=True)
    return [(p.replace("\\", "/").removeprefix("./"), g) for p, g in pairs if p and g]


def _match(keys: list[str], below: str, wanted: list[tuple[str, str]]) -> tuple[dict[str, str], int]:
    known = set(keys)
    by_name: dict[str, list[str]] = {}
    for key in keys:
        by_name.setdefault(key.rsplit("/", 1)[-1], []).append(key)
    group_of: dict[str, str] = {}
    n_unknown = 0
    for path, group in wanted:
        beside = path if below == "." else f"{below}/{path}"
        endings = [k for k in by_name.get(path.rsplit("/", 1)[-1], []) if k == path or k.endswith("/" + path)]
        if beside in known:
            group_of[beside] = group
        elif path in known:
            group_of[path] = group
        elif len(endings) == 1:
            group_of[endings[0]] = group
        else:
            n_unknown += 1
    return group_of, n_unknown
