"""Columns judged by their values, texts joined from several, and what is said of all that is not read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.profile.profile import profile
from advisor.data.read.text_table import is_blank
from advisor.data.reading import read
from tests.data.dataset_trees import text_rows, write

TEXTS = [f"{i} {text}" for i, (text, _) in enumerate(text_rows(20))]
LABELS = [label for _, label in text_rows(20)]
IDS = [f"T{i:05}" for i in range(40)]
SUBJECTS = [f"Re: your order number {i} of {('bread', 'honey', 'paper')[i % 3]}" for i in range(40)]
TURNS = ["web", "mail"] * 20


def save(path: Path, /, **columns: object) -> Path:
    """A table with a header."""
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def roles(tmp_path: Path, **columns: object) -> tuple[tuple[str, ...], str, bool]:
    """(classes, the first text, whether there are groups) of a table of these columns."""
    dataset = read(save(tmp_path / "a.csv", **columns))
    return dataset.classes, str(dataset.items["text"][0]), dataset.has_groups


GOOD = ("bad", "good")


def test_a_subject_is_a_text_a_person_or_the_label(tmp_path: Path) -> None:
    people = [f"S{i % 8}" for i in range(40)]
    assert roles(tmp_path, subject=SUBJECTS, label=LABELS) == (GOOD, SUBJECTS[0], False)
    assert roles(tmp_path, subject=people, text=TEXTS, label=LABELS) == (GOOD, TEXTS[0], True)
    assert roles(tmp_path, subject=SUBJECTS, message=TEXTS, spam=LABELS) == (GOOD, TEXTS[0], False)
    assert roles(tmp_path, subject=["maths", "music"] * 20, text=TEXTS) == (("maths", "music"), TEXTS[0], False)


@pytest.mark.parametrize("name", ["group", "set", "part", "stage", "subset", "category", "type", "class", "topic"])
def test_a_name_of_several_meanings_may_be_the_label(tmp_path: Path, name: str) -> None:
    assert roles(tmp_path, **{"text": TEXTS, name: LABELS})[0] == GOOD


@pytest.mark.parametrize("name", ["group", "set", "part", "stage", "split", "source", "fold", "subject"])
def test_a_name_of_several_meanings_beside_a_label_is_none(tmp_path: Path, name: str) -> None:
    dataset = read(save(tmp_path / "a.csv", **{name: ["castle", "space"] * 20, "text": TEXTS, "label": LABELS}))
    assert (dataset.classes, dataset.official_split) == (GOOD, False)


@pytest.mark.parametrize("name", ["type", "class", "category", "target", "topic"])
@pytest.mark.parametrize("values", [["tweet"] * 40, IDS, [str(i) for i in range(40)], SUBJECTS])
def test_a_column_called_like_labels_with_one_value_or_an_id_in_each_row_is_none(
    tmp_path: Path, name: str, values: list[str]
) -> None:
    dataset = read(save(tmp_path / "a.csv", **{"text": TEXTS, name: values, "stance": LABELS}))
    assert dataset.classes == GOOD
    assert values == SUBJECTS or any(note.startswith(f"Column {name} is not the label") for note in dataset.notes)


def test_a_column_called_text_that_holds_ids_is_no_text(tmp_path: Path) -> None:
    assert roles(tmp_path, text=IDS, review=TEXTS, label=LABELS)[1] == TEXTS[0]
    assert roles(tmp_path, text=IDS, label=LABELS)[1] == IDS[0]


@pytest.mark.parametrize(
    "names",
    [("premise", "hypothesis"), ("title", "body"), ("question1", "question2"), ("sentence1", "sentence2"),
     ("Subject", "Message"), ("headline", "article"), ("context", "response")],
)  # fmt: skip
def test_a_second_text_is_named_and_joined_on_request(tmp_path: Path, names: tuple[str, str]) -> None:
    path = save(tmp_path / "a.csv", id=IDS, **{names[0]: SUBJECTS, names[1]: TEXTS}, label=LABELS)
    option = f"(--text-column {','.join(names)})"
    assert sum("holds texts too and is not read" in note and option in note for note in read(path).notes) == 1
    dataset = api.read(path, text_column=names)
    assert dataset.items["text"].tolist() == [f"{one}\n\n{two}" for one, two in zip(SUBJECTS, TEXTS, strict=True)]
    assert not any("not read" in note for note in dataset.notes)
    assert any(f"columns {names[0]} and {names[1]}, joined by a blank line" in note for note in dataset.notes)
    assert "A text to predict must be joined in the same way." in dataset.notes
    assert read(path, ReadOptions(text_column=f" {names[1].upper()} , {names[0]}")).items["text"][0].startswith("0 ")


def test_joined_texts_skip_empty_cells_and_name_a_missing_column(tmp_path: Path) -> None:
    bodies = ["", *TEXTS[1:]]
    path = save(tmp_path / "a.csv", title=["", "", *SUBJECTS[2:]], body=bodies, label=LABELS)
    dataset = read(path, ReadOptions(text_column="title,body"))
    assert dataset.set_aside[0].reason == "The text is empty."
    assert dataset.items["text"][0] == TEXTS[1]
    with pytest.raises(DatasetError, match="no column 'text' for the texts"):
        read(path, ReadOptions(text_column="title,text"))


def test_joined_texts_in_tables_of_parts(tmp_path: Path) -> None:
    save(tmp_path / "train.csv", title=SUBJECTS, body=TEXTS, label=LABELS)
    save(tmp_path / "test.csv", title=SUBJECTS[:9], body=[f"new {text}" for text in TEXTS[:9]])
    dataset = read(tmp_path, ReadOptions(text_column="title,body"))
    assert dataset.unlabelled["text"][0] == f"{SUBJECTS[0]}\n\nnew {TEXTS[0]}"
    save(tmp_path / "test.csv", body=TEXTS[:9], label=LABELS[:9])
    notes = read(tmp_path, ReadOptions(text_column="title,body")).notes
    assert "test.csv has no column title, so it is not read: 9 rows set aside." in notes


def test_a_name_with_a_comma_is_one_column(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", **{"title, body": TEXTS, "other": SUBJECTS, "label": LABELS})
    assert read(path, ReadOptions(text_column="title, body")).items["text"][0] == TEXTS[0]
    both = read(path, ReadOptions(text_column="title, body,other"))
    assert both.items["text"][0] == f"{TEXTS[0]}\n\n{SUBJECTS[0]}"


def test_unused_columns_are_named_once(tmp_path: Path) -> None:
    columns = {f"n{i}": range(40) for i in range(7)}
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=LABELS, **columns))
    assert [note for note in dataset.notes if "not used" in note] == [
        "7 columns not used: n0, n1, n2, n3, n4 and 2 more."
    ]


def test_texts_that_show_nothing_are_empty(tmp_path: Path) -> None:
    blank = ["\u200b\u200b", "\u00a0 \u2003", "\x07\x01", "\ufeff", "\u00ad", "\u3164", "\u2800", "\u200e\u202a"]
    assert all(map(is_blank, blank))
    dataset = read(save(tmp_path / "a.csv", text=blank + TEXTS[8:], label=LABELS))
    assert {entry.reason for entry in dataset.set_aside} == {"The text is empty."}
    assert dataset.n_set_aside == 8


def test_a_set_too_small_says_what_it_needs(tmp_path: Path) -> None:
    dataset = read(save(tmp_path / "a.csv", text=TEXTS[:6], label=["x", "y", "z"] * 2))
    assert any("6 items of 3 classes are too few" in n and "10 a class (30 in all)" in n for n in dataset.notes)
    assert not any("too few" in note for note in read(save(tmp_path / "b.csv", text=TEXTS, label=LABELS)).notes)
    with pytest.raises(DatasetError, match=r"two items to be read and 10 to be measured \(30 items in all\)"):
        read(save(tmp_path / "c.csv", text=TEXTS[:3], label=["x", "y", "z"]))


@pytest.mark.parametrize("text", ["the same text as always, word for word", "one"])
def test_copies_only_one_class_only_and_a_class_for_each_row_are_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatasetError, match=r"All 40 usable items of .* are copies of one another with 2 labels"):
        read(save(tmp_path / "a.csv", text=[text] * 40, label=LABELS))
    with pytest.raises(DatasetError, match=r"only one class \(good, 40 usable items\)"):
        read(save(tmp_path / "b.csv", text=TEXTS, label=["good"] * 40))
    with pytest.raises(DatasetError, match="not classes but names or numbers of the rows"):
        read(save(tmp_path / "c.csv", text=TEXTS, label=IDS))


def test_near_spellings_of_a_class_are_a_finding(tmp_path: Path) -> None:
    labels = ["Cat" if i % 2 else "cat" for i in range(20)] + ["dog"] * 20
    dataset = read(save(tmp_path / "a.csv", text=TEXTS, label=labels))
    assert any("cat and Cat" in one.sentence or "Cat and cat" in one.sentence for one in profile(dataset).findings)


def test_a_prefix_of_the_name_does_not_matter_for_json(tmp_path: Path) -> None:
    rows = [f'{{"subject": "{subject}", "text": "{text}", "label": "{label}"}}' for subject, text, label in
            zip(SUBJECTS, TEXTS, LABELS, strict=True)]  # fmt: skip
    dataset = read(write(tmp_path / "a.jsonl", "\n".join(rows)))
    assert (dataset.classes, dataset.has_groups) == (GOOD, False)


FRUIT = {"Apfel": 5, "Birne": 7, "Pflaume": 3}


def measurements(decimal: str = ",", more: str = "") -> str:
    rows = [
        f"{(n + i / 40) / 1:.2f};{n / 2 + i / 30:.2f};{20 + i};{fruit}{more}"
        for fruit, n in FRUIT.items()
        for i in range(30)
    ]
    return "Länge;Breite;Gewicht;Art\n" + "\n".join(rows).replace(".", decimal) + "\n"


@pytest.mark.parametrize("options", [ReadOptions(), ReadOptions(label_column="Art"), ReadOptions(kind="text")])
@pytest.mark.parametrize("decimal", [",", "."])
def test_a_table_of_measurements_is_called_so_at_once(tmp_path: Path, options: ReadOptions, decimal: str) -> None:
    write(tmp_path / "measure.csv", measurements(decimal))
    with pytest.raises(DatasetError, match=r"table of measurements: 3 columns \(Länge, Breite and Gewicht\)"):
        read(tmp_path / "measure.csv", options)


def test_a_table_of_pixels_is_told_to_be_written_as_images(tmp_path: Path) -> None:
    header = ",".join(["label", *(f"pixel{i}" for i in range(64))])
    rows = "".join(",".join([str(i % 3), *(str(i * k % 256) for k in range(64))]) + "\n" for i in range(40))
    write(tmp_path / "train.csv", f"{header}\n{rows}")
    with pytest.raises(DatasetError, match="If its numbers are pixels"):
        read(tmp_path / "train.csv")


@pytest.mark.parametrize("texts", [["play a song", "turn it off", "what time is it"], ["play", "stop", "next"]])
def test_short_texts_that_repeat_beside_numbers_are_texts_where_the_name_says_so(
    tmp_path: Path, texts: list[str]
) -> None:
    rows = "".join(f"{texts[i % 3]} {'please' * (i % 2)},{'ab'[i % 2]},{i / 7:.3f},{i / 9:.2f}\n" for i in range(90))
    write(tmp_path / "data.csv", f"utterance,intent,seconds,loudness\n{rows}")
    assert any("texts from column utterance" in note for note in read(tmp_path / "data.csv").notes)


def test_columns_without_names_are_called_by_their_places(tmp_path: Path) -> None:
    write(tmp_path / "sms", "".join(f"{'ham spam'.split()[i % 2]}\ta text, number {i} of them\n" for i in range(40)))
    assert read(tmp_path / "sms").notes[0] == (
        "Read as text classification: texts from column 2, labels from column 1."
    )


def test_the_only_column_of_a_table_is_named_as_such(tmp_path: Path) -> None:
    write(tmp_path / "data.csv", "messages\n" + "".join(f"a text with number {i} of them\n" for i in range(40)))
    with pytest.raises(DatasetError, match=r"Its only column is messages\."):
        read(tmp_path / "data.csv")
