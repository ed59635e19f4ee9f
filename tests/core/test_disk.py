"""A disk that cannot be written is named with its room and the next step, whoever meets it first."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

import pytest

from advisor.core import disk, storage
from advisor.core.errors import StorageError
from tests.core.small_disks import mounted, remounted


def test_a_full_disk_is_named_with_what_is_needed_and_free_and_the_old_file_stays(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "size=64k") as place:
        storage.write_json(place / "a.json", {"a": 1})
        with pytest.raises(StorageError) as caught:
            storage.write_bytes(place / "a.json", bytes(200_000))
        assert storage.read_json(place / "a.json") == {"a": 1}
        assert [path.name for path in place.iterdir()] == ["a.json"]
        with pytest.raises(StorageError, match="is full"):
            for n in range(10_000):
                storage.append_line(place / "lines.jsonl", {"n": n, "text": "x" * 90})
        (place / "filler").unlink(missing_ok=True)
        whole = storage.read_lines(place / "lines.jsonl")
        assert [line["n"] for line in whole] == list(range(len(whole)))
        (place / "a.json").unlink()
        storage.append_line(place / "lines.jsonl", {"n": len(whole)})
        assert len(storage.read_lines(place / "lines.jsonl")) == len(whole) + 1
    words = str(caught.value)
    for part in (f"The disk {place} is full", "200.0 kB", "kB is free", "ADVISOR_HOME"):
        assert part in words, words


def test_a_disk_without_room_for_another_file_is_named(tmp_path: Path) -> None:
    with (
        mounted(tmp_path / "few", "size=1m,nr_inodes=3") as place,
        pytest.raises(StorageError, match=f"The disk {place} holds as many files as it can"),
    ):
        for n in range(4):
            storage.write_bytes(place / f"{n}", b"x")


def test_a_database_that_may_not_have_a_journal_beside_it_names_the_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "few", "size=8m,nr_inodes=4") as place:
        path = place / "runs.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.Error) as caught:
            database.execute("PRAGMA journal_mode = WAL")
            (place / "taken").write_bytes(b"")
            database.execute("CREATE TABLE a (b)")
            (place / "taken, too").write_bytes(b"")
            with contextlib.closing(sqlite3.connect(path)) as other:
                other.execute("CREATE TABLE c (d)")
        assert "holds as many files as it can" in str(disk.of_database(path, caught.value))


def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with mounted(tmp_path / "fixed", "size=64k,ro") as place:
        with pytest.raises(StorageError, match=f"The disk {place} is read-only"):
            storage.write_json(place / "below" / "a.json", {})
        with pytest.raises(StorageError, match="read-only"):
            storage.append_line(place / "a.jsonl", {})


def test_a_disk_that_takes_nothing_more_says_so_before_anything_is_written(tmp_path: Path) -> None:
    assert disk.obstacle(tmp_path / "not yet" / "there") == ""
    with mounted(tmp_path / "disk", "size=2m") as place:
        (place / "filler").write_bytes(bytes(1_500_000))
        assert disk.obstacle(place / "runs").startswith(f"The disk {place} is full")
        (place / "filler").unlink()
        remounted(place, "ro")
        assert disk.obstacle(place) == f"The disk {place} is read-only."


def test_the_cause_is_found_behind_another_librarys_error(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    try:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError as error:
            raise RuntimeError("the archive could not be written") from error
    except RuntimeError as error:
        sentence = disk.explained(error)
    assert sentence is not None
    assert f"The disk {disk.disk_of(tmp_path)} is full: {path}" in sentence
    assert disk.explained(ValueError("x")) is None
    assert disk.explained(FileNotFoundError(errno.ENOENT, "No such file", str(path))) is None
    assert "permission" in str(disk.explained(PermissionError(errno.EACCES, "Permission denied", str(path))))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "fails"),
        (errno.ESTALE, "network share"),
        (errno.ENOTDIR, "Check that folder"),
    ],
)
def test_each_cause_has_its_own_sentence(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught, disk.writing(tmp_path / "new" / "a", 10):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path / "new" / "a") in str(caught.value)


def test_a_database_on_a_disk_that_cannot_be_written_names_the_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "size=64k") as place:
        path = place / "a.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.Error) as caught:
            database.execute("CREATE TABLE t (x)")
            for _ in range(100):
                database.execute("INSERT INTO t VALUES (?)", ("x" * 9000,))
                database.commit()
        assert f"The disk {place} is full" in str(disk.of_database(path, caught.value))
    assert disk.of_database(path, sqlite3.DatabaseError("malformed")) is None
