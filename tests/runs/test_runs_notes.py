"""Names, notes and stars: kept in the run's folder, shown with the run, and a name finds it."""

from __future__ import annotations

import pytest

from advisor.core.errors import RunError
from advisor.runs import notes, store
from tests.runs.test_runs_ended import a_run


def test_a_run_without_notes_has_none() -> None:
    files = a_run("20261130-0001-frozen-aaaa", "done")
    status = store.status("aaaa")
    assert (status.name, status.note, status.starred) == ("", "", False)
    files.notes.write_text('{"name": 3, "note": null, "starred": "yes"}')
    assert notes.read(files.folder) == notes.Notes()
    files.notes.write_text("{ half")
    assert notes.read(files.folder) == notes.Notes()


def test_what_is_noted_is_shown_and_found_by_name() -> None:
    files = a_run("20261130-0001-frozen-aaaa", "done")
    a_run("20261130-0002-frozen-bbbb", "done")
    notes.change(files.folder, name="  the\n best ", note="kept for the demo")
    notes.change(files.folder, starred=True)
    status = store.status("the best")
    assert status.run == files.folder.name
    assert (status.name, status.note, status.starred) == ("the best", "kept for the demo", True)
    notes.change(files.folder, name="")
    assert notes.read(files.folder) == notes.Notes("", "kept for the demo", True)
    with pytest.raises(RunError, match="is not a run"):
        store.status("the best")


def test_an_id_comes_before_a_name() -> None:
    one, _ = a_run("20261130-0001-frozen-aaaa", "done"), a_run("20261130-0002-frozen-bbbb", "done")
    notes.change(one.folder, name="20261130-0002-frozen-bbbb")
    assert store.find("20261130-0002-frozen-bbbb") == "20261130-0002-frozen-bbbb"


def test_a_name_that_two_runs_have_is_refused() -> None:
    for run in ("20261130-0001-frozen-aaaa", "20261130-0002-frozen-bbbb"):
        notes.change(a_run(run, "done").folder, name="best")
    with pytest.raises(RunError, match="matches several runs"):
        store.find("best")


def test_a_name_that_is_too_long_is_refused_and_nothing_changes() -> None:
    files = a_run("one", "done")
    notes.change(files.folder, name="best")
    with pytest.raises(RunError, match="at most 80"):
        notes.change(files.folder, name="x" * 81)
    assert notes.read(files.folder).name == "best"
