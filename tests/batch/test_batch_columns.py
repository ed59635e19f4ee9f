"""The column of the items: the one named, the one of training, the one that its name tells, else a question."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor.batch.columns import ColumnUnclear, item_columns
from advisor.batch.trained import trained_columns
from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.read.tables import Table
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, text_rows, write


def table(**columns: list[str]) -> Table:
    frame = pd.DataFrame(columns, dtype=object)
    return Table(Path("new.csv"), frame, list(range(1, len(frame) + 1)))


LETTERS = {
    "id": ["1", "2"],
    "Headline": ["Warm bread today", "Home win at last"],
    "body": ["Fry it in butter", "A goal"],
}


def test_training_tells_and_case_and_signs_do_not_matter() -> None:
    learned = {"text_column": ("head_line", "body")}
    assert item_columns(table(**LETTERS), "text", None, learned) == ("Headline", "body")
    assert item_columns(table(**LETTERS), "text", "body", learned) == ("body",)


@pytest.mark.parametrize(
    ("kind", "columns", "found"),
    [
        ("text", {"id": ["1", "2"], "text": ["a b", "c d"], "remark": ["some more words", "and others"]}, "text"),
        ("text", {"anything": ["1", "2"]}, "anything"),
        ("text", {"id": ["1", "2"], "words": ["several words here", "and there too"]}, "words"),
        ("qa", {"id": ["1", "2"], "question": ["Who is it?", "Why?"], "answer": ["a b c", "d e f"]}, "question"),
        ("image", {"id": ["1", "2"], "scan": ["a.png", "b.png"]}, "scan"),
    ],
)
def test_a_name_or_the_only_column_of_its_sort_tells(kind: str, columns: dict[str, list[str]], found: str) -> None:
    assert item_columns(table(**columns), kind, None, {}) == (found,)


def test_where_nothing_tells_the_columns_are_named() -> None:
    with pytest.raises(ColumnUnclear, match=r"2 rows with the columns id, Headline and body.*--column ") as unclear:
        item_columns(table(**LETTERS), "text", None, {})
    assert unclear.value.columns == ("id", "Headline", "body") and unclear.value.likely in ("Headline", "body")
    with pytest.raises(ColumnUnclear, match="lacks column summary, which the model learned from"):
        item_columns(table(**LETTERS), "text", None, {"text_column": ("summary",)})
    with pytest.raises(DatasetError, match="no column 'words'"):
        item_columns(table(**LETTERS), "text", "words", {})


def test_a_dataset_keeps_the_columns_that_it_was_read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))
    dataset = read(write(tmp_path / "mails.csv", csv_of(text_rows(), "message,kind")))
    spec = {"dataset": {"fingerprint": dataset.fingerprint}}
    assert trained_columns(tmp_path, spec)["text_column"] == ("message",)
    former = dataset.model_copy(update={"columns": {}, "options": ReadOptions(text_column="message, kind")})
    former.save(dataset.files.record)
    assert trained_columns(tmp_path, spec)["text_column"] == ("message", "kind")
    assert trained_columns(tmp_path, {"dataset": {"fingerprint": "0" * 64}}) == {}
