"""Objects inside the records of JSON and Parquet files: columns of their own, or one value as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.read.tables import Table, read_table
from advisor.data.reading import read
from tests.data.dataset_trees import text_rows, write

ROWS = [(f"{text} of this film", str(label)) for text, label in text_rows(40)]


def lines(tmp_path: Path, records: list[Any], name: str = "data.jsonl") -> Path:
    write(tmp_path / name, "".join(json.dumps(record) + "\n" for record in records))
    return tmp_path / name


def parquet(tmp_path: Path, records: list[Any]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(records), tmp_path / "data.parquet")
    return tmp_path / "data.parquet"


def labels_of(dataset: Dataset) -> dict[str, str]:
    items = dataset.items
    return {str(t): dataset.classes[int(n)] for t, n in zip(items["text"], items["label"], strict=True)}


def reviews(i: int, text: str, label: str) -> dict[str, Any]:
    who = ["ann", "bob"][i // 2 % 2]
    return {"review": {"text": text, "stars": i % 5}, "annotation": {"label": label, "annotator": who}}


SHAPES: list[Any] = [
    reviews,
    lambda i, text, label: {"meta": {"who": "bot", "verdict": label}, "text": text},
    lambda i, text, label: {"id": i, "payload": {"title": "x", "body": text}, "meta": {"category": label, "who": "y"}},
    lambda i, text, label: {"doc": {"content": {"text": text}, "n": i}, "gold": {"sentiment": label, "sure": True}},
    lambda i, text, label: {"brand": "xyz"[i % 3], "review": {"text": text}, "annotation": {"category": label}},
    lambda i, text, label: {"_id": {"$oid": f"{i:x}"}, "text": text, "metadata": {"label": label, "by": "ann"}},
    lambda i, text, label: {"item": {"text": text, "n": {"a": i}}, "tags": {"topic": label, "by": "ann"}},
]


@pytest.mark.parametrize("form", [lines, parquet])
@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_fields_of_objects_are_columns(tmp_path: Path, shape: int, form: Any) -> None:
    path = form(tmp_path, [SHAPES[shape](i, *row) for i, row in enumerate(ROWS)])
    assert labels_of(read(path)) == dict(ROWS)


@pytest.mark.parametrize(
    ("text", "label"),
    [("review.text", "annotation.label"), ("text", "label"), ("Review", "annotation"), ("review.text", "annotator")],
)
def test_a_field_is_named_in_full_or_by_its_last_word(tmp_path: Path, text: str, label: str) -> None:
    path = lines(tmp_path, [reviews(i, *row) for i, row in enumerate(ROWS)])
    dataset = read(path, ReadOptions(text_column=text, label_column=label))
    assert set(labels_of(dataset)) == {text for text, _ in ROWS}
    assert dataset.classes == (("ann", "bob") if label == "annotator" else tuple(sorted({name for _, name in ROWS})))


def test_a_field_that_is_not_there_is_refused_with_those_there_are(tmp_path: Path) -> None:
    path = lines(tmp_path, [reviews(i, *row) for i, row in enumerate(ROWS)])
    with pytest.raises(DatasetError, match=r"review\.text, review\.stars, annotation\.label"):
        read(path, ReadOptions(text_column="body"))


def columns_of(tmp_path: Path, records: list[Any]) -> Table:
    return read_table(lines(tmp_path, records))


@pytest.mark.parametrize(
    "record",
    [
        {"question": "Who?", "answers": {"text": ["a"], "answer_start": [3]}, "context": "b"},
        {"question": "Who?", "answer": {"value": "a", "aliases": ["b"]}},
        {"question": "Who?", "answer": {"text": "a", "start": 3}, "context": "b"},
        {"question": "Who?", "choices": {"A": "one", "B": "two"}, "answer": "A"},
        {"text": "a", "label": {"good": 0.9, "bad": 0.1}},
        {"text": "a", "scores": {"good": 1, "bad": 0}},
        {"text": "a", "label": {"name": ["x"], "text": "y"}},
        {"question": "Who?", "answers": ["a"], "doc": {"title": "b"}},
        {"image": {"bytes": "abc", "path": "a.png"}, "label": "x"},
        {"text": "a", "parallel": {"tokens": ["a"], "tags": ["b"]}},
    ],
)
def test_objects_that_are_one_value_stay_together(tmp_path: Path, record: dict[str, Any]) -> None:
    table = columns_of(tmp_path, [record] * 3)
    assert list(table.frame.columns) == list(record) and not table.nested


def test_objects_deeper_than_three_words_and_maps_of_many_names_stay_together(tmp_path: Path) -> None:
    table = columns_of(tmp_path, [{"a": {"b": {"c": {"d": "x"}}}, "votes": {f"u{i}": "x" for i in range(60)}}] * 3)
    assert table.frame.iloc[0].to_dict() == {
        "a.b.c": '{"d": "x"}',
        "votes": json.dumps({f"u{i}": "x" for i in range(60)}),
    }


def test_fields_that_some_records_lack_are_empty(tmp_path: Path) -> None:
    records = [{"a": {"b": "x"}}, {"a": None}, {}, {"a": {"b": "y", "c": "z"}}]
    table = columns_of(tmp_path, records)
    assert table.frame.to_dict("list") == {"a.b": ["x", "", "", "y"], "a.c": ["", "", "", "z"]}
    assert list(columns_of(tmp_path, [*records, {"a": "w"}]).frame.columns) == ["a"]


@pytest.mark.parametrize(
    "extra",
    [
        {"annotation": {"label": "x", "annotator": "bob"}},
        {"meta": {"category": "x", "type": "y"}},
        {"user": {"text": "short", "split": "train"}, "flags": {"seen": True, "edited": False, "by": "ann"}},
    ],
)
def test_objects_beside_a_text_and_a_label_change_nothing(tmp_path: Path, extra: dict[str, Any]) -> None:
    plain = read(lines(tmp_path, [{"text": t, "label": n} for t, n in ROWS], "plain.jsonl"))
    beside = read(lines(tmp_path, [{"text": t, "label": n, **extra} for t, n in ROWS]))
    assert beside.fingerprint == plain.fingerprint


def test_labels_that_are_objects_are_not_called_lists(tmp_path: Path) -> None:
    records = [{"text": t, "label": {name: float(name == n) for name in {m for _, m in ROWS}}} for t, n in ROWS]
    notes = read(lines(tmp_path, records)).notes
    assert any("is an object" in note for note in notes) and not any("list of one" in note for note in notes)


def test_texts_that_are_objects_are_said(tmp_path: Path) -> None:
    rows = "".join(f'"{json.dumps({"event": t}).replace(chr(34), chr(34) * 2)}",{n}\n' for t, n in ROWS)
    write(tmp_path / "data.csv", "text,label\n" + rows)
    assert any("JSON objects with the keys event" in note for note in read(tmp_path / "data.csv").notes)
