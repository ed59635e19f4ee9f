"""Tables, folders and archives as rows with their items; nothing outside an archive is opened from it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from advisor.batch.rows import Rows, rows_of, rows_of_items
from advisor.core.errors import DatasetError
from advisor.rungs.saved.inputs import Unusable
from tests.data.dataset_trees import put, write


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))


def items(rows: Rows) -> list[object]:
    found = [one.item for one in rows.items()]
    assert len(found) == rows.n_rows == len(list(rows.items()))
    return found


def reasons(rows: Rows) -> list[str]:
    return [item.reason if isinstance(item, Unusable) else "" for item in items(rows)]


def test_every_row_of_a_table_has_its_item_or_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "mails.csv", b"id,subject,text\n1,Tea,with milk\n2,,\n3,Too,few,cells\n4,Bread,\n")
    rows = rows_of(path, "text", "subject,text")
    assert items(rows)[0] == "Tea\n\nwith milk" and items(rows)[3] == "Bread"
    assert [bool(reason) for reason in reasons(rows)] == [False, True, True, False]
    assert [one.cells for one in rows.items()][2] == ["3", "Too", "few"]


def test_a_folder_is_a_row_for_each_file_of_the_models_sort(tmp_path: Path) -> None:
    folder = tmp_path / "things"
    put(folder, "b/2.png", "a/1.png", "note.txt", "film.mp4")
    assert [one.cells for one in rows_of(folder, "image").items()] == [["a/1.png"], ["b/2.png"]]
    assert [one.cells for one in rows_of(folder, "text").items()] == [["note.txt"]]
    with pytest.raises(DatasetError, match="nothing to predict"):
        rows_of(put(tmp_path / "films", "film.mp4") or tmp_path / "films", "text")


def test_a_table_in_an_archive_reaches_no_file_outside_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    put(tmp_path, "secret.png", "one.png")
    archive = tmp_path / "upload.zip"
    with zipfile.ZipFile(archive, "w") as whole:
        whole.write(tmp_path / "one.png", "images/one.png")
        whole.writestr("list.csv", f"path,remark\nimages/one.png,a\n{secret},b\n../../../secret.png,c\n")
    rows = rows_of(archive, "image", "path")
    assert [bool(reason) for reason in reasons(rows)] == [False, True, True]
    assert str(items(rows)[0]).endswith(os.path.join("images", "one.png"))  # noqa: PTH118


def test_an_archive_of_one_table_is_that_table_and_of_several_a_question(tmp_path: Path) -> None:
    archive = tmp_path / "tables.zip"
    with zipfile.ZipFile(archive, "w") as whole:
        whole.writestr("a.csv", "text\nTea\nBread\n")
    assert items(rows_of(archive, "text")) == ["Tea", "Bread"]
    with zipfile.ZipFile(archive, "a") as whole:
        whole.writestr("b.csv", "text\nTea\n")
    with pytest.raises(DatasetError, match=r"2 tables: a.csv and b.csv"):
        rows_of(archive, "text")


def test_another_content_under_the_same_name_has_another_identity(tmp_path: Path) -> None:
    path = write(tmp_path / "mails.csv", b"text\nTea\n")
    before = rows_of(path, "text").identity
    assert rows_of(path, "text").identity == before
    path.write_bytes(b"text\nTea\nMilk\n")
    assert rows_of(path, "text").identity != before
    assert rows_of_items(["a"]).identity != rows_of_items(["b"]).identity
