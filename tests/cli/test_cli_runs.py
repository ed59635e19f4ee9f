"""`advisor runs`: names, notes and stars from the command, and what is deleted comes back."""

from __future__ import annotations

import json

import pytest

from advisor.cli.main import app
from tests.runs.test_runs_ended import a_run

Capture = pytest.CaptureFixture[str]


def told(capfd: Capture, *words: str) -> str:
    """What the command answers."""
    capfd.readouterr()
    app(["runs", *words], standalone_mode=False)
    return capfd.readouterr().out


def test_a_run_gets_a_name_a_note_and_a_star(capfd: Capture) -> None:
    a_run("20261130-0001-frozen-aaaa", "failed"), a_run("20261130-0002-frozen-bbbb", "failed")
    assert "the quick one" in told(capfd, "rename", "aaaa", "the quick one")
    assert "for Friday" in told(capfd, "note", "the quick one", "for Friday")
    document = json.loads(told(capfd, "star", "the quick one", "--json"))
    assert (document["name"], document["note"], document["starred"]) == ("the quick one", "for Friday", True)
    listed = json.loads(told(capfd, "--json"))
    assert [run["name"] for run in listed] == ["", "the quick one"]
    assert "★" in told(capfd)  # a narrow terminal wraps the name
    assert "★" not in told(capfd, "star", "the quick one", "--off")
    assert json.loads(told(capfd, "rename", "the quick one", "", "--json"))["name"] == ""


def test_a_list_of_runs_fits_into_eighty_columns(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    cause = "The disk was full while the checkpoint was written, and nothing could be kept."
    files = a_run("20261130-0001-fine-tune-aaaa", "failed")
    files.state.write_text(json.dumps({"state": "failed", "cause": cause}))
    listed = told(capfd)
    assert all(len(line.rstrip()) <= 80 for line in listed.splitlines())
    assert "20261130-0001-fine-tune-aaaa" in listed and "failed, 0 %" in listed
    assert set(cause.split()) <= set(listed.split()), "what is needed is wrapped, not cut"


def test_what_was_deleted_is_restored(capfd: Capture) -> None:
    files = a_run("20261130-0001-frozen-aaaa", "failed", 3000)
    said = told(capfd, "delete", "aaaa", "--yes")
    assert "advisor runs restore 20261130-0001-frozen-aaaa" in " ".join(said.split()) and not files.folder.exists()
    assert "is back" in told(capfd, "restore", "aaaa") and files.plan.is_file()
    assert "freed" in told(capfd, "delete", "aaaa", "--yes", "--for-good")
    assert not [path for path in files.folder.parent.iterdir() if "aaaa" in path.name]
