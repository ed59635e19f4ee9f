"""What finished runs reached counts by the rung of the model that they kept; the latest counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.core import storage
from advisor.core.records import Plan, RunReport, former
from advisor.runs import measured, store
from probes.measured import Measured


def finished(plan: Plan, value: float, dropped: str = "", in_vain: bool = False, partial: str = "") -> str:
    """A run that is done, with a report."""
    run = store.submit(plan.model_copy(update={"run": ""}))
    test = Measured(value=value, low=value - 0.01, high=min(1.0, value + 0.01), n=24, seconds=1.0)
    RunReport(
        run=run, rung=plan.rung, metric="accuracy", test=test, promised=None, classes=(), confusion=[], per_class=[],
        mistakes=(), seconds=1.0, device="cpu", precision="float32", dropped=dropped,
        gained_nothing=in_vain, partial=partial,
    ).save(store.status(run).files.report)  # fmt: skip
    store.change(run, "queued", "done")
    return run


def test_a_run_that_went_back_measured_the_frozen_model(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("fine-tune")
    finished(plan, 0.9, dropped="it was not better")
    known = measured.of_dataset(plan.fingerprint)
    assert set(known) == {"frozen"} and known["frozen"].test.value == 0.9


def test_training_in_vain_counts_for_what_was_tried_unless_another_run_kept_it(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("fine-tune")
    run = finished(plan, 0.9, dropped="it was not better", in_vain=True)
    tried = measured.of_dataset(plan.fingerprint)["fine-tune"]
    assert (tried.run, tried.rung, tried.tried, tried.seconds) == (run, "frozen", "fine-tune", 1.0)
    kept = finished(plan, 0.95)
    finished(plan, 0.9, dropped="it was not better", in_vain=True)
    assert measured.of_dataset(plan.fingerprint)["fine-tune"].run == kept


def test_a_run_that_went_back_does_not_take_the_place_of_one_that_was_planned(plan_of: Callable[..., Plan]) -> None:
    frozen = finished(plan_of("frozen"), 0.94)
    finished(plan_of("fine-tune"), 0.91, dropped="there was no time to fine-tune")
    assert measured.of_dataset(plan_of("frozen").fingerprint)["frozen"].run == frozen
    later = finished(plan_of("frozen"), 0.93)
    assert measured.of_dataset(plan_of("frozen").fingerprint)["frozen"].run == later


@pytest.mark.parametrize(
    ("dropped", "validation", "in_vain"),
    [
        ("it was worse", {"value": 0.9, "tuned": 0.8}, True),
        ("no state after the start validated better", {"value": 0.9}, True),
        ("there was no time to fine-tune", {"value": 0.9}, False),
        ("", {"value": 0.9, "tuned": 0.95}, False),
    ],
)
def test_reports_of_former_versions_tell_whether_it_was_in_vain(
    dropped: str, validation: dict[str, float], in_vain: bool
) -> None:
    assert former.with_gained_nothing({"dropped": dropped, "validation": validation})["gained_nothing"] is in_vain


def test_the_latest_run_of_the_dataset_and_backbone_counts(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("frozen")
    finished(plan, 0.8)
    last = finished(plan, 0.9)
    storage.write_json(store.status(last).files.resolved, {"n_train": 40})
    store.submit(plan.model_copy(update={"run": ""}))  # one that has not finished measures nothing
    assert measured.of_dataset(plan.fingerprint)["frozen"].run == last
    finished(plan, 0.7)
    assert measured.of_dataset(plan.fingerprint)["frozen"].run == last, "the later one learned from fewer items"
    assert measured.of_dataset(plan.fingerprint, "another backbone") == {}
    assert measured.of_dataset("another dataset") == {}


def test_that_a_run_learned_from_a_part_of_the_items_goes_on_to_the_advice(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("frozen")
    finished(plan, 0.8, partial="The time budget allowed 256 of 1,688 training items.")
    assert "256 of 1,688" in measured.of_dataset(plan.fingerprint)["frozen"].partial


def test_a_run_that_was_cut_short_is_told_until_a_later_one_was_not(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("fine-tune")
    finished(plan, 0.9, dropped="the budget was too short.")
    (ended,) = measured.runs_cut_short(plan.fingerprint, plan.backbone).values()
    assert (ended.kept, ended.budget_seconds, ended.why) == ("frozen", 30.0, "the budget was too short")
    assert measured.runs_cut_short(plan.fingerprint, "another backbone") == {}
    finished(plan, 0.9, dropped="it was not better", in_vain=True)
    assert measured.runs_cut_short(plan.fingerprint, plan.backbone) == {}
