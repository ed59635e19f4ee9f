"""Paths of items: inside the workspace they move with it, and rows are found in whichever source still has them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from advisor.core import places
from advisor.core.workspace import DatasetFiles


def files(home: Path) -> DatasetFiles:
    return DatasetFiles(home / "datasets" / "0123456789abcdef")


def made(folder: Path, *names: str) -> list[str]:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return [str(folder / name) for name in names]


def test_paths_inside_the_workspace_are_found_where_it_lies_now(tmp_path: Path) -> None:
    inside, outside = made(tmp_path / "home" / "samples", "a", "b"), made(tmp_path / "data", "a", "b")
    places.write(files(tmp_path / "home"), "sample:x", inside)
    places.write(files(tmp_path / "home"), "/data", outside)
    table = pd.DataFrame({"path": inside})
    (tmp_path / "home").rename(tmp_path / "moved")
    moved = files(tmp_path / "moved")
    at_sample = places.located(table, moved, "sample:x")["path"].tolist()
    assert at_sample == [str(tmp_path / "moved" / "samples" / name) for name in "ab"]
    assert places.located(table, moved, "/data")["path"].tolist() == outside


def test_each_row_is_found_in_a_source_that_still_has_it(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one", "a", "b", "c"), made(tmp_path / "two", "a", "b", "c")
    here, table = files(tmp_path / "home"), pd.DataFrame({"path": one})
    places.write(here, "one", one)
    places.write(here, "two", two)
    assert places.located(table, here, "one")["path"].tolist() == one
    assert places.located(table, here, "two")["path"].tolist() == two
    Path(two[0]).unlink()
    Path(one[2]).unlink()
    assert places.located(table, here, "two")["path"].tolist() == [one[0], two[1], two[2]]
    assert places.located(table, here, "one")["path"].tolist() == [one[0], one[1], two[2]]
    here.places("two").write_bytes(b"damaged")
    assert places.located(table, here, "two")["path"].tolist() == one


def test_paths_that_are_kept_already_are_not_written_again(tmp_path: Path) -> None:
    paths = made(tmp_path / "one", "a")
    places.write(files(tmp_path), "one", paths)
    before = files(tmp_path).places("one").stat().st_mtime_ns
    places.write(files(tmp_path), "one", paths)
    assert files(tmp_path).places("one").stat().st_mtime_ns == before
