from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.data.read.cells import clean
from advisor.data.read.delimited import parse
from advisor.data.read.tables import Table, read_table
from advisor.data.read.text_encoding import decode
from tests.data.dataset_trees import write


def table(tmp_path: Path, content: str | bytes, name: str = "data.csv") -> Table:
    return read_table(write(tmp_path / name, content))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, separator: str) -> None:
    rows = "\n".join(
        f"a sentence, with a comma {i}{separator}x" if separator != "," else f"row {i},x" for i in range(9)
    )
    found = table(tmp_path, f"text{separator}label\n{rows}\n")
    assert list(found.frame.columns) == ["text", "label"]
    assert found.frame["label"].tolist() == ["x"] * 9


def test_labels_that_pandas_would_lose(tmp_path: Path) -> None:
    found = table(tmp_path, "text,label\na,NA\nb,None\nc,null\nd,N/A\ne,\nf,nan\n")
    assert found.frame["label"].tolist() == ["NA", "None", "null", "N/A", "", "nan"]


def test_ragged_rows_are_set_aside_by_number(tmp_path: Path) -> None:
    found = table(tmp_path, "text,label\na,x\nb,x,too,many\nc\nd,y\n\ne,y,\n")
    assert found.rows == [1, 4, 5]
    assert [entry.key for entry in found.set_aside] == ["row 2", "row 3"]
    assert found.frame["text"].tolist() == ["a", "d", "e"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    found = table(tmp_path, "text,label\ncafé crème,thé\nplain,eau\n".encode(encoding))
    assert list(found.frame.columns) == ["text", "label"]
    assert found.frame.iloc[0].tolist() == ["café crème", "thé"]


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-16-le"])
def test_cyrillic_encodings(tmp_path: Path, encoding: str) -> None:
    rows = ["Как далеко до ближайшей станции метро?", "Сколько стоит билет до Москвы?", "Закажите столик на двоих."]
    found = table(tmp_path, ("text,label\n" + "".join(f"{row},travel\n" for row in rows)).encode(encoding))
    assert found.frame["text"].tolist() == rows
    assert encoding.startswith("utf") or "not UTF-8" in found.notes[-1]


@pytest.mark.parametrize(
    ("encoding", "text"), [("gbk", "我想预订明天去北京的机票"), ("shift_jis", "どこで生れたか見当がつかぬ")]
)
def test_encodings_of_east_asia(tmp_path: Path, encoding: str, text: str) -> None:
    content = ("text,label\n" + "".join(f"{text[i:]}{text[:i]},{i % 2}\n" for i in range(8))).encode(encoding)
    assert table(tmp_path, content).frame["text"][0] == text


def test_curly_quotes_in_english_are_no_chinese(tmp_path: Path) -> None:
    rows = [f"It’s the {i}th time we’ve asked “why” – and it’s the last" for i in range(20)]
    content = ("text,label\n" + "".join(f"{row},a\n" for row in rows)).encode("cp1252")
    assert table(tmp_path, content).frame["text"].tolist() == rows


def test_mixed_encodings_line_by_line(tmp_path: Path) -> None:
    lines = [b"text,label\n", "naïve,a\n".encode(), "façade,b\n".encode("cp1252"), b"\x81\x8d bad,a\n"]
    found = table(tmp_path, b"".join(lines))
    assert found.frame["text"].tolist() == ["naïve", "façade"]
    assert [entry.key for entry in found.set_aside] == ["row 3"]
    assert any("Windows-1252" in note for note in found.notes)


def test_quotes_newlines_and_long_fields(tmp_path: Path) -> None:
    long = "word " * 60_000
    found = table(tmp_path, f'text,label\n"a ""quoted"",\ntext",x\n"{long}",y\n')
    assert found.frame["text"].tolist() == ['a "quoted",\ntext', long.strip()]


def test_backslash_quotes_and_stray_quotes(tmp_path: Path) -> None:
    rows = "".join(f'"he said \\"no, {i}\\", twice",x\n' for i in range(5))
    assert table(tmp_path, f"text,label\n{rows}").frame["text"][0] == 'he said "no, 0", twice'
    tabs = "".join(f'"open {i}\tx\n' for i in range(5))
    assert table(tmp_path, f"text\tlabel\n{tabs}", "data.tsv").frame["text"].tolist() == [
        f'"open {i}' for i in range(5)
    ]


def test_a_file_without_a_header(tmp_path: Path) -> None:
    rows = "".join(f"{'ham' if i % 2 else 'spam'}\tmessage {i}\n" for i in range(12))
    found = table(tmp_path, rows, "sms.tsv")
    assert (len(found.frame), list(found.frame.columns)) == (12, ["column 1", "column 2"])
    assert any("first row" in note for note in found.notes)


def test_double_and_empty_column_names(tmp_path: Path) -> None:
    assert list(table(tmp_path, ",text,text\n1,a,b\n2,c,d\n").frame.columns) == ["column 1", "text", "text (2)"]


def test_a_header_in_the_middle_is_no_row(tmp_path: Path) -> None:
    half = "text,label\n" + "".join(f"row {i},{'ab'[i % 2]}\n" for i in range(6))
    found = table(tmp_path, half + "\ufeff" + half)
    assert (len(found.frame), set(found.frame["label"])) == (12, {"a", "b"})
    assert [(entry.key, entry.reason) for entry in found.set_aside] == [("row 7", "The row repeats the header.")]
    assert found.notes == ["1 row that repeats the header set aside."]


def test_json_lines_with_bad_lines(tmp_path: Path) -> None:
    lines = [
        '{"text": "a", "label": 1}',
        "not json",
        "[1]",
        '{"label": null, "text": "b"}',
        '{"text": "c", "label": 2.0}',
    ]
    found = table(tmp_path, "\n".join(lines), "data.jsonl")
    assert found.rows == [1, 4, 5]
    assert found.frame["label"].tolist() == ["1", "", "2"]
    assert [entry.key for entry in found.set_aside] == ["row 2", "row 3"]


@pytest.mark.parametrize(
    "content",
    [[{"t": "a", "l": "x"}], {"data": [{"t": "a", "l": "x"}]}, {"t": ["a"], "l": ["x"]}, [{"t": "a", "l": "x"}, 3]],
)
def test_json_shapes(tmp_path: Path, content: object) -> None:
    found = table(tmp_path, json.dumps(content), "data.json")
    assert found.frame.to_dict("records") == [{"t": "a", "l": "x"}]


def test_parquet_with_missing_values_and_whole_floats(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"text": ["a", None, "NA"], "label": [1.0, 2.0, np.nan], "kind": pd.Categorical(["x", "y", "x"])}
    )
    frame.to_parquet(tmp_path / "data.parquet")
    found = read_table(tmp_path / "data.parquet")
    assert found.frame.to_dict("list") == {"text": ["a", "", "NA"], "label": ["1", "2", ""], "kind": ["x", "y", "x"]}


def test_parquet_with_images_inside_says_so(tmp_path: Path) -> None:
    pd.DataFrame({"image": [{"bytes": b"x", "path": "a.png"}], "label": [1]}).to_parquet(tmp_path / "data.parquet")
    with pytest.raises(DatasetError, match="inside the column image"):
        read_table(tmp_path / "data.parquet")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\xef\xbb\xbf\n \n"),
        ("a.parquet", b"PAR1nonsense"),
        ("a.jsonl", b"x\ny\n"),
        ("a.json", b"{"),
        ("a.json", b"3"),
    ],
)
def test_useless_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DatasetError, match=str(tmp_path / name)):
        read_table(write(tmp_path / name, content))


@given(st.binary(max_size=400))
def test_decoding_never_raises(content: bytes) -> None:
    assert isinstance(decode(content).text, str)


cells = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=12
)


@example([("(a)", "[b]"), ("x", "y"), ("z", "w")])
@example([("#a", "//"), ("---", "---"), ("sep=;", "{}"), ("z", "w")])
@given(st.lists(st.tuples(cells, cells), min_size=3, max_size=20))
def test_what_the_csv_module_writes_comes_back(rows: list[tuple[str, str]]) -> None:
    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("some text", "its label"), *rows])
    grid = parse(sink.getvalue())
    wanted = [[clean(a), clean(b)] for a, b in rows if clean(a) or clean(b)]
    assert grid.records == wanted


@given(st.text(alphabet='ab,;\t|"\n\\ ', max_size=200))
def test_any_text_parses_to_a_rectangle(text: str) -> None:
    grid = parse(text)
    assert {len(record) for record in grid.records} <= {len(grid.header)}
    assert len(grid.rows) == len(grid.records)
