"""Decisions about a dataset's items: kept beside what is known about it, in the order in which they were taken.

The file is rewritten whole and atomically, under a lock, so that two pages lose nothing to each other. An item is known
by its key and the digest of its content: decisions hold when the same source is read again with other items beside, and
no longer hold for an item whose content has changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from filelock import FileLock

from advisor.core.errors import DatasetError
from advisor.core.records import ACTIONS, Action, Dataset, Decision, Decisions
from advisor.core.wording import listed
from advisor.core.workspace import Workspace, mark
from advisor.data.versions.label_words import label_words
from probes.reading import NOT_FOUND

#: The step of decisions that a version has from its parent: they are not taken back.
INHERITED = 0


@dataclass(frozen=True)
class Standing:
    """The last decision on each item, as far as it holds. Shape: rows (n,) ascending, one decision each.

    ``n_stale``: decisions on items that are gone or whose content has changed.
    """

    rows: tuple[int, ...]
    decisions: tuple[Decision, ...]
    n_stale: int = 0

    @property
    def by_row(self) -> dict[int, Decision]:
        """The decision on each row."""
        return dict(zip(self.rows, self.decisions, strict=True))


def kept(dataset: Dataset) -> Decisions:
    """The decisions taken on this dataset; those of an earlier reading of its source where it has none itself.

    Raises StorageError where the file is damaged.
    """
    path = dataset.files.decisions
    if path.is_file():
        return Decisions.load(path)
    return _of_earlier_reading(dataset)


def standing(dataset: Dataset, decisions: Decisions | None = None) -> Standing:
    """What holds of the decisions (those kept by default) on the items as they are now."""
    entries = (decisions or kept(dataset)).entries
    last = {(one.key, one.digest): one for one in entries}
    place = {
        pair: row for row, pair in enumerate(zip(dataset.items["key"], dataset.items["digest"], strict=True))
    }  # of items that are equal in both, the last
    known = {name: number for number, name in enumerate(dataset.classes)}
    held: dict[int, Decision] = {}
    n_stale = 0
    for pair, one in last.items():
        if one.action == "undecided":
            continue
        row = place.get(pair)
        if row is None or (one.action == "relabel" and known and one.label not in known):
            n_stale += 1
        else:
            held[row] = one
    rows = sorted(held)
    return Standing(tuple(rows), tuple(held[row] for row in rows), n_stale)


def decided(dataset: Dataset, row: int, action: str, label: str = "", check: str = "", document: str = "") -> Decision:
    """A decision on one row. Raises DatasetError for an unknown action, class or document, and for an empty answer."""
    known: Action | None = next((one for one in ACTIONS if one == action), None)
    if known is None:
        raise DatasetError(f"{action!r} is no decision. Decide one of {', '.join(ACTIONS)}.")
    item = dataset.items.iloc[int(row)]
    if known == "relabel":
        check_label(dataset, label, document)
        if label_words(dataset, row) == label and document in ("", item.get("document", "")):
            known = "keep"  # it carries this label already
    return Decision(
        key=str(item["key"]), digest=str(item["digest"]), action=known, check=check,
        label=label if known == "relabel" else "", document=document if known == "relabel" else "",
    )  # fmt: skip


def check_label(dataset: Dataset, label: str, document: str = "") -> None:
    """Raises DatasetError for a class or a document that the dataset does not have, and for an empty answer."""
    if dataset.classes:
        check_class(dataset, label)
        return
    if "tags" in dataset.items:
        raise DatasetError(
            "The spans of a sentence are not changed here. Correct them in your file and read it again, or drop the "
            "sentence."
        )
    if not label.strip():
        raise DatasetError(f'The new answer is empty. Write it, or "{NOT_FOUND}" where no document has it.')
    if document and document not in set(dataset.documents["document"]):
        near = difflib.get_close_matches(document, dataset.documents["document"].tolist(), n=3)
        also = f" Did you mean {listed(near)}?" if near else ""
        raise DatasetError(f"{dataset.name} has no document {document!r}.{also}")


def check_class(dataset: Dataset, name: str) -> None:
    """Raises DatasetError naming the nearest classes for one that the dataset does not have."""
    if name not in dataset.classes:
        near = difflib.get_close_matches(name, dataset.classes, n=3)
        also = f"Did you mean {listed(near)}?" if near else f"It has {listed(dataset.classes)}."
        raise DatasetError(f"{dataset.name} has no class {name!r}. {also}")


def take(dataset: Dataset, decisions: Iterable[Decision]) -> Decisions:
    """Keep decisions as one step; returns all. Nothing is written where there are none."""
    fresh = tuple(decisions)
    with FileLock(f"{dataset.files.decisions}.lock"):
        before = kept(dataset)
        if not fresh:
            return before
        step = 1 + last_step(before)
        added = tuple(one.model_copy(update={"step": step}) for one in fresh)
        every = Decisions(entries=(*before.entries, *added))
        every.save(dataset.files.decisions)
        return every


def take_back(dataset: Dataset) -> int:
    """Undo the last step; returns how many decisions it held, 0 where there are none."""
    with FileLock(f"{dataset.files.decisions}.lock"):
        before = kept(dataset)
        last = last_step(before)
        if last == INHERITED:
            return 0
        left = tuple(one for one in before.entries if one.step != last)
        Decisions(entries=left).save(dataset.files.decisions)
        return len(before.entries) - len(left)


def last_step(taken: Decisions) -> int:
    """The step taken last; `INHERITED` where none can be taken back."""
    return max((one.step for one in taken.entries), default=INHERITED)


def clear(dataset: Dataset) -> int:
    """Take every decision that holds back, as one step that can be undone; returns how many there were."""
    held = standing(dataset)
    take(dataset, (one.model_copy(update={"action": "undecided", "label": ""}) for one in held.decisions))
    return len(held.rows)


def from_labels(dataset: Dataset, rows: Sequence[int] | np.ndarray, labels: Sequence[str]) -> list[Decision]:
    """Relabellings of rows, each with its class."""
    return [decided(dataset, int(row), "relabel", label) for row, label in zip(rows, labels, strict=True)]


def _of_earlier_reading(dataset: Dataset) -> Decisions:
    """Decisions on what this source held when it was read before, the latest first, of items that are still there."""
    if dataset.version is not None:
        return Decisions()
    places = Workspace.here().datasets.glob(f"*/sources/{mark(dataset.source)}.json")
    folders = [place.parents[1] for place in places if place.parents[1] != dataset.files.folder]
    files = [path for folder in folders if (path := type(dataset.files)(folder).decisions).is_file()]
    for path in sorted(files, key=lambda path: -path.stat().st_mtime_ns):
        earlier = Decisions.saved(path)
        if earlier is not None and standing(dataset, earlier).rows:
            return earlier
    return Decisions()
