"""Answers in every format are the same answers; a spreadsheet finds no formula in them, and numbers stay numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from advisor.batch.answers import answer_columns, free_names
from advisor.batch.formats import Header, Line, format_of
from advisor.core.errors import DatasetError
from advisor.core.records import Answer, Passage, Prediction
from advisor.data.read.tables import read_table
from probes.reading import LOOPED

SHARES = {"=cat": 0.6, "dog": 0.4}


def written(path: Path, header: Header, *parts: list[Line]) -> Path:
    form = format_of(path)
    pieces = []
    for number, lines in enumerate(parts):
        piece = path.with_name(f"part-{number}")
        piece.write_bytes(form.part(header, lines))
        pieces.append(piece)
    form.join(header, pieces, path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_two_parts_make_one_table(tmp_path: Path, ending: str) -> None:
    kind = answer_columns("text")
    header = Header(["id", "probability"], kind, free_names(kind.order, ["id", "probability"]))
    good = kind.cells(Prediction(input="a", label="=cat", probability=0.6, probabilities=SHARES), 0.5)
    bad = kind.cells(Prediction(input="b", problem="It is empty."), 0.5)
    path = written(tmp_path / f"answers{ending}", header, [(["1", "x"], good)], [(["-2", "äöü\n;"], bad)])
    frame = read_table(path).frame
    assert [str(name) for name in frame.columns][:4] == ["id", "probability", "predicted_label", "probability (2)"]
    label = "'=cat" if ending in (".csv", ".tsv") else "=cat"
    first, second = frame.iloc[0], frame.iloc[1]
    assert (first["predicted_label"], first["probability (2)"], first["runner_up"]) == (label, "0.6", "dog")
    assert (first["not_sure"], second["not_sure"]) == ("false", "true")
    assert (second["id"], second["probability"], second["problem"]) == ("-2", "äöü\n;", "It is empty.")


def test_formulas_in_the_users_own_cells_are_guarded_in_tables_for_spreadsheets(tmp_path: Path) -> None:
    kind = answer_columns("text")
    header = Header(["=name", "cell"], kind, free_names(kind.order, []))
    lines: list[Line] = [([cell, cell], {}) for cell in ("=1+1", "@SUM(A1)", "-5", "+1.5e3", "-x")]
    found = pd.read_csv(written(tmp_path / "a.csv", header, lines), dtype=str)
    assert found["'=name"].tolist() == ["'=1+1", "'@SUM(A1)", "-5", "+1.5e3", "'-x"]
    plain = [json.loads(line) for line in written(tmp_path / "a.jsonl", header, lines).read_text().splitlines()]
    assert plain[0]["cell"] == "=1+1"


def test_an_answer_has_its_passage_and_is_not_sure_where_nothing_supports_it() -> None:
    kind = answer_columns("qa")
    passage = Passage(document="a.md", title="A", text="In 1867.", start=0, end=8, score=1.0)
    told = kind.cells(Answer(input="q", text="1867", supported=True, probability=0.9, passages=(passage,)), 0.5)
    assert (told["document"], told["passage"], told["not_sure"]) == ("a.md", "In 1867.", False)
    refused = kind.cells(Answer(input="q", text="not found", supported=False, passages=(passage,)), 0.5)
    assert (refused["document"], refused["not_sure"]) == ("", True)


def test_an_answer_that_repeats_itself_is_left_out_of_the_table() -> None:
    kind = answer_columns("qa")
    passage = Passage(document="a.md", title="A", text="In 1867.", start=0, end=8, score=1.0)
    told = kind.cells(Answer(input="q", text="It is: " * 9, supported=True, passages=(passage,)), 0.5)
    assert (told["answer"], told["supported"], told["not_sure"], told["note"]) == ("", False, True, LOOPED)
    assert told["document"] == "a.md" and set(told) <= set(kind.order)


def test_another_ending_lists_those_that_are_written() -> None:
    with pytest.raises(DatasetError, match=r"ends in \.xlsx.*\.csv, \.tsv, \.jsonl and \.parquet"):
        format_of(Path("answers.xlsx"))


def test_the_likely_classes_have_a_column_where_the_run_keeps_a_threshold() -> None:
    assert "likely" not in answer_columns("text").order and "likely" in answer_columns("text", True).order
    unsure = Prediction(input="a", label="cat", probability=0.6, probabilities=SHARES, likely=("cat", "dog"))
    assert answer_columns("text", True).cells(unsure, 0.7)["likely"] == "cat | dog"
    assert answer_columns("text", True).cells(unsure, 0.5)["likely"] == ""
