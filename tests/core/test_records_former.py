"""Records written before a field existed: it is derived when they are loaded, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.core.errors import StorageError
from advisor.core.records import Evidence, RunReport
from advisor.core.storage import write_json

REPORT: dict[str, Any] = {
    "schema_version": 1, "run": "r", "rung": "fine-tune", "metric": "accuracy",
    "test": {"value": 0.9, "low": 0.85, "high": 0.94, "n": 100, "seconds": 1.0}, "promised": None, "classes": ["a"],
    "confusion": [[1]], "per_class": [], "mistakes": [], "validation": {"value": 0.9, "frozen": 0.9, "tuned": 0.9},
    "seconds": 1.0, "device": "cpu", "precision": "float32",
}  # fmt: skip
WENT_BACK = "Fine-tuning was dropped for the frozen model: no state after the start validated better."
EVIDENCE: dict[str, Any] = {
    "schema_version": 2, "fingerprint": "f", "metric": "accuracy", "backbone": "b", "backbone_hash": "0" * 64,
    "device": "cpu", "device_reason": "", "input_size": 64, "n_train": 90, "n_test": 10, "n_test_per_class": [5, 5],
    "results": [], "seconds": 1.0,
}  # fmt: skip
HARD = "30 of 500 labels look wrong. Most of what it lists here may be hard and not wrong; look from the top."


@pytest.mark.parametrize(
    ("sentences", "dropped"),
    [(["As promised.", WENT_BACK], "no state after the start validated better"), (["As promised."], "")],
)
def test_a_former_report_knows_whether_fine_tuning_was_dropped(
    tmp_path: Path, sentences: list[str], dropped: str
) -> None:
    write_json(tmp_path / "report.json", {**REPORT, "sentences": sentences})
    found = RunReport.load(tmp_path / "report.json")
    assert found.dropped == dropped and list(found.sentences) == sentences
    assert RunReport.load(found.save(tmp_path / "again.json")) == found


def test_a_report_of_today_says_it_in_its_field_alone(tmp_path: Path) -> None:
    write_json(tmp_path / "report.json", {**REPORT, "sentences": [WENT_BACK], "dropped": ""})
    assert RunReport.load(tmp_path / "report.json").dropped == ""


def test_former_evidence_knows_whether_its_suspects_are_mostly_hard(tmp_path: Path) -> None:
    finding = {"schema_version": 1, "check": "suspect label", "severity": "note", "n_items": 30, "items": []}
    findings = [{**finding, "sentence": HARD}, {**finding, "sentence": "30 of 500 labels look wrong."}]
    write_json(tmp_path / "evidence.json", {**EVIDENCE, "findings": findings})
    found = Evidence.load(tmp_path / "evidence.json")
    assert [one.mostly_hard for one in found.findings] == [True, False]
    assert Evidence.load(found.save(tmp_path / "again.json")) == found


@pytest.mark.parametrize(
    ("record", "content", "field"), [(RunReport, REPORT, "sentences"), (Evidence, EVIDENCE, "findings")]
)
def test_a_damaged_former_file_is_a_storage_error(tmp_path: Path, record: Any, content: Any, field: str) -> None:
    write_json(tmp_path / "damaged.json", {**content, field: 7})
    with pytest.raises(StorageError, match="not a readable"):
        record.load(tmp_path / "damaged.json")
