from __future__ import annotations

from pathlib import Path

import pytest

from advisor.data.read.delimited import parse
from advisor.data.reading import read
from tests.data.dataset_trees import csv_of, text_rows, write

ROWS = [(f"some words, number {i}" if i % 3 else f"other words {i}", "ab"[i % 2]) for i in range(12)]


def body(separator: str, header: str = "text,label") -> str:
    lines = [header.replace(",", separator)]
    lines += [f'"{text}"{separator}{label}' for text, label in ROWS]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "above",
    [
        "sep={}\n",
        '"sep={}"\n',
        "My survey\n",
        "My survey{}\n",
        "\n\nMy survey\n\n",
        "# made by a program\n# on 3 March 2024\n",
        "// made by a program, version 2, by hand\n",
        "sep={}\nMy survey\nMarch 2024\n\n",
        "Report of 2024, all, of, us, with, many, commas\n",
    ],
)
def test_lines_above_a_header_are_skipped_and_said(above: str, separator: str) -> None:
    grid = parse(above.format(separator) + body(separator))
    assert grid.header == ["text", "label"]
    assert [tuple(record) for record in grid.records] == ROWS
    assert grid.rows[0] == 1 and not grid.ragged
    assert any("above the header" in note for note in grid.notes), grid.notes


def test_an_excel_export_with_a_title_over_many_columns() -> None:
    rows = "".join(f"{i};text {i};{'ab'[i % 2]};{i / 2}\n" for i in range(9))
    grid = parse(f"Orders of 2024;;;\n;;;\nid;text;label;price\n{rows}Total;;;18\n")
    assert grid.header == ["id", "text", "label", "price"]
    assert len(grid.rows) == 10


def test_a_header_behind_a_comment_sign() -> None:
    grid = parse("# made by hand\n#text\tlabel\n" + "".join(f"words {i}\t{'ab'[i % 2]}\n" for i in range(9)), "\t")
    assert grid.header == ["text", "label"]
    assert len(grid.rows) == 9


def test_tweets_that_begin_with_a_hash_are_rows() -> None:
    grid = parse("".join(f"#happy day {i},{'ab'[i % 2]}\n" for i in range(9)))
    assert grid.header == ["column 1", "column 2"]
    assert len(grid.rows) == 9


def test_a_column_called_by_a_hash() -> None:
    grid = parse("#,text,label\n" + "".join(f"{i},words {i},{'ab'[i % 2]}\n" for i in range(9)))
    assert grid.header == ["#", "text", "label"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("text,label\n" + "".join(f"{i},words {i},{'ab'[i % 2]}\n" for i in range(9)), ["row name", "text", "label"]),
        (",text,label\n" + "".join(f"{i},words {i},{'ab'[i % 2]}\n" for i in range(9)), ["column 1", "text", "label"]),
        ("text\n" + "".join(f"{i},words {i}\n" for i in range(9)), ["row name", "text"]),
        ("text,label,\n" + "".join(f"words {i},{'ab'[i % 2]},\n" for i in range(9)), ["text", "label", "column 3"]),
    ],
)
def test_headers_of_other_programs_are_no_titles(text: str, header: list[str]) -> None:
    grid = parse(text)
    assert grid.header == header
    assert len(grid.rows) == 9


def test_rows_below_the_header_that_are_no_data() -> None:
    rows = "".join(f"words {i},{'ab'[i % 2]}\n" for i in range(9))
    ids = '"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
    grid = parse(f"Q1,Q2\nWhat do you think?,Which one?\n{ids}{rows}")
    assert len(grid.rows) == 9 and any("2 rows below" in note for note in grid.notes)
    markdown = "| text | label |\n|:---|---|\n" + rows.replace(",", " | ").replace("words", "| words").replace(
        "\n", " |\n"
    )
    grid = parse(markdown)
    assert [record[1:3] for record in grid.records] == [[f"words {i}", "ab"[i % 2]] for i in range(9)]
    assert any("row below the header is not data" in note for note in grid.notes)


@pytest.mark.parametrize("first", ["(a),[b]", "---,---", "# heading,x", "text,x", "words,label"])
def test_a_first_row_that_looks_like_no_data_is_a_row(first: str) -> None:
    rows = [first, *(f"words {i},{'ab'[i % 2]}" for i in range(9)), "text,a", "text,b", "words,a", "words,b"]
    grid = parse("text,label\n" + "\n".join(rows) + "\n")
    assert grid.header == ["text", "label"]
    assert grid.records == [row.split(",") for row in rows]


def test_a_column_called_like_one_of_its_classes_is_a_header() -> None:
    grid = parse("toxic,text\n" + "".join(f"{'toxic' if i % 2 else 'clean'},words {i}\n" for i in range(9)))
    assert grid.header == ["toxic", "text"] and len(grid.rows) == 9


def test_a_table_with_a_title_is_the_same_dataset(tmp_path: Path) -> None:
    plain = csv_of(text_rows())
    one = read(write(tmp_path / "one.csv", plain))
    other = read(write(tmp_path / "other.csv", f"Reviews of March\n\n{plain}"))
    assert one.fingerprint == other.fingerprint


def test_zero_width_and_nul_characters_are_no_content() -> None:
    grid = parse("\ufefftext,label\na\0b,\u200bx\n\u200b\u200d,y\nflag 🏳️‍🌈,\ufeffx\n")
    assert grid.records == [["ab", "x"], ["", "y"], ["flag 🏳️‍🌈", "x"]]


@pytest.mark.parametrize("prefer", [",", "\t"])
def test_a_tab_in_every_row_parts_the_columns_although_each_text_has_one_comma(prefer: str) -> None:
    grid = parse("".join(f"{'ham spam'.split()[i % 2]}\tgood film, number {i}\n" for i in range(40)), prefer)
    assert grid.records[1] == ["spam", "good film, number 1"]
    assert len(grid.rows) == 40 and not grid.ragged


@pytest.mark.parametrize("title", ["Export of Cologne, made on 3 March\n", "Firm, Cologne\nExport, 3 March\n\n"])
def test_a_title_with_a_comma_does_not_decide_the_separator(title: str) -> None:
    rows = "".join(f"{i};slow, number {i};{'ab'[i % 2]}\n" for i in range(30))
    grid = parse(f"{title}id;text;label\n{rows}")
    assert grid.header == ["id", "text", "label"]
    assert len(grid.rows) == 30 and not grid.ragged
    two = parse(title + "text;label\n" + "".join(f"slow, number {i};{'ab'[i % 2]}\n" for i in range(30)))
    assert two.header == ["text", "label"] and len(two.rows) == 30


def test_semicolons_part_rows_of_decimal_commas() -> None:
    assert parse("".join(f"{i},5;{i + 1},25;{'ab'[i % 2]}\n" for i in range(9))).records[1] == ["1,5", "2,25", "b"]
    named = parse("name;price, net;colour\n" + "".join(f"apple {i};4,78;red\n" for i in range(9)))
    assert named.header == ["name", "price, net", "colour"]


def test_a_sign_inside_quoted_texts_or_numbers_does_not_part_the_columns() -> None:
    quoted = parse("".join(f'"{"ab"[i % 2]}"|"good, film {i}"\n' for i in range(30)))
    assert quoted.records[1] == ["b", "good, film 1"]
    assert parse("".join(f"good film {i};{'ab'[i % 2]};{i},5\n" for i in range(30))).records[1][2] == "1,5"
    titled = parse("A; B\nlabel,text,n\n" + "".join(f'{"ab"[i % 2]},"bad; film {i}",{i}\n' for i in range(30)))
    assert titled.header == ["label", "text", "n"]


@pytest.mark.parametrize(
    "text",
    [
        "text,label\n" + "".join(f"good {i}; great,{'ab'[i % 2]}\n" for i in range(30)) + "a row, of, three\n" * 2,
        "".join(f"good {i}; great,{'ab'[i % 2]}\n" for i in range(30)),
        "".join(f"{i % 3}.png,1;2;3;{i}\n" for i in range(30)),
        "".join(f"{i}.png,\ta\n" for i in range(30)),
        "file,box\n" + "".join(f"{i}.png,1;2;3;{i}\n" for i in range(30)) + "a row, of, three\n",
    ],
)
def test_lists_and_sentences_in_cells_do_not_decide_the_separator(text: str) -> None:
    grid = parse(text)
    assert len(grid.header) == 2 and len(grid.rows) == 30
    assert ";" in grid.records[0][0] + grid.records[0][1] or grid.records[0][1] == "a"
