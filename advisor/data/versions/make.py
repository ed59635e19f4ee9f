"""A version of a dataset: the same items with other labels and without those dropped, as a dataset of its own.

It has a folder and a fingerprint of its own, made of its parent's and the decisions, so that the same decisions always
give the same version. Items stay in their parts. Features are cached by an item's content, so nothing that the parent
measured is computed again.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from advisor.core import places
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, Decision, Decisions, SetAside, VersionOf
from advisor.core.wording import counted, listed
from advisor.data import store
from advisor.data.inspect.inspection import Inspection
from advisor.data.modality import modality_of
from advisor.data.task import task_of
from advisor.data.versions import family
from advisor.data.versions.decisions import INHERITED, Standing, kept, standing
from advisor.data.versions.label_words import answers_cell
from probes.progress import silent

DROPPED = "It was dropped by a decision."
CLASS_GONE = "The training part has no item of its class any more."


def make(dataset: Dataset, decisions: Decisions | None = None) -> Dataset:
    """The version that decisions (those kept by default) make of a dataset; the one made before where there is one.

    Raises DatasetError where no decision changes anything, or where too little would be left.
    """
    taken = decisions if decisions is not None else kept(dataset)
    held = standing(dataset, taken)
    changing = _changing(held)
    if not changing:
        raise DatasetError(
            f"No decision changes {dataset.name}. Relabel or drop an item first, or accept the suggestions: "
            f"advisor fix {dataset.source} --suggested"
        )
    mark = fingerprint(dataset, changing)
    known = store.stored(mark)
    return known if known is not None else _made(dataset, taken, held, mark)


def made_already(dataset: Dataset, held: Standing) -> Dataset | None:
    """The version that these decisions have made; None where they change nothing, and where none was made of them."""
    changing = _changing(held)
    return store.stored(fingerprint(dataset, changing)) if changing else None


def _changing(held: Standing) -> list[Decision]:
    return [one for one in held.decisions if one.action in ("relabel", "drop")]


def fingerprint(dataset: Dataset, decisions: list[Decision]) -> str:
    """SHA-256 of the parent's fingerprint and what each decision changes, in the order of the items' keys."""
    running = hashlib.sha256(f"version\n{dataset.fingerprint}\n".encode())
    for one in sorted(decisions, key=lambda one: (one.key, one.digest)):
        row = "\x1f".join((one.key, one.digest, one.action, one.label, *filter(None, (one.document,))))
        running.update(f"{row}\x1e".encode("utf-8", "replace"))
    return running.hexdigest()


def _made(dataset: Dataset, taken: Decisions, held: Standing, mark: str) -> Dataset:
    labels, dropped = changed(dataset, held)
    out = _without_training(dataset, labels, dropped)
    stays = ~(dropped | out)
    used = sorted(set(labels[stays].tolist())) if dataset.classes else []
    _check_enough(dataset, stays, used)
    items = _items(dataset, held, labels, used)[stays].reset_index(drop=True)
    of = _origin(dataset, held, labels, dropped, out)
    notes = _notes(dataset, of, [dataset.classes[c] for c in range(len(dataset.classes)) if c not in used])
    aside = [
        SetAside(key=str(key), reason=DROPPED if gone else CLASS_GONE)
        for key, gone in zip(dataset.items["key"][~stays], dropped[~stays], strict=True)
    ]
    content = dataset.model_dump() | {
        "name": f"{of.root_name}, version {of.number}",
        "source": f"{family.VERSION}{mark[:16]}",
        "folder": str(store.folder_of(mark)),
        "classes": tuple(dataset.classes[c] for c in used),
        "n_used": len(items),
        "n_set_aside": dataset.n_in - len(items),
        "set_aside": (*dataset.set_aside, *aside),
        "fingerprint": mark,
        "has_groups": bool(items["group"].notna().any()),
        "notes": notes,
        "content_notes": notes,
        "version": of,
    }
    version = Dataset.model_validate(content)
    taken.save(version.files.applied)
    inherited(version, held, items).save(version.files.decisions)
    documents = dataset.documents if "answers" in items else None
    store.write(version, items, inspected(dataset, items, stays), documents)
    listed_ns = store.listed_ns(dataset) if places.PATH in items else None
    return store.listed_at(version, listed_ns) if listed_ns is not None else version


def _items(dataset: Dataset, held: Standing, labels: np.ndarray, used: list[int]) -> pd.DataFrame:
    """All items with the labels that they get, by the classes that are left; of questions the answers and documents."""
    if dataset.classes:
        number = np.full(len(dataset.classes), -1)
        number[used] = np.arange(len(used))
        return dataset.items.assign(label=number[labels])
    if "answers" not in dataset.items:
        return dataset.items
    answers, documents = dataset.items["answers"].tolist(), dataset.items["document"].tolist()
    for row, one in held.by_row.items():
        if one.action == "relabel":
            answers[row] = answers_cell(one.label)
            documents[row] = one.document or documents[row]
    return dataset.items.assign(answers=answers, document=documents)


def inspected(dataset: Dataset, items: pd.DataFrame, stays: np.ndarray) -> Inspection:
    """What is known of the items that stay. Questions are copies by their answers too, so they are looked at again."""
    if dataset.classes:
        return inspection_of(dataset, stays)
    return task_of(dataset).inspect(items, modality_of(dataset), silent)


def inherited(version: Dataset, held: Standing, items: pd.DataFrame) -> Decisions:
    """What was decided about the items that stay: they are kept as they are now, and suggested no more.

    They are of step 0, which is not taken back: undoing them is going back to the parent.
    """
    there = set(zip(items["key"], items["digest"], strict=True))
    settled = [one for one in held.decisions if one.action != "drop" and (one.key, one.digest) in there]
    kept_now = (
        one.model_copy(update={"action": "keep", "label": "", "document": "", "step": INHERITED}) for one in settled
    )
    return Decisions(entries=tuple(kept_now))


def changed(dataset: Dataset, held: Standing) -> tuple[np.ndarray, np.ndarray]:
    """Labels after the decisions, and which items they drop. Shape: (n,) int64, (n,) bool."""
    labels, dropped = dataset.labels.copy(), np.zeros(len(dataset.labels), dtype=bool)
    known = {name: number for number, name in enumerate(dataset.classes)}
    for row, one in held.by_row.items():
        if one.action == "relabel" and known:
            labels[row] = known[one.label]
        dropped[row] = one.action == "drop"
    return labels, dropped


def _without_training(dataset: Dataset, labels: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """Items of a class that is left without an item to learn from. Shape: (n,) bool."""
    learned = set(labels[(dataset.items["part"] == "train").to_numpy() & ~dropped].tolist())
    return ~dropped & ~np.isin(labels, list(learned))


def _check_enough(dataset: Dataset, stays: np.ndarray, used: list[int]) -> None:
    left, few = set(dataset.items["part"][stays]), bool(dataset.classes) and len(used) < 2
    if few or not {"train", "test"} <= left:
        lacks = "fewer than two classes" if few else f"no {'test' if 'train' in left else 'training'} item"
        raise DatasetError(f"These decisions leave {dataset.name} with {lacks}. Keep some of what they drop.")


def _origin(dataset: Dataset, held: Standing, labels: np.ndarray, dropped: np.ndarray, out: np.ndarray) -> VersionOf:
    relabelled = (labels != dataset.labels) & ~dropped
    corrected = np.zeros(len(labels), dtype=bool)
    corrected[[row for row, one in held.by_row.items() if one.action == "relabel" and not dataset.classes]] = True
    test = (dataset.items["part"] == "test").to_numpy()
    before = dataset.version
    return VersionOf(
        number=family.next_number(dataset),
        parent=dataset.fingerprint,
        root=before.root if before else dataset.fingerprint,
        root_name=before.root_name if before else dataset.name,
        n_relabelled=int(relabelled.sum()),
        n_dropped=int(dropped.sum()),
        n_out=int(out.sum()),
        n_test=int(((relabelled | corrected | dropped | out) & test).sum()),
        n_answers=int(corrected.sum()),
    )


def _notes(dataset: Dataset, of: VersionOf, lost: list[str]) -> tuple[str, ...]:
    """What the version is and what it costs, then the parent's notes."""
    notes = [f"Version {of.number} of {of.root_name}, made from {dataset.name}: {family.what_changed(of)}."]
    if of.n_test:
        notes.append(
            f"{counted(of.n_test, 'of these items lies', 'of these items lie')} in the locked test part, so test "
            f"values of this version and of {dataset.name} are measured on different tests."
        )
    if lost:
        classes = counted(len(lost), "class", "classes")
        notes.append(f"{classes} without a training item left out: {listed(lost)}.")
    return tuple(dict.fromkeys([*notes, *dataset.notes]))


def inspection_of(dataset: Dataset, stays: np.ndarray) -> Inspection:
    """What is known of the items of a dataset, of those that stay. Shape: stays (n,) bool."""
    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    clusters = store.kept_clusters(dataset)
    rows = [tuple(row_of[key] for key in cluster["keys"] if key in row_of) for cluster in clusters]
    measures: pd.DataFrame = dataset.measures.drop(columns="key", errors="ignore")
    whole = Inspection(
        readable=np.ones(len(stays), dtype=bool),
        reasons={},
        measures=measures,
        clusters=[own for own in rows if own],
        cluster_kinds=[cluster["kind"] for cluster, own in zip(clusters, rows, strict=True) if own],
        n_inspected=len(measures),
        pixel_range=dataset.pixel_range,
    )
    return whole.only(stays)
