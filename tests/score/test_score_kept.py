"""The score that is kept: computed once, and again when a table or the code has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.workspace import Workspace
from advisor.score import kept
from advisor.score.kept import kept_board
from tests.ui.ladder_csv import write_tables


@pytest.fixture
def tables(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four datasets' tables, and a new workspace."""
    folder = tmp_path / "ladder"
    monkeypatch.setenv("ADVISOR_LADDERBENCH", str(folder))
    return write_tables(folder)


def test_it_is_read_back_as_it_was_computed(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kept_board()
    with monkeypatch.context() as patched:
        patched.setattr(kept, "board", lambda: pytest.fail("it is computed again"))
        assert kept_board() == first


def test_it_is_computed_again_when_a_table_has_changed(tables: Path) -> None:
    first = kept_board()
    path = tables / "outcomes.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    assert kept_board().ours.n_tasks < first.ours.n_tasks


def test_a_damaged_file_is_made_anew(tables: Path) -> None:
    first = kept_board()
    Workspace.here().score.write_text("{")
    assert kept_board() == first
