"""What a reader finds before anything is decoded: items as a table, and what is set aside, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from advisor.core.records import Kind, SetAside
from advisor.data.inspect.inspection import Inspection

#: Rows of a table that are kept to be shown.
SEEN_ROWS = 8


@dataclass(frozen=True)
class SeenTable:
    """The table whose columns hold for the dataset: its first rows, and the column of each role.

    ``roles``: role, called as in `ReadOptions`, to its columns.
    """

    head: pd.DataFrame
    roles: Mapping[str, tuple[str, ...]]


@dataclass
class Listing:
    """Items found in one input.

    ``items``: one row per item with ``key``, ``label`` (str), ``part`` ("" or an official part), ``group`` (str or
    None), ``digest``, and ``path`` (absolute; images) or ``text``. ``n_in`` = items + set aside.
    ``documents``: the table of documents beside questions ("qa"), whose items also have ``answers`` and ``document``.
    Of tagged sentences the items also have ``words`` and ``tags``, lists in JSON.
    ``unlabelled``: those set aside for want of a label alone: ``key`` and ``path`` or ``text``.
    ``seen``: the table that was read, None where the items do not come from a table.
    """

    kind: Kind
    root: Path
    items: pd.DataFrame
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    documents: pd.DataFrame | None = None
    unlabelled: pd.DataFrame | None = None
    seen: SeenTable | None = None

    @property
    def n_in(self) -> int:
        """Number of items found, usable or not."""
        return len(self.items) + len(self.set_aside)

    @property
    def first_cause(self) -> str:
        """Why the first item set aside cannot be used, as a sentence to go on with; empty when none was."""
        return "".join(f" The first is {one.key}: {one.reason}" for one in self.set_aside[:1])

    def put_aside(self, bad: pd.Series, reason: str | pd.Series) -> None:
        """Move the rows where `bad` is true to the items set aside."""
        keys = self.items.loc[bad, "key"]
        reasons = [reason] * len(keys) if isinstance(reason, str) else reason[bad].tolist()
        self.set_aside += [SetAside(key=str(k), reason=str(r)) for k, r in zip(keys, reasons, strict=True)]
        self.items = self.items[~bad].reset_index(drop=True)

    def keep_unlabelled(self, rows: pd.Series) -> None:
        """Note the rows where `rows` is true as unlabelled; they are still to be put aside."""
        columns = [c for c in ("key", "path", "text") if c in self.items]
        if rows.any():
            kept = [] if self.unlabelled is None else [self.unlabelled]
            self.unlabelled = pd.concat([*kept, self.items.loc[rows.to_numpy(), columns]], ignore_index=True)

    def keep(self, good: pd.Series, reason: str | pd.Series, inspection: Inspection) -> Inspection:
        """Set aside the rows outside `good`, here and in the inspection of these items alike."""
        mask = pd.Series(good, dtype=bool).reset_index(drop=True)
        self.put_aside(~mask, reason)
        return inspection.only(mask.to_numpy())


def item_table(
    keys: list[str],
    labels: list[str],
    parts: list[str],
    groups: list[str | None],
    digests: list[str],
    column: str,
    values: list[str],
) -> pd.DataFrame:
    """The items table; `column` is "path" or "text"."""
    return pd.DataFrame(
        {
            "key": pd.Series(keys, dtype=object),
            "label": pd.Series(labels, dtype=object),
            "part": pd.Series(parts, dtype=object),
            "group": pd.Series(groups, dtype=object),
            "digest": pd.Series(digests, dtype=object),
            column: pd.Series(values, dtype=object),
        }
    )
