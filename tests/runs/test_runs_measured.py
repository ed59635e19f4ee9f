"""What finished runs reached counts by the rung of the model that they kept; the latest counts."""

from __future__ import annotations

from collections.abc import Callable

from advisor.core.records import Plan, RunReport
from advisor.runs import measured, store
from probes.measured import Measured


def finished(plan: Plan, value: float, dropped: str = "") -> str:
    """A run that is done, with a report."""
    run = store.submit(plan.model_copy(update={"run": ""}))
    test = Measured(value=value, low=value - 0.01, high=min(1.0, value + 0.01), n=24, seconds=1.0)
    RunReport(
        run=run, rung=plan.rung, metric="accuracy", test=test, promised=None, classes=(), confusion=[], per_class=[],
        mistakes=(), seconds=1.0, device="cpu", precision="float32", dropped=dropped,
    ).save(store.status(run).files.report)  # fmt: skip
    store.change(run, "queued", "done")
    return run


def test_a_run_that_went_back_measured_the_frozen_model(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("fine-tune")
    finished(plan, 0.9, dropped="it was not better")
    known = measured.of_dataset(plan.fingerprint)
    assert set(known) == {"frozen"} and known["frozen"].test.value == 0.9


def test_the_latest_run_of_the_dataset_and_backbone_counts(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of("frozen")
    finished(plan, 0.8)
    last = finished(plan, 0.9)
    store.submit(plan.model_copy(update={"run": ""}))  # one that has not finished measures nothing
    assert measured.of_dataset(plan.fingerprint)["frozen"].run == last
    assert measured.of_dataset(plan.fingerprint, "another backbone") == {}
    assert measured.of_dataset("another dataset") == {}
