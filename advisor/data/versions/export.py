"""A dataset as files of one's own: a table of its items, or a folder with copies, both with the split kept.

Both are read back as the same items with the same labels in the same parts.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from advisor.core import disk, places, storage
from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.data.read.names import part_name
from probes.progress import Progress, silent

#: The table in an exported folder, the folder of its images, and the tables of questions and their documents.
TABLE, IMAGES = "labels.csv", "images"
QUESTIONS, DOCUMENTS = "questions.csv", "documents.csv"
#: Class names of folders: what every file system takes as it is.
MOST_CHARACTERS = 80
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def table(dataset: Dataset) -> pd.DataFrame:
    """One row per item: path or text, label, split, and group where there are groups; of questions `_questions`."""
    items, column = dataset.items, kind_row(dataset.kind).column
    if "tags" in items:
        return items[["text", "words", "tags"]].assign(split=items["part"])
    if not dataset.classes:
        return _questions(items)
    rows = pd.DataFrame({column: items[column]})
    rows["label"] = [dataset.classes[label] for label in dataset.labels]
    rows["split"] = items["part"]
    if dataset.has_groups:
        rows["group"] = items["group"]
    return rows


def _questions(items: pd.DataFrame) -> pd.DataFrame:
    """Question, accepted answers as a JSON list ([] for none), the document that answers, and split."""
    columns = {"question": "text", "answers": "answers", "document": "document", "split": "part"}
    return pd.DataFrame({name: items[own] for name, own in columns.items()})


def save_csv(dataset: Dataset, path: Path) -> Path:
    """Write `table` as CSV, atomically. Raises StorageError."""
    return _write(table(dataset), path)


def save_folder(dataset: Dataset, folder: Path, progress: Progress = silent) -> Path:
    """Copy a dataset into a new or empty folder; returns it.

    Texts: a table. Questions: a table, and one of the documents. Images: ``train/cat/a.png`` and so on; where the
    classes cannot be names of folders, or groups would be lost, one folder of images and a table beside it. Raises
    DatasetError where the folder holds something or a file is gone, StorageError where the disk refuses.
    """
    folder = folder.expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder} is there already and not empty. Name a new folder to export to.")
    if not dataset.classes:
        _write(dataset.documents[["document", "title", "text"]], folder / DOCUMENTS)
        return _write(table(dataset), folder / QUESTIONS).parent
    if places.PATH not in dataset.items:
        return _write(table(dataset), folder / TABLE).parent
    by_folders = not dataset.has_groups and _are_folder_names(dataset.classes)
    copies = [_place(dataset, row, by_folders) for row in range(len(dataset.items))]
    for row, (path, copy) in enumerate(zip(dataset.items[places.PATH], copies, strict=True)):
        _copy(Path(str(path)), folder / copy, dataset)
        progress(f"Copying files: {row + 1:,} of {len(copies):,}", (row + 1) / len(copies))
    if not by_folders:
        _write(table(dataset).assign(path=copies), folder / TABLE)
    return folder


def _place(dataset: Dataset, row: int, by_folders: bool) -> str:
    """Where the copy of an item lies, below the folder; the number keeps equal names of several folders apart."""
    item = dataset.items.iloc[row]
    name = f"{row:06d}{Path(str(item[places.PATH])).suffix.lower()}"
    return f"{item['part']}/{dataset.classes[item['label']]}/{name}" if by_folders else f"{IMAGES}/{name}"


def _are_folder_names(names: tuple[str, ...]) -> bool:
    """Whether classes can be folders everywhere and are read back as they are.

    >>> _are_folder_names(("cat", "dog")), _are_folder_names(("a/b", "c")), _are_folder_names(("Cat", "cat"))
    (True, False, False)
    >>> _are_folder_names(("test", "other"))
    False
    """
    folded = {name.casefold() for name in names}
    return len(folded) == len(names) and all(
        0 < len(name) <= MOST_CHARACTERS
        and all(ch.isalnum() or ch in " _-" for ch in name)
        and name.strip() == name
        and name.casefold() not in _RESERVED
        and not part_name(name)
        for name in names
    )


def _copy(path: Path, copy: Path, dataset: Dataset) -> None:
    if not path.is_file():
        raise DatasetError(f"{path} of {dataset.name} is gone, so it cannot be copied. Put it back, or drop the item.")
    with disk.writing(copy, path.stat().st_size):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _write(rows: pd.DataFrame, path: Path) -> Path:
    """A CSV file whose cells are the items' own: texts and labels must be read back unchanged."""
    content = rows.to_csv(index=False, lineterminator="\n")
    storage.write_bytes(path.expanduser(), content.encode("utf-8", "replace"))
    return path.expanduser()
