"""What a run wrote of its training, read back while it goes on."""

from __future__ import annotations

from advisor.core import storage
from advisor.core.records import Plan
from advisor.runs import follow, store


def a_plan(run: str) -> Plan:
    return Plan(
        run=run, rung="fine-tune", dataset_folder="/nowhere", dataset_name="digits", fingerprint="0", kind="image",
        metric="accuracy", backbone="efficientnet-lite0", backbone_hash="", input_size=96,
    )  # fmt: skip


def test_the_steps_of_each_fit_go_forward_whatever_was_done_again() -> None:
    run = store.submit(a_plan("one"))
    first = [("fold 1", step) for step in (0, 10, 20, 30)]
    killed = [("fold 2", step) for step in (0, 10, 20, 30)]
    resumed = [("fold 2", step) for step in (25, 33)]  # from a checkpoint at step 22
    for second, (fit, step) in enumerate([*first, *killed, *resumed]):
        line = {"stage": "Training", "fit": fit, "step": step, "seconds": second, "train_loss": 1.0}
        storage.append_line(store.directory(run) / "metrics.jsonl", line)
    storage.append_line(
        store.directory(run) / "metrics.jsonl", {"stage": "Fitting", "seconds": 99, "frozen_value": 0.5}
    )
    table = follow.metrics(run)
    steps = {fit: rows["step"].tolist() for fit, rows in table.groupby("fit")}
    assert steps == {"fold 1": [0, 10, 20, 30], "fold 2": [0, 10, 20, 25, 33]}
    assert table["frozen_value"].notna().sum() == 1
