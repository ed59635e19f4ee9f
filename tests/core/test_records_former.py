"""Records written before a field existed: it is derived when they are loaded, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.advice.decide import decide
from advisor.advice.outlook.cost import repriced
from advisor.advice.record.side_by_side import side_by_side
from advisor.core.errors import StorageError
from advisor.core.records import Advice, Evidence, Goal, Prices, RunReport
from advisor.core.storage import write_json
from advisor.ui import rungs_table

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
#: As the version before wrote it: utilities in money, a price for everything, no tolerance.
ADVICE: dict[str, Any] = {
    "schema_version": 2, "fingerprint": "ab", "metric": "accuracy",
    "question": {
        "schema_version": 1, "target": None, "budget_seconds": 60.0,
        "rungs": ["prompting", "rag", "frozen", "fine-tune", "scratch"], "backbone": None,
        "prices": {"schema_version": 1, "point": 100.0, "rung": 50.0, "hour": 1.0, "label": 0.1, "kwh": 0.3,
                   "token": 1.0, "predictions_per_month": 10000, "months": 12},
        "constraints": {"schema_version": 1, "weights_fixed": False, "knowledge_changes": False, "local_only": False,
                        "no_gpu": False, "latency_ms": None, "deadline_seconds": None},
    },
    "recommended": "frozen", "runner_up": "fine-tune", "race": None,
    "headline": "Frozen features pay most here: expected accuracy 90.0 % (87.0 to 93.0).",
    "sentences": ["Frozen features are expected 0.2 points below fine-tuning, a loss of 17."],
    "flips": [{"schema_version": 1, "what": "price of a point", "now": 100.0, "value": 210.0, "low": None, "high": None,
               "rung": "fine-tune", "sentence": "If a point were worth 210 or more, fine-tuning would be."}],
    "exchange": None,
    "estimates": [
        {"schema_version": 1, "rung": rung, "available": available, "value": value, "low": low, "high": high,
         "gain_error": error, "n": 100, "provenance": "measured", "train_seconds": 30.0, "peak_memory_bytes": 1e9,
         "energy_wh": 0.5, "milliseconds_per_prediction": 4.0, "price_per_1000": 0.0011, "p_target": None,
         "utility": utility, "costs": costs, "labels_missing": None, "labels_price": None, "blocked": "",
         "settings": {}, "details": "", "reason": "Expected 0.2 points below fine-tuning, a loss of 17."}
        for rung, available, value, low, high, error, utility, costs in (
            ("prompting", True, 0.3, 0.27, 0.33, 0.05, 2999.8, {"upkeep": 0.0, "predictions": 0.2}),
            ("rag", True, 0.7, 0.67, 0.73, 0.03, 6949.8, {"upkeep": 50.0, "predictions": 0.2}),
            ("frozen", True, 0.9, 0.87, 0.93, 0.0, 8899.8, {"upkeep": 100.0, "predictions": 0.2}),
            ("fine-tune", True, 0.902, 0.87, 0.93, 0.02, 8869.8, {"upkeep": 150.0, "predictions": 0.2}),
            ("scratch", False, None, None, None, None, None, {}),
        )
    ],
    "seconds": 40.0,
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


def test_former_advice_counts_in_points_with_the_tolerance_that_its_prices_came_to(tmp_path: Path) -> None:
    write_json(tmp_path / "advice.json", ADVICE)
    found = Advice.load(tmp_path / "advice.json")
    assert found.question.tolerance == 0.5 and found.question.prices == Prices(), "they were nobody's own"
    assert found.estimate("frozen").utility == pytest.approx(88.998)
    assert not any(e.costs or e.price_per_1000 for e in found.estimates)
    assert Advice.load(found.save(tmp_path / "again.json")) == found
    assert side_by_side(found).rows and rungs_table.table(found)
    anew = repriced(found.estimates, Goal())
    assert decide(anew, Goal()).recommended == "frozen" and not anew[2].costs


def test_former_advice_keeps_the_prices_that_were_given(tmp_path: Path) -> None:
    own = {**ADVICE["question"], "prices": {**ADVICE["question"]["prices"], "rung": 20.0}}
    write_json(tmp_path / "advice.json", {**ADVICE, "question": own})
    found = Advice.load(tmp_path / "advice.json")
    assert (found.question.tolerance, found.question.prices.rung, found.question.prices.point) == (0.2, 20.0, 100.0)
    assert found.estimate("frozen").costs == {"upkeep": 100.0, "predictions": 0.2}


def test_former_advice_whose_points_had_no_price_asks_for_the_best_model(tmp_path: Path) -> None:
    free = {**ADVICE["question"], "prices": {**ADVICE["question"]["prices"], "point": 0.0}}
    write_json(tmp_path / "advice.json", {**ADVICE, "question": free})
    assert Advice.load(tmp_path / "advice.json").question.tolerance == 0.0


@pytest.mark.parametrize(
    ("record", "content", "field"),
    [(Advice, ADVICE, "estimates"), (RunReport, REPORT, "sentences"), (Evidence, EVIDENCE, "findings")],
)
def test_a_damaged_former_file_is_a_storage_error(tmp_path: Path, record: Any, content: Any, field: str) -> None:
    write_json(tmp_path / "damaged.json", {**content, field: 7})
    with pytest.raises(StorageError, match="not a readable"):
        record.load(tmp_path / "damaged.json")
