from __future__ import annotations

from pathlib import Path

from probes.notes import read_note, write_note


def test_a_note_comes_back_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "note.json"
    write_note(path, {"rate": 1.5})
    write_note(path, {"rate": 2.5, "name": "Öl"})
    assert read_note(path) == {"rate": 2.5, "name": "Öl"}
    assert [file.name for file in path.parent.iterdir()] == ["note.json"]


def test_a_note_whose_number_was_changed_is_none_and_one_of_a_former_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_note(path, {"rate": 1.5, "at": [1, None]})
    assert read_note(path) == {"rate": 1.5, "at": [1, None]}
    path.write_text(path.read_text().replace("1.5", "7.5"))
    assert read_note(path) is None
    path.write_text('{"rate": 1.5}')
    assert read_note(path) == {"rate": 1.5}


def test_missing_and_damaged_notes_are_none_and_a_failing_disk_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    assert read_note(path) is None
    path.write_text('{"rate": ')
    assert read_note(path) is None
    write_note(path / "below a file.json", 1)  # cannot be a folder
    assert path.read_text() == '{"rate": '
