"""Labels in tables of their own, parts without a header or with other names, and rows without a label."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.reading import open_dataset, read
from tests.data.dataset_trees import csv_of, put, text_rows, write

TEXTS = [f"{i} {text}" for i, (text, _) in enumerate(text_rows(20))]
LABELS = [label for _, label in text_rows(20)]
IDS = [str(1000 + 7 * i) for i in range(40)]
UNSEEN = [f"unseen {text}" for text in TEXTS[:24]]
UNSEEN_IDS = [str(5000 + 3 * i) for i in range(24)]
UNSEEN_LABELS = [LABELS[-i] for i in range(24)]


def save(path: Path, /, **columns: object) -> Path:
    """A table with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def labels_by_text(dataset: Dataset) -> dict[str, str]:
    """The label that each text got."""
    classes = [dataset.classes[label] for label in dataset.labels]
    return dict(zip(dataset.items["text"], classes, strict=True))


TRAINING = dict(zip(TEXTS, LABELS, strict=True))
ALL = TRAINING | dict(zip(UNSEEN, UNSEEN_LABELS, strict=True))


@pytest.mark.parametrize(
    ("items", "labels"),
    [("train_values.csv", "train_labels.csv"), ("train.csv", "trainLabels.csv"), ("data/train.csv", "gt/train_y.csv")],
)
def test_a_table_of_labels_is_joined_by_its_ids(tmp_path: Path, items: str, labels: str) -> None:
    save(tmp_path / items, id=IDS, body=TEXTS, site=["a", "b"] * 20)
    save(tmp_path / labels, id=IDS[::-1], status=LABELS[::-1])
    dataset = read(tmp_path)
    assert labels_by_text(dataset) == TRAINING
    assert any(labels in note and "joined by column id" in note for note in dataset.notes)


def test_an_id_that_is_missing_or_comes_twice(tmp_path: Path) -> None:
    save(tmp_path / "train_values.csv", id=IDS, body=TEXTS)
    twice = [*IDS[1:], IDS[1], "9"]
    save(tmp_path / "train_labels.csv", id=twice, status=[*LABELS[1:], "bad", "good"])
    dataset = read(tmp_path)
    reasons = {entry.key: entry.reason for entry in dataset.set_aside}
    assert reasons == {"row 1": "The label is empty.", "row 2": "The row has 2 labels (good and bad)."}
    assert any("1 label of it name" in note for note in dataset.notes)
    assert dataset.unlabelled["text"].tolist() == TEXTS[:1]


@pytest.mark.parametrize("header", [True, False])
def test_labels_without_ids_are_joined_row_by_row_where_the_names_say_so(tmp_path: Path, header: bool) -> None:
    tables = {"X_train": TEXTS, "y_train": LABELS, "X_test": UNSEEN, "y_test": UNSEEN_LABELS}
    for name, cells in tables.items():
        column = "status" if name[0] == "y" else "body"
        write(tmp_path / f"{name}.csv", "\n".join([*([column] if header else []), *cells]) + "\n")
    dataset = read(tmp_path)
    assert labels_by_text(dataset) == ALL
    assert (dataset.items["part"] == "test").sum() == 24


def test_tables_of_different_lengths_are_not_joined_row_by_row(tmp_path: Path) -> None:
    save(tmp_path / "X_train.csv", body=TEXTS)
    save(tmp_path / "y_train.csv", status=LABELS[1:])
    with pytest.raises(DatasetError, match=r"40 rows .* 39, and no column of ids"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["test_labels.csv", "test_gold.csv", "test_answers.csv", "y_test.csv"])
def test_the_labels_of_a_test_table_may_lie_beside_it(tmp_path: Path, name: str) -> None:
    save(tmp_path / "train.csv", id=IDS, comment=TEXTS, toxic=LABELS)
    save(tmp_path / "test.csv", id=UNSEEN_IDS, comment=UNSEEN)
    save(tmp_path / name, id=UNSEEN_IDS, toxic=UNSEEN_LABELS)
    dataset = read(tmp_path)
    assert labels_by_text(dataset) == ALL
    assert (dataset.items["part"] == "test").sum() == 24


def test_features_labels_and_images_of_a_competition(tmp_path: Path) -> None:
    train, test = [f"a{i}" for i in range(24)], [f"b{i}" for i in range(6)]
    for part, names in (("train", train), ("test", test)):
        put(tmp_path, *(f"{part}_features/{name}.png" for name in names))
        paths = [f"{part}_features/{name}.png" for name in names]
        save(tmp_path / f"{part}_features.csv", id=names, filepath=paths, site=["S1", "S2"] * (len(names) // 2))
    marks = {name: [float(i % 3 == k) for i in range(24)] for k, name in enumerate(("bird", "hog", "blank"))}
    save(tmp_path / "train_labels.csv", id=train, **marks)
    save(tmp_path / "submission_format.csv", id=test, bird=0.0, hog=0.0, blank=1.0)
    dataset = read(tmp_path)
    assert (dataset.kind, dataset.classes, dataset.n_used) == ("image", ("bird", "blank", "hog"), 24)
    assert [Path(path).stem for path in dataset.unlabelled["path"]] == test
    assert all(Path(path).is_file() for path in dataset.unlabelled["path"])


def test_ids_that_stand_in_two_folders_mean_the_images_of_their_part(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/{i}.png" for i in range(20)), *(f"test/{i}.png" for i in range(8)))
    save(tmp_path / "trainLabels.csv", id=list(range(20)), label=["cat", "dog"] * 10)
    dataset = read(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert set(dataset.items["key"]) == {f"train/{i}.png" for i in range(20)}
    assert sorted(dataset.unlabelled["key"]) == [f"test/{i}.png" for i in range(8)]
    assert "No row names 8 of the images." in dataset.notes


@pytest.mark.parametrize("labelled", [True, False])
def test_a_test_table_without_a_header(tmp_path: Path, labelled: bool) -> None:
    save(tmp_path / "train.csv", text=TEXTS, label=LABELS)
    rows = [(text, label) if labelled else (text,) for text, label in zip(UNSEEN, UNSEEN_LABELS, strict=True)]
    write(tmp_path / "test.csv", "".join(",".join(row) + "\n" for row in rows))
    dataset = read(tmp_path)
    assert labels_by_text(dataset) == (ALL if labelled else TRAINING)
    assert dataset.n_in == 64
    assert dataset.unlabelled["text"].tolist() == ([] if labelled else UNSEEN)


def test_a_test_table_may_call_its_labels_and_texts_otherwise(tmp_path: Path) -> None:
    save(tmp_path / "train.csv", id=IDS, text=TEXTS, target=LABELS)
    save(tmp_path / "test.csv", id=UNSEEN_IDS, comment=UNSEEN, sentiment=UNSEEN_LABELS, source=["web", "mail"] * 12)
    dataset = read(tmp_path)
    assert labels_by_text(dataset) == ALL
    assert "test.csv has the labels in column sentiment." in dataset.notes
    assert "test.csv has the texts in column comment." in dataset.notes


@pytest.mark.parametrize("sign", ["-1", "?", "N/A", "unknown", "-"])
@pytest.mark.parametrize("in_one_table", [True, False])
def test_a_sign_in_place_of_every_test_label_is_no_class(tmp_path: Path, sign: str, in_one_table: bool) -> None:
    numbers = [str(int(label == "good")) for label in LABELS]
    if in_one_table:
        parts = ["train"] * 40 + ["test"] * 24
        save(tmp_path / "all.csv", text=TEXTS + UNSEEN, label=numbers + [sign] * 24, split=parts)
    else:
        save(tmp_path / "train.csv", text=TEXTS, label=numbers)
        save(tmp_path / "test.csv", text=UNSEEN, label=[sign] * 24)
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_used, dataset.n_set_aside) == (("0", "1"), 40, 24)
    assert set(dataset.items["part"]) == {"train", "val", "test"}
    assert dataset.unlabelled["text"].tolist() == UNSEEN
    assert sum(f"24 items outside training with {sign}" in note for note in dataset.notes) == 1


def test_a_sign_that_training_has_too_is_a_class_and_said(tmp_path: Path) -> None:
    labels = ["N/A" if i % 3 == 0 else label for i, label in enumerate(LABELS)]
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=labels))
    assert dataset.classes == ("bad", "good", "N/A")
    assert any(note.startswith("N/A (14) is a class like any other.") for note in dataset.notes)


def test_unlabelled_items_are_kept_for_every_reading(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", text=TEXTS + UNSEEN + [""], label=LABELS + [""] * 25)
    dataset = read(path)
    assert dataset.unlabelled.columns.tolist() == ["key", "text"]
    assert dataset.unlabelled["text"].tolist() == UNSEEN
    assert "24 items without a label are kept apart, to be predicted or labelled later." in dataset.notes
    assert open_dataset(dataset.fingerprint).unlabelled.equals(dataset.unlabelled)
    assert read(path).unlabelled.equals(dataset.unlabelled)
    assert not len(read(save(tmp_path / "b.csv", text=TEXTS, label=LABELS)).unlabelled)


def test_unlabelled_images_move_with_their_folder(tmp_path: Path) -> None:
    put(tmp_path / "old", *(f"{i}.png" for i in range(14)))
    labels = ["cat", "dog"] * 6 + ["", ""]
    save(tmp_path / "old/data.csv", path=[f"{i}.png" for i in range(14)], label=labels)
    assert len(read(tmp_path / "old").unlabelled) == 2
    (tmp_path / "old").rename(tmp_path / "new")
    assert all(Path(path).is_file() for path in read(tmp_path / "new").unlabelled["path"])


def test_a_table_of_class_names_beside_the_training_table_is_not_read_and_named(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", csv_of(text_rows(10)))
    save(tmp_path / "labels.csv", id=[0, 1], name=["bad", "good"])
    dataset = read(tmp_path)
    assert dataset.n_in == 20
    assert "1 other table not read: labels.csv." in dataset.notes


def test_a_flag_that_the_test_table_lacks_is_the_label_among_flags(tmp_path: Path) -> None:
    flags = {"has_link": ["0", "1"] * 20, "is_long": ["1", "1", "0", "0"] * 10, "verified": ["1", "0", "0", "0"] * 10}
    save(tmp_path / "train.csv", text=TEXTS, **flags, spam=[int(label == "bad") for label in LABELS])
    save(tmp_path / "test.csv", text=UNSEEN, **{name: cells[:24] for name, cells in flags.items()})
    dataset = read(tmp_path)
    assert any("labels from column spam" in note for note in dataset.notes)
    assert len(dataset.unlabelled) == 24


def test_a_part_without_a_row_is_said_and_stops_nothing(tmp_path: Path) -> None:
    save(tmp_path / "train.csv", text=TEXTS, label=LABELS)
    write(tmp_path / "test.csv", "text,label\n")
    dataset = read(tmp_path)
    assert dataset.n_in == 40
    assert any(note.startswith("test.csv has a header but no usable row") for note in dataset.notes)
    write(tmp_path / "train.csv", "text,label\n")
    with pytest.raises(DatasetError, match=r"train.csv has a header but no usable row"):
        read(tmp_path)


def test_the_only_column_that_the_test_table_lacks_is_the_label(tmp_path: Path) -> None:
    save(tmp_path / "train.csv", id=IDS, text=TEXTS, category=["web", "mail"] * 20, stance=LABELS)
    save(tmp_path / "test.csv", id=UNSEEN_IDS, text=UNSEEN, category=["web", "mail"] * 12)
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_set_aside) == (("bad", "good"), 24)
    named = read(tmp_path, ReadOptions(label_column="category"))
    assert (named.classes, named.n_used) == (("mail", "web"), 64)
