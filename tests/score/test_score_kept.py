"""The score that is kept: computed once, and again when a table or the code has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.advice.outlook.experience import shipped_folder
from advisor.core import resources
from advisor.core.workspace import Workspace
from advisor.score import kept
from advisor.score.board import board
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


def test_the_shipped_score_is_that_of_the_tables() -> None:
    content = json.loads((shipped_folder() / kept.SHIPPED).read_text())
    assert content["tables"] == kept.digest_of(kept.tables()), "a table has changed: renew the score with `make score`"


def test_the_shipped_score_opens_at_once(workspace: Path) -> None:
    assert not Workspace.here().score.exists()
    board = kept.saved_board()
    assert board is not None and board.ours.n_tasks > 100 and board.fresh


def test_the_score_of_other_tables_is_not_shown(tables: Path) -> None:
    (tables / kept.SHIPPED).write_bytes((resources.data("ladderbench") / kept.SHIPPED).read_bytes())
    assert kept.saved_board() is None


def test_the_score_is_shipped_with_the_tables_it_was_computed_from(tables: Path) -> None:
    first = kept_board()
    assert kept.ship() == tables / kept.SHIPPED
    Workspace.here().score.unlink()
    assert kept.saved_board() == first


@pytest.mark.slow
def test_the_shipped_score_is_what_this_program_computes(workspace: Path) -> None:
    shipped, now = kept.saved_board(), board()
    assert shipped is not None
    for one, other in zip((shipped.ours, *shipped.fresh), (now.ours, *now.fresh), strict=True):
        assert one.name == other.name
        assert one.mean_regret.value == pytest.approx(other.mean_regret.value, abs=0.02)
        assert one.ideal.value == pytest.approx(other.ideal.value, abs=0.01)
    assert [(bound.what, bound.kept) for bound in shipped.bounds] == [(bound.what, bound.kept) for bound in now.bounds]


def test_a_damaged_file_is_made_anew(tables: Path) -> None:
    first = kept_board()
    Workspace.here().score.write_text("{")
    assert kept_board() == first
