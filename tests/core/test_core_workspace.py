"""The workspace's file names, which earlier versions wrote and later ones must find."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.errors import StorageError
from advisor.core.workspace import DatasetFiles, RunFiles, Workspace


def test_the_workspace_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "mine"))
    here = Workspace.here()
    assert here.folder == (tmp_path / "mine").resolve() and here.folder.is_dir()
    assert here.dataset("ab" * 32).record == here.folder / "datasets" / ("ab" * 8) / "dataset.json"
    assert here.run("r1").plan == here.folder / "runs" / "r1" / "plan.json"


def test_a_workspace_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "file" / "inside"))
    with pytest.raises(StorageError, match="ADVISOR_HOME"):
        Workspace.here()


def test_what_is_kept_of_several_models_has_a_name_each() -> None:
    files = DatasetFiles(Path("d"))
    assert (
        files.evidence_of("all-MiniLM-L6-v2", "0123456789", 60.0).name == "evidence-all-MiniLM-L6-v2-01234567-60.json"
    )
    assert files.evidence_of("a/b", "0", 60.0) != files.evidence_of("a:b", "0", 60.0)
    assert {path.name for path in RunFiles(Path("r")).lasting} >= {"plan.json", "model.safetensors", "report.json"}
