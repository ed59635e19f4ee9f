"""Several tables of one dataset: the training table's columns hold for all, and a table without labels has none."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, put, text_rows, write

N_TRAIN, N_TEST = 20, 12
SOURCES = ("web", "mail", "phone")


def train_rows(n: int = N_TRAIN) -> list[tuple[str, ...]]:
    """(id, text, source, label): the source looks like a label and is none."""
    rows = text_rows(n // 2)
    return [(str(i), text, SOURCES[i % 3], label) for i, (text, label) in enumerate(rows)]


def unlabelled_rows() -> list[tuple[str, ...]]:
    """(id, text, source), as `train_rows` but for the label."""
    return [(f"9{i}", f"unseen {i} {text}", source) for i, text, source, _ in train_rows(N_TEST)]


def competition(root: Path, label: str = "target", submission: bool = True) -> Path:
    """A training table, a test table without labels and, where asked for, a sample submission."""
    write(root / "train.csv", csv_of(train_rows(), f"id,text,source,{label}"))
    write(root / "test.csv", csv_of(unlabelled_rows(), "id,text,source"))
    if submission:
        answers = [(row[0], "good") for row in unlabelled_rows()]
        write(root / "sample_submission.csv", csv_of(answers, f"id,{label}"))
    return root


def unlabelled(dataset: Dataset, n: int = N_TEST, labels: tuple[str, ...] = ("bad", "good")) -> None:
    """Every row of the test table is counted and set aside, and one sentence says so."""
    assert dataset.classes == labels
    assert dataset.n_in == dataset.n_used + dataset.n_set_aside == N_TRAIN + n
    aside = [entry for entry in dataset.set_aside if entry.key.startswith("test")]
    assert len(aside) == dataset.n_set_aside == n
    assert not dataset.items["key"].str.startswith("test").any()
    notes = [note for note in dataset.notes if note.startswith(("test", "The column")) and "set aside" in note]
    assert len(notes) == 1
    assert f"{n} rows set aside" in notes[0]


@pytest.mark.parametrize("submission", [True, False])
@pytest.mark.parametrize("label", ["target", "stance"])
def test_a_competition(tmp_path: Path, label: str, submission: bool) -> None:
    dataset = read(competition(tmp_path, label, submission))
    unlabelled(dataset)
    assert f"test.csv has no column {label}, so it has no labels: {N_TEST} rows set aside." in dataset.notes
    assert dataset.set_aside[0].reason == f"test.csv has no column {label}, so the row has no label."
    assert not dataset.official_split
    assert set(dataset.items["part"]) == {"train", "val", "test"}


def test_a_column_called_like_labels_in_the_test_table_only_is_none(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", csv_of(train_rows(), "id,text,source,target"))
    write(tmp_path / "test.csv", csv_of(unlabelled_rows(), "id,text,label"))
    unlabelled(read(tmp_path))


def test_the_sample_submission_tells_the_target_where_another_column_is_called_like_labels(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", csv_of(train_rows(), "id,text,category,stance"))
    write(tmp_path / "test.csv", csv_of(unlabelled_rows(), "id,text,category"))
    write(tmp_path / "sampleSubmission.csv", csv_of([(row[0], "good") for row in unlabelled_rows()], "id,stance"))
    unlabelled(read(tmp_path))


def test_a_sample_submission_beside_one_training_table_is_no_table_of_items(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", csv_of(train_rows(), "id,text,source,target"))
    write(tmp_path / "sample_submission.csv", csv_of([("900", "good")], "id,target"))
    assert read(tmp_path).n_in == N_TRAIN


def test_a_labelled_validation_table_becomes_the_test_part(tmp_path: Path) -> None:
    root = competition(tmp_path)
    rows = [(i, f"other {text}", source, label) for i, text, source, label in train_rows(8)]
    write(root / "val.csv", csv_of(rows, "id,text,source,Targets"))
    dataset = read(root)
    assert dataset.official_split
    assert (dataset.n_in, dataset.n_set_aside) == (N_TRAIN + N_TEST + 8, N_TEST)
    keys = dataset.items["key"][dataset.items["part"] == "test"]
    assert len(keys) == 8
    assert keys.str.startswith("val.csv").all()


def test_a_column_named_by_the_user_may_be_missing_from_the_test_table(tmp_path: Path) -> None:
    options = ReadOptions(label_column="source")
    write(tmp_path / "train.csv", csv_of(train_rows(), "id,text,source,target"))
    write(tmp_path / "test.csv", csv_of([row[:2] for row in unlabelled_rows()], "id,text"))
    unlabelled(read(tmp_path, options), labels=tuple(sorted(SOURCES)))
    with pytest.raises(DatasetError, match=r"train.csv has no column 'origin'"):
        read(tmp_path, ReadOptions(label_column="origin"))


def test_a_column_of_labels_without_a_filled_cell(tmp_path: Path) -> None:
    root = competition(tmp_path)
    write(root / "test.csv", csv_of([(*row, "") for row in unlabelled_rows()], "id,text,source,target"))
    unlabelled(read(root))


def test_records_without_the_key_of_the_labels(tmp_path: Path) -> None:
    for name, rows in (("train", train_rows()), ("test", unlabelled_rows())):
        records = [dict(zip(("id", "text", "source", "label"), row, strict=False)) for row in rows]
        write(tmp_path / f"{name}.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    unlabelled(read(tmp_path))


def test_tables_without_headers(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", csv_of([(label, text) for _, text, _, label in train_rows()], ",").lstrip(",\n"))
    write(
        tmp_path / "test.csv",
        csv_of([(source, "en", text) for _, text, source in unlabelled_rows()], ",").lstrip(",\n"),
    )
    unlabelled(read(tmp_path))


def test_a_table_without_the_column_of_texts_is_set_aside(tmp_path: Path) -> None:
    root = competition(tmp_path)
    write(root / "test.csv", csv_of([(row[0], "good") for row in unlabelled_rows()], "id,target"))
    dataset = read(root)
    assert f"test.csv has no column text, so it is not read: {N_TEST} rows set aside." in dataset.notes
    assert dataset.n_set_aside == N_TEST


def test_labels_are_told_by_the_column_that_all_tables_have(tmp_path: Path) -> None:
    numbered = [(text, str(int(label == "good")), label) for _, text, _, label in train_rows()]
    write(tmp_path / "train.csv", csv_of(numbered, "text,label,label_text"))
    write(tmp_path / "test.csv", csv_of([(f"other {text}", n) for text, n, _ in numbered], "text,label"))
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_set_aside) == (("0", "1"), 0)
    assert (dataset.items["part"] == "test").sum() == N_TRAIN


def image_tables(root: Path, header: str = "image_id,camera,breed") -> Path:
    """A competition of images: flat folders, and tables that name them."""
    train = [(f"t{i}", SOURCES[i % 3], "cat" if i % 2 else "dog") for i in range(N_TRAIN)]
    test = [(f"u{i}", SOURCES[i % 3]) for i in range(N_TEST)]
    put(root, *(f"train_images/{name}.png" for name, *_ in train))
    put(root, *(f"test_images/{name}.png" for name, _ in test))
    write(root / "train.csv", csv_of(train, header))
    write(root / "test.csv", csv_of(test, header.rpartition(",")[0]))
    return root


@pytest.mark.parametrize("header", ["image_id,camera,breed", "path,class,breed", "image,camera,label"])
def test_a_competition_of_images(tmp_path: Path, header: str) -> None:
    root = image_tables(tmp_path, header)
    name = header.rpartition(",")[2]
    write(root / "sample_submission.csv", csv_of([("u1", "cat")], f"{header.split(',')[0]},{name}"))
    dataset = read(root)
    assert dataset.kind == "image"
    unlabelled(dataset, labels=("cat", "dog"))


def test_a_competition_of_images_without_a_test_table(tmp_path: Path) -> None:
    root = image_tables(tmp_path)
    (root / "test.csv").unlink()
    (root / "train.csv").rename(root / "labels.csv")
    write(root / "sample_submission.csv", csv_of([("u1", "cat")], "image_id,breed"))
    dataset = read(root, ReadOptions(label_column="breed"))
    assert (dataset.kind, dataset.classes, dataset.n_in) == ("image", ("cat", "dog"), N_TRAIN)


def question_rows(n: int, **more: object) -> list[dict[str, object]]:
    """`n` questions with an answer and the passage that holds it."""
    passage = "Town {0} lies on a river and was founded long ago by people who built its {1} bridges of grey stone."
    return [
        {"question": f"How many bridges has town {i}?", "context": passage.format(i, 10 + i), **more} for i in range(n)
    ]


def question_tables(root: Path, test: list[dict[str, object]]) -> Path:
    """A training table of 30 questions with answers, and a test table."""
    train = [{**row, "answer": str(10 + i), "response": "unsure"} for i, row in enumerate(question_rows(30))]
    for name, rows in (("train", train), ("test", test)):
        pd.DataFrame(rows).to_csv(root / f"{name}.csv", index=False)
    return root


@pytest.mark.parametrize("more", [{}, {"response": "unsure"}, {"answer": ""}])
def test_questions_without_answers_are_set_aside(tmp_path: Path, more: dict[str, object]) -> None:
    dataset = read(question_tables(tmp_path, question_rows(8, **more)))
    assert dataset.kind == "qa"
    assert (dataset.n_in, dataset.n_used, dataset.n_set_aside) == (38, 30, 8)
    assert all(entry.key.startswith("test.csv row") and "answer" in entry.reason for entry in dataset.set_aside)
    assert sum("test.csv" in note and "has no answers: 8 rows set aside" in note for note in dataset.notes) == 1
    assert "unsure" not in "".join(dataset.items["answers"])
    assert len(dataset.documents) == 30
    assert dataset.unlabelled["text"].tolist() == [str(row["question"]) for row in question_rows(8)]


def test_a_labelled_test_table_of_questions_is_the_test_part(tmp_path: Path) -> None:
    rows = [{**row, "Answers": str(10 + i)} for i, row in enumerate(question_rows(8))]
    dataset = read(question_tables(tmp_path, rows))
    assert dataset.items["part"].value_counts()["test"] == 8
    assert dataset.n_set_aside == 0
