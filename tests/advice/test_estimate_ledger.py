"""Finished runs enter the ledger once, and the next experience holds them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor.advice.outlook import experience, ledger, timing
from advisor.advice.outlook.experience import Experience, ledger_folder
from advisor.core.ladder import RungName
from advisor.core.records import Plan, RunReport, Situation
from probes.measured import Measured
from tests.advice.completed_tasks import situation

FINGERPRINT = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def no_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without LadderBench's tables, experience is the ledger alone."""
    monkeypatch.setenv("ADVISOR_LADDERBENCH", str(tmp_path / "none"))


def plan(rung: RungName = "frozen", seen: Situation | None = None, **changes: object) -> Plan:
    made = Plan(
        run="r", rung=rung, dataset_folder="/nowhere", dataset_name="my private set", fingerprint=FINGERPRINT,
        kind="image", metric="accuracy", backbone="b", backbone_hash="h", input_size=96, situation=seen or situation(),
    )  # fmt: skip
    return made.model_copy(update=changes)


def report(value: float, rung: RungName = "frozen", seconds: float = 12.0) -> RunReport:
    measured = Measured(value=value, low=value - 0.05, high=value + 0.05, n=200, seconds=1.0)
    return RunReport(
        run="r", rung=rung, metric="accuracy", test=measured, promised=measured, classes=("a", "b"), confusion=[],
        per_class=[], mistakes=(), seconds=seconds, device="cpu", precision="float32",
    )  # fmt: skip


def test_a_run_of_whose_past_nothing_is_known_is_not_an_outcome() -> None:
    assert not ledger.note_outcome(plan(situation=None), report(0.8), 0)
    assert Experience.here().tasks == ()


def test_runs_enter_the_next_experience_and_a_repeated_one_replaces_itself() -> None:
    for value in (0.7, 0.8):
        assert ledger.note_outcome(plan(), report(value), 0)
    assert ledger.note_outcome(plan("fine-tune"), report(0.9, "fine-tune"), 4800)
    (task,) = Experience.here().tasks
    assert task.local and task.situation.n_labels == situation().n_labels
    assert task.situation.linear == pytest.approx(situation().linear)
    assert task.value("frozen") == pytest.approx(0.8) and task.value("fine-tune") == pytest.approx(0.9)
    assert task.value("scratch") is None and task.outcomes["fine-tune"]["items"] == 4800


def test_what_came_out_is_paired_with_what_was_seen_before_it_under_its_own_backbone() -> None:
    one, other = situation(linear=0.6), situation(linear=0.9)
    ledger.note_outcome(plan(seen=one), report(0.61), 0)
    ledger.note_outcome(plan("fine-tune", other, backbone="other"), report(0.91, "fine-tune"), 4800)
    ledger.note_outcome(plan(seen=other, backbone="other"), report(0.9), 0)
    pairs = {task.situation.linear: task for task in Experience.here().tasks}
    assert set(pairs) == {0.6, 0.9}
    assert (pairs[0.6].value("frozen"), pairs[0.6].value("fine-tune")) == (0.61, None)
    assert (pairs[0.9].value("frozen"), pairs[0.9].value("fine-tune")) == (0.9, 0.91)


def test_a_step_timed_later_completes_what_was_seen() -> None:
    ledger.note_outcome(plan(seen=situation(tuned_speed=None)), report(0.8), 0)
    ledger.note_outcome(plan("fine-tune"), report(0.9, "fine-tune"), 4800)
    (task,) = Experience.here().tasks
    assert task.situation.tuned_speed == situation().tuned_speed and len(task.outcomes) == 2


def test_three_runs_of_this_machine_correct_the_times_it_is_told() -> None:
    seen = situation()
    way = timing.way_of(seen, "fine-tune", 4800.0)
    for seed in range(timing.ENOUGH_LOCAL):
        assert timing.correction(Experience.here(), way) == (1.0 if not seed else pytest.approx(5, rel=0.1))
        ledger.note_outcome(plan("fine-tune", seed=seed), report(0.9, "fine-tune", seconds=500.0), 4800)
    known = Experience.here()
    assert timing.train_seconds(seen, "fine-tune", 4800.0, known) == pytest.approx(500, rel=0.01)
    assert timing.train_seconds(seen, "fine-tune", 9600.0, known) == pytest.approx(1000, rel=0.1)


def test_a_run_whose_items_were_not_counted_or_that_was_mostly_loading_says_nothing_of_times() -> None:
    way = timing.way_of(situation(), "fine-tune", 4800.0)
    ledger.note_outcome(plan("fine-tune"), report(0.9, "fine-tune", seconds=500.0), None)
    assert timing.correction(Experience.here(), way) == 1.0
    ledger.note_outcome(plan("fine-tune", seed=1), report(0.9, "fine-tune", seconds=30.0), 16)
    ledger.note_outcome(plan(), report(0.8), 0)
    assert timing.correction(Experience.here(), way) == 1.0
    assert timing.correction(Experience.here(), timing.way_of(situation(), "frozen", 0.0)) == 1.0


def test_a_ledger_of_a_former_version_stays_what_it_was() -> None:
    keys = {"dataset": "local:x", "kind": "image", "labels": "all", "seed": 0}
    ledger.append(ledger_folder() / "situations.csv", [{**keys, **situation().model_dump(exclude={"kind"})}])
    ledger.append(ledger_folder() / "outcomes.csv", [{**keys, "rung": "frozen", "value": 0.7}])
    ledger.note_outcome(plan(), report(0.8), 0)
    assert sorted(task.value("frozen") or 0 for task in Experience.here().tasks) == [0.7, 0.8]


def test_only_numbers_are_kept() -> None:
    ledger.note_outcome(plan(backbone="b@/home/me/weights"), report(0.8), 0)
    text = (ledger_folder() / "outcomes.csv").read_text() + (ledger_folder() / "situations.csv").read_text()
    assert "private" not in text and "/home/me" not in text and "nowhere" not in text
    assert len(experience.read(ledger_folder() / "outcomes.csv")) == 1


def test_columns_that_a_later_row_lacks_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "short_runs.csv"
    image = {"dataset": "a", "kind": "image", "labels": "all", "seed": 0, "tuned_gain": 0.1, "fresh_value": 0.4}
    text = {"dataset": "b", "kind": "text", "labels": "all", "seed": 0, "tuned_gain": 0.2}
    for row in (image, text):
        ledger.append(path, [row])
    found = experience.read(path).set_index("dataset")
    assert found.loc["a", "fresh_value"] == 0.4 and pd.isna(found.loc["b"]["fresh_value"])
