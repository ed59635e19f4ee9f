"""Finished runs enter the ledger once, and the next experience holds them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from lived import situation

from advisor.estimate import ledger
from advisor.estimate.experience import Experience, ledger_folder
from advisor.ladder import RungName
from advisor.records import Dataset, Plan, ReadOptions, RunReport
from probes.measured import Measured


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ADVISOR_LADDERBENCH", str(tmp_path / "none"))
    folder = tmp_path / "data"
    folder.mkdir()
    return Dataset(
        name="d", kind="image", source="s", folder=str(folder), options=ReadOptions(), classes=("a", "b"), n_in=4,
        n_used=4, n_set_aside=0, fingerprint="0123456789abcdef" * 4, official_split=False, has_groups=False,
    )  # fmt: skip


def plan(dataset: Dataset, rung: RungName = "frozen") -> Plan:
    return Plan(
        run="r", rung=rung, dataset_folder=dataset.folder, dataset_name="d", fingerprint=dataset.fingerprint,
        kind="image", metric="accuracy", backbone="b", backbone_hash="h", input_size=96,
    )  # fmt: skip


def report(value: float, rung: RungName = "frozen") -> RunReport:
    measured = Measured(value=value, low=value - 0.05, high=value + 0.05, n=200, seconds=1.0)
    return RunReport(
        run="r", rung=rung, metric="accuracy", test=measured, promised=measured, classes=("a", "b"), confusion=[],
        per_class=[], mistakes=(), seconds=12.0, device="cpu", precision="float32",
    )  # fmt: skip


def test_a_run_without_advice_before_it_is_not_an_outcome(dataset: Dataset) -> None:
    assert not ledger.note_outcome(plan(dataset), dataset, report(0.8))
    assert Experience.here().tasks == ()


def test_runs_enter_the_next_experience_and_a_repeated_one_replaces_itself(dataset: Dataset) -> None:
    ledger.note_situation(dataset, situation())
    for value in (0.7, 0.8):
        assert ledger.note_outcome(plan(dataset), dataset, report(value))
    assert ledger.note_outcome(plan(dataset, "fine-tune"), dataset, report(0.9, "fine-tune"))
    (task,) = Experience.here().tasks
    assert task.local and task.situation.n_labels == situation().n_labels
    assert task.situation.linear == pytest.approx(situation().linear)
    assert task.value("frozen") == pytest.approx(0.8) and task.value("fine-tune") == pytest.approx(0.9)
    assert task.value("scratch") is None


def test_only_numbers_are_kept(dataset: Dataset) -> None:
    ledger.note_situation(dataset, situation())
    ledger.note_outcome(plan(dataset), dataset, report(0.8))
    text = (ledger_folder() / "outcomes.csv").read_text() + (ledger_folder() / "situations.csv").read_text()
    assert dataset.source not in text.replace("situations", "").split(",") and dataset.folder not in text
    assert len(pd.read_csv(ledger_folder() / "outcomes.csv")) == 1


def test_columns_that_a_later_row_lacks_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "short_runs.csv"
    image = {"dataset": "a", "kind": "image", "labels": "all", "seed": 0, "tuned_gain": 0.1, "fresh_value": 0.4}
    text = {"dataset": "b", "kind": "text", "labels": "all", "seed": 0, "tuned_gain": 0.2}
    for row in (image, text):
        ledger.append(path, [row])
    found = ledger.read(path).set_index("dataset")
    assert found.loc["a", "fresh_value"] == 0.4 and pd.isna(found.loc["b", "fresh_value"])
