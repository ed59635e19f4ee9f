"""A table row by row is the table read as a whole, in every format; rows that cannot be used keep their places."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.data.read.streamed import streamed
from advisor.data.read.tables import read_table
from tests.data.dataset_trees import write

ROWS = [["1", "Fry, the onions", "a"], ["2", 'She said "no"', "b"], ["3", "Zeile\nzwei äöü", "a"], ["4", "plain", "b"]]


def same(path: Path) -> None:
    """Assert that the rows that can be used are those of `read_table`, twice."""
    table, rows = read_table(path), streamed(path)
    assert rows.columns == [str(name) for name in table.frame.columns]
    for _ in range(2):
        every = list(rows.rows())
        usable = [row for row in every if not row.reason]
        assert [row.cells for row in usable] == table.frame.to_numpy().tolist()
        assert [row.number for row in usable] == table.rows
        assert [row.number for row in every] == list(range(1, len(every) + 1))
        assert len(every) == rows.n_rows == len(table.rows) + len(table.set_aside)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame(ROWS, columns=["id", "text", "label"]).to_csv(path, sep=separator, index=False, encoding=encoding)
    same(path)


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.parquet", "rows.feather", "rows.jsonl", "rows.json"])
def test_formats(tmp_path: Path, name: str) -> None:
    frame, path = pd.DataFrame(ROWS, columns=["id", "text", "label"]), tmp_path / name
    {
        "rows.csv.gz": lambda: frame.to_csv(path, index=False),
        "rows.parquet": lambda: frame.to_parquet(path),
        "rows.feather": lambda: frame.to_feather(path),
        "rows.jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "rows.json": lambda: frame.to_json(path, orient="records"),
    }[name]()
    same(path)


def test_a_title_above_ragged_rows_and_a_header_again_keep_their_places(tmp_path: Path) -> None:
    path = write(
        tmp_path / "rows.csv", b"Export of 3 March\nid,text,label\n1,a,x\n2,b\nid,text,label\n3,c,y,z\n4,d,x\n"
    )
    same(path)
    rows = list(streamed(path).rows())
    assert [bool(row.reason) for row in rows] == [False, True, True, True, False]
    assert rows[1].cells == ["2", "b", ""] and "2 cells" in rows[1].reason
    assert rows[3].cells == ["3", "c", "y"]


def test_objects_with_other_keys_and_lines_that_are_none(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "a", "meta": {"lang": "en"}}), "no json", json.dumps({"text": "b", "more": 1})]
    path = write(tmp_path / "rows.jsonl", "\n".join(lines).encode())
    same(path)
    assert "not a JSON object" in list(streamed(path).rows())[1].reason


def test_bytes_of_no_encoding_are_shown_and_named(tmp_path: Path) -> None:
    damaged = "2,äöü éè ".encode() + b"\xff\n"
    path = write(tmp_path / "rows.csv", "id,text\n1,größer äöü\n".encode() + damaged + "3,ähnlich\n".encode())
    same(path)
    assert [bool(row.reason) for row in streamed(path).rows()] == [False, True, False]
    assert list(streamed(path).rows())[1].cells == ["2", "äöü éè \ufffd"]


def test_what_is_no_table_says_so(tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("a.jsonl", b"1\n2\n"), ("a.parquet", b"PAR1 no"), ("a.csv", b"PK\x03\x04")):
        with pytest.raises(DatasetError):
            streamed(write(tmp_path / name, content))


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12))
def test_any_cells_are_read_alike(tmp_path: Path, cells: list[tuple[str, str]]) -> None:
    path = tmp_path / "any.csv"
    pd.DataFrame([("0", *pair) for pair in cells], columns=["number", "text", "more"]).to_csv(path, index=False)
    same(path)
