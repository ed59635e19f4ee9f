"""A manifest is compared with the files of its folder; what does not fit is named with the next step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.core import storage
from advisor.core.errors import StorageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one.json", "two.bin"):
        storage.write_bytes(tmp_path / name, name.encode())
    storage.write_manifest(tmp_path, ["one.json", "two.bin"])
    return tmp_path


def test_whole_files_pass_and_so_does_what_no_manifest_names(folder: Path) -> None:
    storage.check_manifest(folder)
    storage.check_manifest(folder, "one.json", "three.txt")
    (folder / "manifest.json").unlink()
    (folder / "two.bin").write_bytes(b"other")
    storage.check_manifest(folder)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "two.bin").write_bytes(b"TWO.bin"), r"two\.bin is damaged.*train again"),
        (lambda folder: (folder / "two.bin").unlink(), r"two\.bin is missing.*train again"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), r"manifest\.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest\.json is damaged"),
    ],
)
def test_damage_is_named_with_the_next_step(folder: Path, damage: Callable[[Path], object], words: str) -> None:
    storage.check_manifest(folder)  # a file that changes after it was checked is read again
    damage(folder)
    with pytest.raises(StorageError, match=words):
        storage.check_manifest(folder)
    with pytest.raises(StorageError, match=words):
        storage.check_manifest(folder, "two.bin")


def test_a_file_that_was_not_asked_for_is_not_read(folder: Path) -> None:
    (folder / "two.bin").write_bytes(b"other")
    storage.check_manifest(folder, "one.json")
