"""`advisor fix`: suggestions to a file and back, a version, what it changed, and undoing it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor import fixing
from advisor.cli.main import main
from advisor.core.errors import DatasetError
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, csv_of, text_rows, write

Document = Callable[..., Any]


@pytest.fixture
def document(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Document:
    """Calls the command and returns the document that it prints."""

    def call(*arguments: str) -> Any:
        monkeypatch.setattr("sys.argv", ["advisor", *arguments, "--json"])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert not ended.value.code, said.err
        return json.loads(said.out)

    return call


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    return write(tmp_path / "mails.csv", csv_of(text_rows(12)))


def test_decisions_of_a_file_make_a_version_that_is_listed_exported_and_undone(
    mails: Path, tmp_path: Path, document: Document
) -> None:
    dataset = read(mails)
    one, two = (str(key) for key in dataset.items["key"].iloc[dataset.where("train")[:2]])
    label = next(name for name in dataset.classes if name != dataset.classes[dataset.labels[dataset.where("train")[0]]])
    rows = f"key,decision,new_label\n{one},relabel,{label}\n{two},drop,\n"
    file, out = write(tmp_path / "decisions.csv", rows), tmp_path / "out.csv"
    made = document("fix", str(mails), "--decisions", str(file), "--export", str(out))
    version = made["version"]
    assert (version["n_relabelled"], version["n_dropped"]) == (1, 1)
    exported = list(csv.DictReader(out.open()))
    assert len(exported) == dataset.n_used - 1 and {"text", "label", "split"} == set(exported[0])
    listed = document("fix", str(mails), "--list")
    assert [one["name"] for one in listed["versions"]] == ["mails, version 2"]
    assert document("profile", str(version["source"]))["dataset"]["name"] == "mails, version 2"
    assert document("fix", str(mails), "--undo")["versions"] == []
    assert len(document("fix", str(mails), "--list")["decisions"]) == 2
    assert document("fix", str(mails), "--undo")["decisions"] == []
    assert mails.read_text() == csv_of(text_rows(12))


def test_suggestions_go_to_a_file_and_their_file_comes_back(mails: Path, tmp_path: Path, document: Document) -> None:
    file = tmp_path / "suggested.csv"
    document("fix", str(mails), "--csv", str(file), "--budget", "5")
    rows = list(csv.DictReader(file.open()))
    assert not rows or {"key", "decision", "new_label", "reason"} <= set(rows[0])
    if any(row["decision"] for row in rows):
        assert document("fix", str(mails), "--decisions", str(file))["version"]


def test_python_takes_classes_by_key(tmp_path: Path) -> None:
    dataset = read(class_folders(tmp_path / "pets", n=12))
    keys = [str(dataset.items["key"].iloc[row]) for row in dataset.where("train")[:2]]
    version = fixing.fix(dataset, {keys[0]: None, keys[1]: "cat" if keys[1].startswith("dog") else "dog"})
    assert version.version is not None and (version.version.n_relabelled, version.version.n_dropped) == (1, 1)
    assert fixing.versions_of(dataset) == [version]
    assert len(fixing.decisions(dataset)) == 2
    with pytest.raises(DatasetError, match="no item called"):
        fixing.fix(dataset, {"nowhere.png": None})
    with pytest.raises(DatasetError, match="no version"):
        fixing.version_effect(dataset)
