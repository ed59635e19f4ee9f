"""The official split from the folder of a table, or from the folders in the paths of its rows."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from advisor.core.records import Dataset
from advisor.data.read.part_tables import part_of
from advisor.data.read.path_parts import part_folder
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, put, text_rows, write

N = {"train": 24, "test": 12}


def save(path: Path, paths: list[str], name: str = "path") -> None:
    """A table of images of two classes in turn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({name: paths, "label": [("cat", "dog")[i % 2] for i in range(len(paths))]}).to_csv(path, index=False)


def split(dataset: Dataset) -> None:
    """The test part is the official one, item by item."""
    assert dataset.official_split
    assert dataset.items["part"].value_counts()["test"] == N["test"]
    assert dataset.n_used == sum(N.values())


@pytest.mark.parametrize("below", ["", "data/", "data/set/v1/"])
@pytest.mark.parametrize(("table", "images"), [("metadata", ""), ("labels", ""), ("labels", "images/"), ("x", "img/")])
def test_a_table_in_the_folder_of_each_part(tmp_path: Path, below: str, table: str, images: str) -> None:
    for part, n in N.items():
        put(tmp_path, *(f"{below}{part}/{images}{i}.png" for i in range(n)))
        save(tmp_path / f"{below}{part}/{table}.csv", [f"{i}.png" for i in range(n)], "file_name")
    dataset = read(tmp_path)
    split(dataset)
    folders = dataset.items["key"].str.removeprefix(below).str.split("/").str[0]
    assert set(folders[dataset.items["part"] == "test"]) == {"test"}


def test_json_lines_with_another_name_for_the_parts(tmp_path: Path) -> None:
    for part, n in (("training_set", 24), ("validation", 12), ("eval", 12)):
        put(tmp_path, *(f"{part}/{i}.png" for i in range(n)))
        rows = [json.dumps({"file_name": f"{i}.png", "label": "cd"[i % 2]}) for i in range(n)]
        write(tmp_path / part / "metadata.jsonl", "\n".join(rows))
    dataset = read(tmp_path)
    assert dataset.official_split
    assert dataset.items["part"].value_counts().to_dict() == {"train": 24, "val": 12, "test": 12}


@pytest.mark.parametrize("names", [("data.csv", "data.csv"), ("part-0.csv", "part-1.csv"), ("a.csv", "b.csv")])
def test_texts_in_folders_of_parts(tmp_path: Path, names: tuple[str, str]) -> None:
    for part, name in zip(N, names, strict=True):
        rows = [(f"{part} {text}", label) for text, label in text_rows(N[part] // 2)]
        write(tmp_path / "set" / part / name, csv_of(rows))
    split(read(tmp_path))


def test_questions_in_folders_of_parts(tmp_path: Path) -> None:
    for part, n in N.items():
        rows = [
            {
                "question": f"How many bridges has town {part} {i}?",
                "context": f"Town {part} {i} lies on a river and was built long ago around its {10 + i} grey bridges.",
                "answer": str(10 + i),
            }
            for i in range(n)
        ]
        (tmp_path / part).mkdir()
        pd.DataFrame(rows).to_csv(tmp_path / part / "questions.csv", index=False)
    split(read(tmp_path))


@pytest.mark.parametrize(
    "form",
    ["{p}/{i}.png", "./{p}/{i}.png", "{p}\\{i}.png", ".\\{p}\\{i}.png", "/home/me/set/{p}/{i}.png", "{p}/{i}",
     "D:\\set\\{p}\\{i}.png", "imgs/{p}/{i}.png"],
)  # fmt: skip
def test_folders_of_parts_in_the_paths_of_one_table(tmp_path: Path, form: str) -> None:
    below = "imgs/" if form.startswith("imgs") else ""
    put(tmp_path, *(f"{below}{part}/{i}.png" for part, n in N.items() for i in range(n)))
    save(tmp_path / "labels.csv", [form.format(p=part, i=i) for part, n in N.items() for i in range(n)])
    dataset = read(tmp_path)
    split(dataset)
    assert "Official split from the folders test and train in the paths." in dataset.notes
    assert dataset.items["key"][dataset.items["part"] == "test"].str.contains("test/").all()


@pytest.mark.parametrize("folders", [("train_images", "test_images"), ("TrainSet", "TestSet"), ("train/a", "val/b")])
def test_folders_with_a_part_inside_their_name_or_further_folders(tmp_path: Path, folders: tuple[str, str]) -> None:
    paths = [f"{folder}/{i}.png" for folder, n in zip(folders, N.values(), strict=True) for i in range(n)]
    put(tmp_path, *paths)
    save(tmp_path / "labels.csv", paths)
    split(read(tmp_path))


def test_ids_with_folders_beside_texts(tmp_path: Path) -> None:
    rows = [(f"{'training' if i < 24 else 'test'}/{i}", t, ("a", "b")[i % 2]) for i, (t, _) in enumerate(text_rows(18))]
    split(read(write(tmp_path / "a.csv", csv_of(rows, "id,text,topic"))))


def test_folders_that_are_classes_name_no_parts(tmp_path: Path) -> None:
    paths = [f"vehicles/{name}/{i}.png" for name in ("train", "bus", "test") for i in range(8)]
    put(tmp_path, *paths)
    labels = [path.split("/")[1] for path in paths]
    pd.DataFrame({"path": paths, "label": labels}).to_csv(tmp_path / "labels.csv", index=False)
    dataset = read(tmp_path / "labels.csv")
    assert (dataset.official_split, dataset.classes) == (False, ("bus", "test", "train"))


def test_a_split_that_is_not_used_is_said_with_its_reason(tmp_path: Path) -> None:
    paths = [f"{folder}/{i}.png" for folder in ("train", "test", "more") for i in range(10)]
    put(tmp_path, *paths)
    save(tmp_path / "labels.csv", paths)
    dataset = read(tmp_path)
    assert not dataset.official_split
    note = "Folders in the paths name train and test, but 10 rows lie in none of them, so it is no split."
    assert note in dataset.notes


@pytest.mark.parametrize(("column", "values"), [("fold", "01234"), ("split", "AB"), ("k_fold", "12")])
def test_folds_are_no_official_split_and_said(tmp_path: Path, column: str, values: str) -> None:
    rows = [(text, label, values[i % len(values)]) for i, (text, label) in enumerate(text_rows(10))]
    dataset = read(write(tmp_path / "a.csv", csv_of(rows, f"text,label,{column}")))
    assert not dataset.official_split
    assert any(note.startswith(f"Column {column} names no parts (it holds {values[0]}") for note in dataset.notes)


@pytest.mark.parametrize(("column", "yes", "no"), [("is_train", "1", "0"), ("isTest", "False", "True")])
def test_a_column_of_flags_is_a_split(tmp_path: Path, column: str, yes: str, no: str) -> None:
    rows = [(text, label, yes if i < 24 else no) for i, (text, label) in enumerate(text_rows(18))]
    split(read(write(tmp_path / "a.csv", csv_of(rows, f"text,label,{column}"))))


def test_the_part_of_a_file_and_of_a_path() -> None:
    assert [part_of(f) for f in ("train/test.csv", "a/val/b/x.csv", "my_train/x.csv", "x.csv")] == [
        "test", "val", "train", "",
    ]  # fmt: skip
    assert part_folder("cats/train/1.png") == ("train", "train")
    assert part_folder("train.png") == ("", "")
