"""How labels are written: lists, several in a cell, one-hot, numbers, fastText lines; and one spelling of a class."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.read.label_cells import spelled
from advisor.data.read.names import class_name, natural
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, put, text_rows, write

TEXTS = [f"{i} {text}" for i, (text, _) in enumerate(text_rows(20))]
LABELS = [label for _, label in text_rows(20)]
NAMES = ("good", "food", "staff", "price", "view")
_RNG = random.Random(1)
SEVERAL = [_RNG.sample(NAMES, _RNG.randint(1, 3)) for _ in range(40)]
N_SEVERAL = sum(len(names) > 1 for names in SEVERAL)

Written = Callable[[list[str]], str]
LISTS: dict[str, Written] = {
    "json": json.dumps,
    "python": str,
    "tuple": lambda names: str(tuple(names)),
    "numpy": lambda names: f"[{' '.join(repr(name) for name in names)}]",
    "bare": lambda names: f"[{', '.join(names)}]",
    "postgres": lambda names: "{" + ",".join(names) + "}",
    "records": lambda names: json.dumps([{"name": name} for name in names]),
}
SEPARATED: dict[str, Written] = {sign: sign.join for sign in ("|", ";", ", ", ",", " | ", " ", "/")}


def save(path: Path, /, **columns: object) -> Path:
    """A table with a header, as its ending says."""
    frame = pd.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("way", LISTS)
def test_a_list_of_one_is_its_item_and_an_empty_list_no_label(tmp_path: Path, way: str) -> None:
    cells = ["[]" if i == 0 else LISTS[way]([label]) for i, label in enumerate(LABELS)]
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=cells))
    assert (dataset.classes, dataset.n_used) == (("bad", "good"), 39)
    assert dataset.set_aside[0].reason == "The label is empty."
    assert sum("list of one" in note for note in dataset.notes) == 1


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
@pytest.mark.parametrize("as_numbers", [True, False])
def test_lists_inside_parquet_and_json(tmp_path: Path, ending: str, as_numbers: bool) -> None:
    labels = [[int(label == "good") if as_numbers else label] for label in LABELS]
    path = tmp_path / f"a.{ending}"
    if ending == "parquet":
        save(path, text=TEXTS, label=labels)
    else:
        rows = [json.dumps({"text": text, "label": label}) for text, label in zip(TEXTS, labels, strict=True)]
        write(path, "\n".join(rows))
    assert read(path).classes == (("0", "1") if as_numbers else ("bad", "good"))


@pytest.mark.parametrize("way", [*LISTS, *SEPARATED])
def test_several_labels_are_named_and_the_user_decides(tmp_path: Path, way: str) -> None:
    cells = [(LISTS | SEPARATED)[way](names) for names in SEVERAL]
    path = save(tmp_path / "a.csv", text=TEXTS, label=cells)
    each = read(path)
    assert (each.kind, each.classes, each.n_used) == ("text-multilabel", tuple(sorted(NAMES)), 40)
    assert [set(each.label_words(row).split(", ")) for row in range(40)] == [set(names) for names in SEVERAL]
    with pytest.raises(DatasetError) as caught:
        read(path, ReadOptions(kind="text"))
    message = str(caught.value)
    assert f"{N_SEVERAL} of 40 labelled rows have several labels in column label of {path}" in message
    assert "5 labels in" in message and "--several-labels" in message and "--label-column" in message
    single = read(path, ReadOptions(several_labels="single"))
    assert (single.n_used, set(single.classes)) == (40 - N_SEVERAL, {n[0] for n in SEVERAL if len(n) == 1})
    combined = api.read(path, several_labels="combine")
    wanted = {" + ".join(sorted(names)) for names in SEVERAL}
    assert set(combined.classes) <= wanted and any(" + " in name for name in combined.classes)
    assert all(entry.reason.startswith("Its class has only this item") for entry in combined.set_aside)


@pytest.mark.parametrize("way", ["json", "|"])
def test_long_lists_of_tags_are_the_labels_and_not_a_column_beside(tmp_path: Path, way: str) -> None:
    tags = [f"subject-{i:02}" for i in range(12)]
    rows = [_RNG.sample(tags, 6) for _ in range(40)]
    cells = [json.dumps(row) if way == "json" else "|".join(row) for row in rows]
    path = save(tmp_path / "a.csv", text=TEXTS, source=["web", "mail"] * 20, tags=cells)
    with pytest.raises(DatasetError, match="40 of 40 labelled rows have several labels in column tags"):
        read(path, ReadOptions(kind="text"))
    assert len(read(path).classes) == 12


def test_images_with_a_row_for_each_of_their_labels(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(24)))
    rows = [
        (f"{i}.png", name)
        for i in range(24)
        for name in (("cat", "dog") if i % 3 == 0 else ("cat", "dog")[i % 2 :][:1])
    ]
    path = save(tmp_path / "a.csv", path=[row[0] for row in rows], label=[row[1] for row in rows])
    with pytest.raises(DatasetError, match=r"rows have several labels .* such as cat and dog"):
        read(path, ReadOptions(kind="image"))
    each = read(path)
    assert (each.kind, each.n_used) == ("image-multilabel", 24)
    assert each.label_counts(each.where("train", "val", "test")).tolist() == [16, 16]
    dataset = read(path, ReadOptions(several_labels="combine"))
    assert dataset.classes == ("cat", "cat + dog", "dog")
    assert dataset.items["label"].value_counts().to_dict() == {0: 8, 1: 8, 2: 8}


def test_a_few_rows_with_several_labels_are_set_aside(tmp_path: Path) -> None:
    texts, labels = [*TEXTS, *(f"more {text}" for text in TEXTS)], LABELS * 2
    labels[3] = "bad|good"
    dataset = read(save(tmp_path / "a.csv", text=texts, label=labels))
    assert (dataset.classes, dataset.n_used) == (("bad", "good"), 79)
    assert dataset.set_aside[0].reason == "The row has 2 labels (bad and good)."
    assert not len(dataset.unlabelled)


@pytest.mark.parametrize(
    "names",
    [
        ["Hotels, bars", "Food, drink"],
        ["Albany, NY", "Buffalo, NY", "Austin, TX", "Dallas, TX"],
        ["red, large", "red, small", "blue, large", "blue, small", "green, large", "green, small"],
        ["R&B / Soul", "Hip-Hop / Rap", "Rock", "Pop / Rock"],
        ["animal/cat", "animal/dog", "plant/rose", "plant", "animal"],
        ["card lost", "card stolen", "lost phone", "pay card"],
        ["(other)", "cat", "dog", "[deleted]"],
        ["1,5", "2,0", "3,5", "4,0"],
        ["n/a", "yes", "no"],
    ],
)
def test_a_sign_inside_a_name_does_not_part_it(tmp_path: Path, names: list[str]) -> None:
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=[names[i % len(names)] for i in range(40)]))
    assert set(dataset.classes) == set(names)


@pytest.mark.parametrize("sign", ["|", "; "])
def test_a_name_that_only_follows_others_is_a_label_of_its_own(tmp_path: Path, sign: str) -> None:
    names = ["bad", "good", f"bad{sign}food", f"good{sign}food"]
    path = save(tmp_path / "a.csv", text=TEXTS, label=[names[i % 4] for i in range(40)])
    with pytest.raises(DatasetError, match="3 labels in 4 combinations"):
        read(path, ReadOptions(kind="text"))
    assert read(path).classes == ("bad", "food", "good")
    assert read(path, ReadOptions(several_labels="single")).classes == ("bad", "good")


@pytest.mark.parametrize("sign", ["|", ";"])
def test_a_path_through_a_tree_is_one_name(tmp_path: Path, sign: str) -> None:
    names = ["food", f"food{sign}soup", f"food{sign}tea", f"room{sign}bed"]
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=[names[i % 4] for i in range(40)]))
    assert set(dataset.classes) == set(names)


MARKS: dict[str, tuple[object, object]] = {
    "ints": (1, 0), "floats": (1.0, 0.0), "bools": (True, False), "words": ("yes", "no"), "signs": (1, -1),
}  # fmt: skip


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("prefix", ["", "label_", "species."])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_one_hot_columns_are_one_label(tmp_path: Path, marks: str, prefix: str, ending: str) -> None:
    one, zero = MARKS[marks]
    classes = ["cat", "dog", "topic"]
    columns = {f"{prefix}{c}": [one if i % 3 == k else zero for i in range(40)] for k, c in enumerate(classes)}
    lengths = [len(text) for text in TEXTS]
    path = save(tmp_path / f"a.{ending}", text=TEXTS, length=lengths, is_new=[0, 1, 1, 0] * 10, **columns)
    dataset = read(path)
    assert dataset.classes == tuple(classes)
    assert [dataset.classes[label] for label in dataset.labels] == [classes[i % 3] for i in range(40)]
    assert any(f"columns {prefix}cat, {prefix}dog and {prefix}topic" in note for note in dataset.notes)


def test_one_hot_columns_of_images_and_of_a_test_part_without_them(tmp_path: Path) -> None:
    put(tmp_path, *(f"im{i}.png" for i in range(24)))
    marks = {c: [float(i % 2 == k) for i in range(16)] for k, c in enumerate(("MEL", "NV"))}
    save(tmp_path / "train.csv", image=[f"im{i}" for i in range(16)], **marks)
    save(tmp_path / "test.csv", image=[f"im{i}" for i in range(16, 24)])
    dataset = read(tmp_path)
    assert (dataset.kind, dataset.classes, dataset.n_used) == ("image", ("MEL", "NV"), 16)
    assert len(dataset.unlabelled) == 8


def test_a_column_called_label_wins_over_flags_and_named_flags_win_over_it(tmp_path: Path) -> None:
    flags = {"is_new": [0, 1] * 20, "is_old": [1, 0] * 20}
    path = save(tmp_path / "a.csv", text=TEXTS, label=LABELS, **flags)
    assert read(path).classes == ("bad", "good")
    assert read(path, ReadOptions(label_column="is_new,is_old")).classes == ("new", "old")


def test_a_few_rows_outside_a_one_hot_set_are_set_aside(tmp_path: Path) -> None:
    good, bad = [int(label == "good") for label in LABELS], [int(label == "bad") for label in LABELS]
    good[0], bad[1] = 0, 1
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, good=good, bad=bad))
    reasons = {entry.key: entry.reason for entry in dataset.set_aside}
    assert reasons == {"row 1": "The label is empty.", "row 2": "The row has 2 labels (good and bad)."}


def test_columns_of_which_several_are_one_are_several_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {name: rng.integers(0, 2, 40) for name in ("toxic", "obscene", "insult")}
    path = save(tmp_path / "a.csv", text=TEXTS, **columns)
    with pytest.raises(DatasetError, match=r"several labels in the columns toxic, obscene and insult"):
        read(path, ReadOptions(kind="text"))
    each = read(path)
    order = each.items["key"].str.removeprefix("row ").astype(int) - 1
    wanted = np.stack([columns[name] for name in each.classes], axis=1)[order]
    assert each.n_used == 40 and np.array_equal(each.targets, wanted)
    assert (each.targets.sum(axis=1) == 0).any()  # zeros say that none of the labels applies
    assert read(path, ReadOptions(label_column="toxic")).classes == ("0", "1")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_whole_numbers_are_one_class_in_every_file(tmp_path: Path, ending: str) -> None:
    numbers = [int(label == "good") for label in LABELS]
    save(tmp_path / "train.csv", text=TEXTS, label=numbers)
    test = pd.DataFrame({"text": [f"unseen {text}" for text in TEXTS], "label": [float(n) for n in numbers]})
    if ending == "jsonl":
        test.to_json(tmp_path / "test.jsonl", orient="records", lines=True)
    else:
        save(tmp_path / f"test.{ending}", text=test["text"], label=test["label"])
    dataset = read(tmp_path)
    assert (dataset.classes, (dataset.items["part"] == "test").sum()) == (("0", "1"), 40)


def test_one_class_has_one_spelling(tmp_path: Path) -> None:
    spellings = ["café", "cafe\u0301", " café ", "ca\u200bfé", "\ufeffcafé"]
    labels = [spellings[i % 5] if label == "good" else "new\u00a0york" for i, label in enumerate(LABELS)]
    assert read(save(tmp_path / "a.csv", text=TEXTS, label=labels)).classes == ("café", "new york")


@given(st.text(max_size=12))
def test_a_spelling_is_spelled_the_same_again(name: str) -> None:
    once = class_name(name)
    assert class_name(once) == once
    assert spelled(spelled(name)) == spelled(name)


@given(st.lists(st.text(alphabet="01a.- ٣²é", max_size=5), unique=True), st.randoms())
def test_the_order_of_classes_never_depends_on_the_run(names: list[str], rng: random.Random) -> None:
    shuffled = list(names)
    rng.shuffle(shuffled)
    assert sorted(shuffled, key=natural) == sorted(names, key=natural)


def test_numbers_stand_in_their_order() -> None:
    assert sorted(["10", "9.5", "0.25", "0.5", "1", "-2"], key=natural) == ["-2", "0.25", "0.5", "1", "9.5", "10"]


@pytest.mark.parametrize("column", ["label", "score", "target"])
def test_a_measured_quantity_is_no_class(tmp_path: Path, column: str) -> None:
    values = np.random.default_rng(0).normal(size=120).round(2)
    beside = {} if column == "score" else {"source": ["web", "mail"] * 60}
    texts = [f"{i} {TEXTS[i % 40]}" for i in range(120)]
    with pytest.raises(
        DatasetError, match=rf"column {column} .* decimals with \d+ different values .*regression.*--number-ranges 4"
    ):
        read(save(tmp_path / "a.csv", **{"text": texts, **beside, column: values}))


def test_prices_are_no_classes_and_a_few_ratings_are(tmp_path: Path) -> None:
    texts = [f"{i} {TEXTS[i % 40]}" for i in range(400)]
    prices = np.random.default_rng(0).integers(10, 900, 400)
    with pytest.raises(DatasetError, match=r"numbers with \d+ different values"):
        read(save(tmp_path / "a.csv", text=texts, price=prices))
    ratings = read(save(tmp_path / "b.csv", text=texts, rating=[1.0, 2.0, 3.5, 4.0] * 100))
    assert ratings.classes == ("1", "2", "3.5", "4")
    ages = read(save(tmp_path / "c.csv", text=texts, age=[18 + i % 60 for i in range(400)]))
    assert any(note.startswith("The classes are 60 different numbers.") for note in ages.notes)


@pytest.mark.parametrize("names", [("train.txt", "test.txt"), ("mood.train", "mood.valid"), ("train.ft", "test.ft")])
def test_fasttext_lines(tmp_path: Path, names: tuple[str, str]) -> None:
    for name, start in zip(names, ("", "unseen "), strict=True):
        lines = [f"__label__{label} {start}{text}" for text, label in zip(TEXTS, LABELS, strict=True)]
        write(tmp_path / name, "\n".join(lines) + "\n")
    dataset = read(tmp_path)
    assert (dataset.classes, dataset.n_used, dataset.official_split) == (("bad", "good"), 80, True)
    assert not dataset.items["text"].str.contains("__label__").any()
    single = read(tmp_path / names[0])
    assert (single.classes, single.n_used) == (("bad", "good"), 40)


def test_fasttext_lines_with_several_labels_or_none(tmp_path: Path) -> None:
    lines = [f"__label__{label} __label__{'ab'[i % 2]} {TEXTS[i]}" for i, label in enumerate(LABELS)]
    path = write(tmp_path / "train.txt", "\n".join(lines))
    with pytest.raises(DatasetError, match="40 of 40 labelled rows have several labels"):
        read(path, ReadOptions(kind="text"))
    assert read(path).classes == ("a", "b", "bad", "good")
    lines = [f"__label__{label} , {text}" for text, label in zip(TEXTS, LABELS, strict=True)]
    dataset = read(write(tmp_path / "b.txt", "\n".join([*lines, "a line without a label"])))
    assert (dataset.n_used, dataset.n_set_aside) == (40, 1)
    assert dataset.items["text"][0] == TEXTS[0]


def test_fasttext_lines_have_clean_texts_and_labels(tmp_path: Path) -> None:
    lines = "".join(f"__label__{'a' if n % 2 else 'b'}\u200b \ufeffround \0number {n}\u200b\n" for n in range(60))
    dataset = read(write(tmp_path / "rounds.txt", lines))
    assert dataset.classes == ("a", "b")
    assert sorted(dataset.items["text"]) == sorted(f"round number {n}" for n in range(60))


def test_a_label_with_fasttexts_prefix_in_a_table(tmp_path: Path) -> None:
    rows = [(text, f"__label__{label}") for text, label in text_rows(10)]
    assert read(write(tmp_path / "a.csv", csv_of(rows))).classes == ("bad", "good")


def test_rows_without_a_one_are_said_and_how_they_become_a_class(tmp_path: Path) -> None:
    marks = ["1,0,1", "0,1,0", "0,0,0", "1,1,0", "1,1,1"]
    rows = "".join(f"a comment number {i} of them,{marks[i % 5]}\n" for i in range(100))
    write(tmp_path / "toxic.csv", f"comment_text,toxic,obscene,insult\n{rows}")
    dataset = read(tmp_path / "toxic.csv", ReadOptions(several_labels="combine"))
    assert dataset.notes[0] == (
        "Read as text classification: texts from column comment_text, labels from the columns toxic, obscene and "
        "insult; the column that holds a 1 is the class."
    )
    assert any(note.startswith("In 20 rows no column holds a 1, so they have no label.") for note in dataset.notes)
    with_none = "".join(f"{row},{int(row.endswith(',0,0,0'))}\n" for row in rows.splitlines())
    write(tmp_path / "none.csv", f"comment_text,toxic,obscene,insult,none\n{with_none}")
    dataset = read(tmp_path / "none.csv", ReadOptions(several_labels="combine"))
    assert "none" in dataset.classes and dataset.n_used == 100
    assert not any("no column holds a 1" in note for note in dataset.notes)
