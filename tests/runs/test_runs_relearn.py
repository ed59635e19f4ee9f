"""What this machine has learned from its runs comes back where the ledger is lost or damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.advice.outlook import experience, ledger
from advisor.core.errors import StorageError
from advisor.core.records import Plan, RunReport
from advisor.runs import store
from advisor.runs.relearn import restore_ledger
from probes.measured import Measured
from tests.advice.completed_tasks import situation

Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "a digit": lambda path: path.write_bytes(path.read_bytes().replace(b"image,all,0,", b"image,all,1,", 1)),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(bytes(range(7, 251, 3)) * 5),
    "another table": lambda path: path.write_text("a,b\n1,2\n"),
    "gone": Path.unlink,
}


def finished(name: str, value: float) -> None:
    """A finished run in the list, its report on the disk and its row in the ledger."""
    plan = Plan(
        run=name, rung="frozen", dataset_folder="/nowhere", dataset_name="digits", fingerprint=name * 4, kind="image",
        metric="accuracy", backbone="b", backbone_hash="h", input_size=96, situation=situation(),
    )  # fmt: skip
    store.submit(plan)
    measured = Measured(value=value, low=value - 0.05, high=value + 0.05, n=200, seconds=1.0)
    report = RunReport(
        run=name, rung="frozen", metric="accuracy", test=measured, promised=measured, classes=("a", "b"), confusion=[],
        per_class=[], mistakes=(), seconds=12.0, device="cpu", precision="float32",
    )  # fmt: skip
    files = store.status(name).files
    report.save(files.report)
    files.state.write_text(json.dumps({"state": "done", "seconds": 12.0}))
    store.change(name, "queued", "done", attempt=True)
    assert ledger.note_outcome(plan, report, 0)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_lost_or_damaged_ledger_is_made_again_from_the_runs(damage: Damage, which: int) -> None:
    finished("20261130-0001-frozen-aaaa", 0.9)
    finished("20261130-0002-frozen-bbbb", 0.91)
    path = ledger.tables()[which]
    before = [experience.read(table).drop(columns="items", errors="ignore") for table in ledger.tables()]
    assert restore_ledger() == 0, "a whole one stays"
    damage(path)
    if path.exists():
        with pytest.raises(StorageError, match=path.name):
            experience.read(path)
        assert not any(task.local for task in experience.Experience.here().tasks), "advice does without it"
        lost = path.read_bytes()
    assert restore_ledger() == 2
    for table, rows in zip(ledger.tables(), before, strict=True):
        assert experience.read(table).drop(columns="items", errors="ignore").equals(rows)
    if (aside := path.with_name(f"{path.name}.damaged")).exists():
        assert aside.read_bytes() == lost
    assert sum(task.local for task in experience.Experience.here().tasks) == 2
