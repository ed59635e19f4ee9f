"""The doctor names what is damaged in the workspace, and a disk that cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.storage import write_json
from advisor.core.workspace import Workspace
from advisor.doctor import check_files, check_workspace
from tests.core.small_disks import mounted


def test_damaged_files_are_counted_and_the_first_is_named(workspace: Path) -> None:
    assert [check.verdict for check in check_files()] == ["ok"]
    files = [Workspace.here().datasets / "0123" / name for name in ("advice.json", "profile.json")]
    for path in files:
        write_json(path, {"a": 1})
    assert [check.verdict for check in check_files()] == ["ok"]
    files[1].write_text(files[1].read_text().replace("1", "2", 1))
    (check,) = check_files()
    assert check.verdict == "warning"
    assert "1 file" in check.sentence
    assert str(files[1]) in check.sentence


def test_a_workspace_on_a_read_only_disk_is_a_problem_that_names_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(tmp_path / "disk", "size=64k,ro") as disk:
        monkeypatch.setenv("ADVISOR_HOME", str(disk))
        (check,) = check_workspace()
    assert check.verdict == "problem"
    assert f"The disk {disk} is read-only" in check.sentence
