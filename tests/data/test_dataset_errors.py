from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, csv_of, png, put, sentences, text_rows, write


def refused(source: Path | str, *words: str, options: ReadOptions | None = None) -> None:
    """The source is refused in one to three sentences that name it and hold the words."""
    with pytest.raises(DatasetError) as caught:
        read(source, options)
    message = str(caught.value)
    for word in (str(source), *words):
        assert word in message, message
    assert message.endswith(".")
    assert len(re.findall(r"[.?](?: |$)", message)) <= 4, message


def test_nothing_there(tmp_path: Path) -> None:
    class_folders(tmp_path / "cats_dogs")
    refused(tmp_path / "cats_dog", "no file or folder", "cats_dogs")
    refused(tmp_path / "quite/else", "no file or folder", "sample:")
    refused("", "path")
    refused("sample:digit", "no sample", "digits")
    refused("digits", "sample:digits")
    refused("https://example.org/a.zip", "Download")
    with pytest.raises(DatasetError, match="path"):
        read("a\0b")


def test_empty_folder(tmp_path: Path) -> None:
    refused(tmp_path, "empty")
    (tmp_path / "cat").mkdir()
    write(tmp_path / ".DS_Store", b"x")
    refused(tmp_path, "empty")


def test_one_class(tmp_path: Path) -> None:
    refused(class_folders(tmp_path / "a", "cat"), "only one class", "cat")
    refused(class_folders(tmp_path / "b", "cat", above="train/"), "only one class")
    refused(write(tmp_path / "a.csv", csv_of(list(sentences(9, "good")))), "only one class", "good")


def test_classes_of_one_item(tmp_path: Path) -> None:
    refused(put(tmp_path / "a", "cat/1.png", "dog/1.png"), "one item")
    refused(put(tmp_path / "b", "cat/1.png", "cat/2.png", "dog/1.png"), "one item", "dog")
    rows = [(text, f"{i}") for i, (text, _) in enumerate(text_rows(30))]
    refused(write(tmp_path / "a.csv", csv_of(rows)), "label_column")


def test_a_class_that_is_unreadable_altogether(tmp_path: Path) -> None:
    root = class_folders(tmp_path, "cat")
    for i in range(4):
        write(root / f"dog/{i}.png", b"no image")
    refused(root, "only one class", "cat")


def test_nothing_readable(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        for i in range(3):
            write(tmp_path / f"{label}/{i}.png", f"no image {label} {i}")
    refused(tmp_path, "None of the 6 items", "cat/0.png")


def test_images_without_class_folders(tmp_path: Path) -> None:
    refused(put(tmp_path / "a", "1.png", "2.png"), "class folders", "2 images")
    refused(put(tmp_path / "b", "train/1.png", "test/2.png"), "class folders")


def test_files_of_no_use(tmp_path: Path) -> None:
    refused(write(tmp_path / "a.png", png()), "folder")
    refused(write(tmp_path / "a.xlsx", b"PK"), "CSV")
    refused(write(tmp_path / "a.pdf", b"%PDF"), "folder")
    refused(write(tmp_path / "a.docx", b"x"), ".docx")
    refused(write(tmp_path / "docs/readme.md", "x").parent, "readme.md")
    refused(write(tmp_path / "empty.csv", ""), "empty")
    refused(write(tmp_path / "head.csv", "text,label\n"), "row")


def test_tables_without_the_columns(tmp_path: Path) -> None:
    refused(write(tmp_path / "a.csv", "text\n" + "\n".join(f"sentence {i}" for i in range(9))), "labels", "text")
    rows = [(f"{i}", "ab"[i % 2]) for i in range(20)]
    refused(write(tmp_path / "b.csv", csv_of(rows, "id,label")), "texts", "id and label")
    refused(write(tmp_path / "c.csv", csv_of(text_rows())), "image paths", options=ReadOptions(kind="image"))


def test_tables_whose_images_are_not_there(tmp_path: Path) -> None:
    rows = [(f"img/{i}.jpg", "ab"[i % 2]) for i in range(20)]
    refused(write(tmp_path / "a.csv", csv_of(rows, "path,label")), "img/0.jpg", "path")
    rows = [(f"https://example.org/{i}.jpg", "ab"[i % 2]) for i in range(20)]
    refused(write(tmp_path / "b.csv", csv_of(rows, "path,label")), "web addresses")


def test_a_folder_of_several_tables_or_archives(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        write(tmp_path / "a" / name, csv_of(text_rows()))
    refused(tmp_path / "a", "one.csv and two.csv")
    for name in ("one.zip", "two.zip"):
        write(tmp_path / "b" / name, b"PK")
    refused(tmp_path / "b", "one.zip and two.zip")


def test_a_split_column_without_parts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", csv_of([(*row, str(i % 5)) for i, row in enumerate(text_rows())], "text,label,fold")
    )
    refused(path, "fold", "train, val and test", options=ReadOptions(split_column="fold"))
    assert not read(path).official_split


def test_a_training_part_of_one_class(tmp_path: Path) -> None:
    rows = [*((t, n, "train") for t, n in sentences(6, "good")), *((t, n, "test") for t, n in sentences(6, "bad"))]
    refused(write(tmp_path / "a.csv", csv_of(rows, "text,label,split")), "training part")


def test_a_folder_asked_for_as_the_wrong_kind(tmp_path: Path) -> None:
    refused(class_folders(tmp_path / "a"), "no texts", options=ReadOptions(kind="text"))


def test_a_path_in_quotes_and_with_a_tilde_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(class_folders(tmp_path / "home/pets").parent))
    assert read("~/pets").n_used == read(f' "{tmp_path}/home/pets" ').n_used == 12
