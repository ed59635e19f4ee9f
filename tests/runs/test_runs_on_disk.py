"""The list of runs on disks that are read-only, full or forbidden: it can be read, and a refusal names the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.core.errors import StorageError
from advisor.core.records import Plan
from advisor.runs import store
from tests.core.small_disks import mounted, remounted


def test_runs_of_a_read_only_workspace_are_listed_and_a_new_one_is_refused(
    plan_of: Callable[..., Plan], tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.submit(plan_of())
    with mounted(tmp_path / "disk", "size=8m") as disk:
        monkeypatch.setenv("ADVISOR_HOME", str(shutil.copytree(workspace, disk / "home")))
        remounted(disk, "ro")
        assert [status.run for status in store.runs()] == [run]
        assert store.status(run).state == "queued"
        with pytest.raises(StorageError, match=f"The disk {disk} is read-only"):
            store.submit(plan_of())
        with pytest.raises(StorageError, match=f"The disk {disk} is read-only"):
            store.change(run, "queued", "running")


def test_a_run_submitted_on_a_full_disk_names_it_and_nothing_is_lost(
    plan_of: Callable[..., Plan], tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.submit(plan_of())
    with mounted(tmp_path / "disk", "size=8m") as disk:
        monkeypatch.setenv("ADVISOR_HOME", str(shutil.copytree(workspace, disk / "home")))
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free))
        with pytest.raises(StorageError, match=f"The disk {disk} is full"):
            store.submit(plan_of())
        assert [status.run for status in store.runs()] == [run]
        (disk / "filler").unlink()
        later = store.submit(plan_of())
        assert {status.run for status in store.runs()} >= {run, later}
