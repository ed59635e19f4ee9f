"""What `advisor predict` and `train` take: a text is no file name by mistake, nothing is empty, a title is a rung."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from advisor import api
from advisor.cli.inputs import Meaning, items_of
from advisor.cli.main import app
from advisor.core.errors import DatasetError, RunError
from advisor.rungs.saved.inputs import Unusable
from tests.data.dataset_trees import put

MODEL = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def refusal(*inputs: str) -> str:
    done = CliRunner().invoke(app, ["predict", str(MODEL), *inputs])
    assert done.exit_code == 1 and isinstance(done.exception, DatasetError), done.output
    return str(done.exception)


def rows(capfd: pytest.CaptureFixture[str], *inputs: str) -> list[dict[str, Any]]:
    """What `predict --json` prints where some inputs cannot be used; it ends with status 1 then."""
    done = CliRunner().invoke(app, ["predict", str(MODEL), *inputs, "--json"])
    assert done.exit_code == 1, done.exception
    printed = capfd.readouterr()
    assert f"of {len(inputs)} could not be used" in done.output
    found: list[dict[str, Any]] = json.loads(printed.out)
    assert [row["input"] for row in found] == list(inputs)
    return found


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_text_is_named_and_the_others_are_predicted(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    good, empty = rows(capfd, "Fry the onions in butter", text)
    assert good["label"] == "cooking" and "problem" not in good
    assert empty["label"] is None and "Input 2 is empty" in empty["problem"]
    assert "Input 1 is empty" in refusal(text)


def test_a_text_that_names_a_file_or_a_folder_asks_what_is_meant(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Tea")
    for path, what in ((letter, "a file"), (tmp_path, "a folder"), (tmp_path / "gone.JPG", "the name of an image")):
        for problem in (rows(capfd, "Tea", str(path))[1]["problem"], refusal(str(path))):
            assert f"{path} is {what}" in problem and "--as text" in problem


@pytest.mark.parametrize(
    ("meaning", "texts"),
    [
        ("lines", ["Fry the onions in butter", "", "The goalkeeper saved the penalty"]),
        ("file", ["Fry the onions in butter\n\nThe goalkeeper saved the penalty\n\n"]),
        ("text", None),
    ],
)
def test_a_file_is_what_its_user_says(tmp_path: Path, meaning: str, texts: list[str] | None) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Fry the onions in butter\n\nThe goalkeeper saved the penalty\n\n", "utf-16")
    found = items_of([str(letter)], "text", meaning=Meaning(meaning))
    assert found == ([str(letter)] if texts is None else texts)


def test_a_folder_of_texts_is_one_text_a_file(tmp_path: Path) -> None:
    put(tmp_path / "letters", "b.txt", "a.txt", "c.png")
    assert len(items_of([str(tmp_path / "letters")], "text", meaning=Meaning.file)) == 2


def test_a_table_is_read_from_the_column_that_its_name_tells_or_the_user_names(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("id,label,text\n1,sport,Fry the onions in butter\n2,sport,The goalkeeper saved the penalty\n")
    assert "no column 'words'" in refusal(str(table), "--column", "words")
    for more in ([], ["--column", "text"]):
        done = CliRunner().invoke(app, ["predict", str(MODEL), str(table), *more, "--json"])
        assert done.exit_code == 0, done.exception
        assert [row["label"] for row in json.loads(capfd.readouterr().out)] == ["cooking", "sport"]


def test_a_table_with_several_columns_of_texts_asks(tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text(
        "id,headline,body\n1,Warm bread today,Fry the onions in butter\n2,Home win,The goalkeeper saved it\n"
    )
    said = refusal(str(table))
    assert "2 rows" in said and "id, headline and body" in said and said.endswith("holds the texts: --column 'body'")


def test_every_row_of_a_table_goes_into_a_file_beside_its_columns(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "reviews.csv", tmp_path / "answers.csv"
    table.write_text("id,text\n1,Fry the onions in butter\n2,\n3,The goalkeeper saved the penalty\n")
    done = CliRunner().invoke(app, ["predict", str(MODEL), str(table), "--out", str(out), "--json"])
    assert done.exit_code == 1, "one row has no text"
    found = json.loads(capfd.readouterr().out)
    assert (found["n_rows"], found["n_problems"], found["counted"]) == (3, 1, {"cooking": 1, "sport": 1})
    written = pd.read_csv(out)
    assert written["predicted_label"].fillna("").tolist() == ["cooking", "", "sport"]
    again = CliRunner().invoke(app, ["predict", str(MODEL), str(table), "--out", str(out)])
    assert isinstance(again.exception, DatasetError) and "--replace" in str(again.exception)


def test_texts_by_themselves_go_into_a_file_too(tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    done = CliRunner().invoke(app, ["predict", str(MODEL), "-", "--out", str(out)], input="Fry the onions\nA goal\n")
    assert done.exit_code == 0, done.exception
    assert [json.loads(line)["input"] for line in out.read_text().splitlines()] == ["Fry the onions", "A goal"]


def test_nothing_on_stdin_says_that_there_is_nothing() -> None:
    done = CliRunner().invoke(app, ["predict", str(MODEL), "-"], input="\n  \n")
    assert isinstance(done.exception, DatasetError) and "nothing to predict" in str(done.exception)


def test_what_comes_from_stdin_is_text_whatever_it_names(capfd: pytest.CaptureFixture[str]) -> None:
    texts = f"{MODEL}\nphoto.png\n"
    done = CliRunner().invoke(app, ["predict", str(MODEL), "Look at photo.png", "t" * 5000, "-", "--json"], input=texts)
    assert done.exit_code == 0, done.exception
    labelled = [found["input"] for found in json.loads(capfd.readouterr().out)]
    assert labelled == ["Look at photo.png", "t" * 5000, str(MODEL), "photo.png"]


@pytest.mark.parametrize("run", [None, 5])
def test_a_model_is_loaded_by_a_name_only(run: object) -> None:
    with pytest.raises(RunError, match=f"{run} is not a run"):
        api.load(run)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rung", "status"), [("Retrieval", 1), ("rag", 1), ("AUTO", 1), ("best", 2)])
def test_a_rung_is_trained_by_its_title_too(rung: str, status: int) -> None:
    assert CliRunner().invoke(app, ["train", "no/such/folder", "--rung", rung]).exit_code == status


def test_a_table_without_a_column_of_paths_gets_no_guess(tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("title,verdict\nWarm bread,good\nCold soup,bad\n")
    with pytest.raises(DatasetError, match=r"holds the paths of images: --column COLUMN$"):
        items_of([str(table)], "image")


def test_ids_of_a_table_name_images_as_they_do_for_training(tmp_path: Path) -> None:
    put(tmp_path / "test", "t1.jpg", "t2.jpg")
    table = tmp_path / "sample_submission.csv"
    table.write_text("id,label\nt1,0\nt2,0\nt3,0\n")
    *found, gone = items_of([str(table)], "image", "id")
    assert found == [str(tmp_path / "test" / "t1.jpg"), str(tmp_path / "test" / "t2.jpg")]
    assert isinstance(gone, Unusable) and "no file t3" in gone.reason


def test_an_empty_line_of_stdin_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one\n\ntwo\n\n \n"))
    assert items_of(["-"], "text") == ["one", "", "two"]


def test_the_words_that_decided_are_listed_with_what_each_carries(capfd: pytest.CaptureFixture[str]) -> None:
    text = "On Monday we fry the onions in butter"
    done = CliRunner().invoke(app, ["predict", str(MODEL), text, "--why", "--json"])
    assert done.exit_code == 0, done.exception
    (row,) = json.loads(capfd.readouterr().out)
    assert row["label"] == "cooking" and sorted(one["word"] for one in row["words"]) == sorted(text.split())
    assert row["words"][0]["word"] in {"fry", "onions", "butter"} and row["words"][0]["drop"] > 0
    done = CliRunner().invoke(app, ["predict", str(MODEL), text, "--why"])
    assert done.exit_code == 0 and "points for the label" in capfd.readouterr().out
    done = CliRunner().invoke(app, ["predict", str(MODEL), text, "--why", "--out", "answers.csv"])
    assert isinstance(done.exception, DatasetError) and "Leave one of them out" in str(done.exception)
