"""What `advisor predict` and `train` take: a text is no file name by mistake, nothing is empty, a title is a rung."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor import api
from advisor.cli.main import app
from advisor.core.errors import DatasetError, RunError

MODEL = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def refusal(*inputs: str) -> str:
    done = CliRunner().invoke(app, ["predict", str(MODEL), *inputs])
    assert done.exit_code == 1 and isinstance(done.exception, DatasetError), done.output
    return str(done.exception)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_text_is_refused(text: str) -> None:
    assert "Input 2 is empty" in refusal("Tea", text)


def test_a_text_that_names_a_file_or_a_folder_is_refused_with_the_way_to_mean_it(tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("text,label\nTea,cooking\n")
    for path, what in ((table, "a file"), (tmp_path, "a folder"), (tmp_path / "gone.JPG", "the name of an image")):
        said = refusal("Tea", str(path))
        assert f"{path} is {what}" in said and f"advisor predict {MODEL} - <" in said


def test_what_comes_from_stdin_is_text_whatever_it_names(capfd: pytest.CaptureFixture[str]) -> None:
    texts = f"{MODEL}\nphoto.png\n"
    done = CliRunner().invoke(app, ["predict", str(MODEL), "Look at photo.png", "t" * 5000, "-", "--json"], input=texts)
    assert done.exit_code == 0, done.exception
    labelled = [found["input"] for found in json.loads(capfd.readouterr().out)]
    assert labelled == ["Look at photo.png", "t" * 5000, str(MODEL), "photo.png"]


@pytest.mark.parametrize("run", [None, 5])
def test_a_model_is_loaded_by_a_name_only(run: object) -> None:
    with pytest.raises(RunError, match=f"{run} is no run"):
        api.load(run)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rung", "status"), [("Retrieval", 1), ("rag", 1), ("AUTO", 1), ("best", 2)])
def test_a_rung_is_trained_by_its_title_too(rung: str, status: int) -> None:
    assert CliRunner().invoke(app, ["train", "no/such/folder", "--rung", rung]).exit_code == status
