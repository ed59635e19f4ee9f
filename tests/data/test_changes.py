"""Data that changed between two readings, or between reading and measuring, are noticed and named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.changes import check_unchanged
from advisor.data.reading import read
from advisor.data.store import open_dataset
from tests.data.dataset_trees import class_folders, csv_of, png, put, text_rows, write


def test_a_source_with_another_content_says_so_once(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "pets")
    first = read(root)
    assert not any("changed" in note for note in (*first.notes, *read(root).notes))
    put(root, "cat/7.png")
    changed = read(root)
    note = next(note for note in changed.notes if "changed" in note)
    assert "12 items" in note
    assert first.fingerprint[:8] in note
    assert not any("changed" in note for note in read(root).notes)


def test_a_table_read_through_another_column_has_not_changed(tmp_path: Path) -> None:
    rows = [(text, label, label.upper()) for text, label in text_rows()]
    path = write(tmp_path / "a.csv", csv_of(rows, "text,label,loud"))
    read(path)
    other = read(path, ReadOptions(label_column="loud"))
    assert not any("changed" in note for note in other.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: (root / "cat/0.png").write_bytes(png()), r"1 file of pets changed.*cat/0\.png.*advisor advise"),
        (lambda root: (root / "cat/0.png").write_bytes(b""), r"1 file of pets changed"),
        (lambda root: (root / "dog/1.png").unlink(), r"1 of the 12 files of pets are gone.*dog/1\.png"),
        (lambda root: (root / "cat").rename(root / "cats"), r"6 of the 12 files of pets are gone"),
        (lambda root: root.rename(root.with_name("moved")), r"pets are gone: .*pets is not there"),
        (lambda root: shutil.rmtree(root), r"pets are gone: .*pets is not there"),
    ],
)
def test_files_that_changed_or_went_since_they_were_read_are_named(
    tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    root = class_folders(tmp_path / "pets")
    dataset = read(root)
    check_unchanged(dataset)
    change(root)
    with pytest.raises(DatasetError, match=words):
        check_unchanged(open_dataset(dataset.fingerprint))


def _exchanged_in_place(root: Path) -> None:
    path = root / "cat/0.png"
    facts = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _link_turned(root: Path) -> None:
    (root / "cat/0.png").unlink()
    (root / "cat/0.png").symlink_to(root.parent / "other/cat/1.png")


def _folder_linked(root: Path) -> None:
    shutil.move(root / "cat", root.parent / "away")
    (root / "cat").symlink_to(root.parent / "other/cat")


def _folder_renamed(root: Path) -> None:
    (root / "cat").rename(root.parent / "away")
    (root.parent / "other/cat").rename(root / "cat")


def _whole_renamed(root: Path) -> None:
    root.rename(root.parent / "away")
    (root.parent / "other").rename(root)


@pytest.mark.parametrize("change", [_exchanged_in_place, _link_turned, _folder_linked, _folder_renamed, _whole_renamed])
def test_older_files_in_place_of_those_that_were_read_are_noticed(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    class_folders(tmp_path / "other")
    root = class_folders(tmp_path / "pets")
    (root / "dog/1.png").unlink()
    (root / "dog/1.png").symlink_to(root.parent / "other/dog/1.png")
    dataset = read(root)
    check_unchanged(dataset)
    change(root)
    with pytest.raises(DatasetError, match="of pets changed since"):
        check_unchanged(open_dataset(dataset.fingerprint))
