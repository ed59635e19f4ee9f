from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.core.errors import DatasetError
from advisor.data.read.bounds import MOST_BYTES, MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, Budget
from advisor.data.read.tables import read_table
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, text_rows, write


def refused(path: Path, *words: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_table(path)
    for word in (path.name, *words):
        assert word in str(caught.value)
    assert str(caught.value).endswith(".")


def test_more_columns_than_are_read(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(MOST_COLUMNS + 1)]
    refused(write(tmp_path / "a.csv", ",".join(names) + "\n" + ",".join(names)), "10,000 columns")
    refused(write(tmp_path / "a.jsonl", "\n".join(f'{{"{name}": 1}}' for name in names)), "10,000 columns")
    pq.write_table(pa.table({name: ["a"] for name in names}), tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", "10,000 columns")
    with pytest.raises(DatasetError, match=r"a\.csv has more than 10,000 columns"):
        read(tmp_path / "a.csv")


def test_records_that_share_no_keys(tmp_path: Path) -> None:
    refused(write(tmp_path / "a.jsonl", "\n".join(f'{{"c{i}": "text"}}' for i in range(5000))), "5,000 different keys")
    some = "\n".join(f'{{"text": "row {i}", "label": "a", "c{i % 900}": "b"}}' for i in range(5000))
    assert read_table(write(tmp_path / "b.jsonl", some)).frame.shape == (5000, 902)


def test_more_rows_than_a_parquet_may_promise(tmp_path: Path) -> None:
    labels = pa.array(["a"] * (MOST_ROWS + 1)).dictionary_encode()
    pq.write_table(pa.table({"label": labels}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    refused(tmp_path / "a.parquet", "5,000,000 rows")


def test_a_json_of_many_objects(tmp_path: Path) -> None:
    n = MOST_BYTES // 150
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"[" + b"{}," * n + b"{}]", 1))
    refused(tmp_path / "a.json.gz", "JSON lines")


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    rows = csv_of(text_rows())
    long = "x" * MOST_CHARACTERS
    found = read_table(write(tmp_path / "a.csv", f"{rows}\n{long},good\nthe last row,good\n"))
    assert [entry.reason for entry in found.set_aside] == ["The line has more than 16,000,000 characters."]
    assert found.frame["text"].tolist()[-1] == "the last row"
    found = read_table(write(tmp_path / "a.jsonl", f'{{"text": "{long}"}}\n{{"text": "b"}}\n'))
    assert (len(found.frame), len(found.set_aside)) == (1, 1)


def test_a_quote_that_never_ends(tmp_path: Path) -> None:
    rows = "".join(f"row number {i} {'and so on ' * 20},a\n" for i in range(80_000))
    found = read_table(write(tmp_path / "a.csv", f'text,label\n"open,b\n{rows}'))
    assert len(found.frame) == 80_001
    assert found.frame["text"][0] == '"open'


@pytest.mark.parametrize("depth", [500, 990, 5000, 1_000_000])
def test_json_nested_deep(tmp_path: Path, depth: int) -> None:
    inside = "[" * depth + "]" * depth
    for name, content in (
        ("a.json", f'[{{"text": {inside}, "label": "a"}}]'),
        ("a.jsonl", f'{{"text": {inside}, "label": "a"}}'),
    ):
        path = write(tmp_path / name, content)
        try:
            assert len(read_table(path).frame) == 1
        except DatasetError as error:
            assert str(error).endswith(".")


def test_the_budget_counts_memory() -> None:
    budget = Budget(Path("a.csv"))
    budget.take(MOST_BYTES)
    with pytest.raises(DatasetError, match=r"a\.csv takes more than 1\.5 GB"):
        budget.take(1)
    Budget(None).take(2 * MOST_BYTES)


def test_a_long_honest_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": [f"text number {i}" for i in range(120_000)], "label": ["a", "b"] * 60_000})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    one, other = read_table(tmp_path / "a.csv"), read_table(tmp_path / "a.parquet")
    assert one.frame.equals(other.frame) and one.rows == other.rows
