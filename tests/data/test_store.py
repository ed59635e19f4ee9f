"""Several sources of one content, damaged datasets, and workspaces that were moved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.advice.planning import plan_of
from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import Dataset, Evidence, Plan, ReadOptions
from advisor.core.workspace import DatasetFiles
from advisor.data.changes import check_unchanged
from advisor.data.reading import read
from advisor.data.store import known_datasets, open_dataset, planned
from tests.core.small_disks import mounted, remounted
from tests.data.dataset_trees import class_folders, csv_of, text_rows, write


def plan_on(dataset: Dataset) -> Plan:
    evidence = Evidence(
        fingerprint=dataset.fingerprint, metric=dataset.metric, backbone="x", backbone_hash="0", device="cpu",
        device_reason="", input_size=0, n_train=9, n_test=3, n_test_per_class=(3,), results=(), seconds=1.0,
    )  # fmt: skip
    return plan_of(dataset, evidence, "frozen", {}, 1.0, "cpu", 0)


def test_the_same_rows_under_another_name_and_column_have_their_own_words(tmp_path: Path) -> None:
    rows = [(text, label, "x") for text, label in text_rows()]
    one = read(write(tmp_path / "reviews.csv", csv_of(rows, "text,label,remark")))
    two = read(write(tmp_path / "mails.csv", csv_of([row[:2] for row in rows], "message,kind")))
    assert one.fingerprint == two.fingerprint
    again = read(tmp_path / "reviews.csv")
    assert (one.name, two.name, again.name) == ("reviews", "mails", "reviews")
    assert again == one
    assert (one.columns["text_column"], two.columns["text_column"]) == (("text",), ("message",))
    assert again.notes != two.notes or one.notes == two.notes
    by_hand = read(tmp_path / "mails.csv", ReadOptions(label_column="kind"))
    assert by_hand.options.label_column == "kind"
    assert read(tmp_path / "mails.csv").options.label_column is None


def test_notes_of_one_source_do_not_appear_with_another(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "pets")
    copy = shutil.copytree(folder, tmp_path / "copied")
    write(copy / "cat/film.mp4", b"x")
    write(copy / "readme.md", b"x")
    one, two = read(folder), read(copy)
    if one.fingerprint == two.fingerprint:
        assert set(one.content_notes or ()) <= set(two.notes)
        assert not set(two.notes) - set(two.content_notes or ()) & set(one.notes) - set(one.content_notes or ())
    assert read(folder).notes == one.notes


def test_two_sources_read_alternately_keep_their_paths(tmp_path: Path) -> None:
    here, there = class_folders(tmp_path / "here"), tmp_path / "there"
    shutil.copytree(here, there)
    for root in (here, there, here, there):
        dataset = read(root)
        assert all(path.startswith(f"{root}{os.sep}") for path in dataset.items["path"])
        assert (dataset.name, dataset.source) == (root.name, str(root))


def test_a_planned_run_keeps_its_source_when_a_copy_is_read_and_deleted(tmp_path: Path) -> None:
    here, there = class_folders(tmp_path / "here"), tmp_path / "there"
    plan = plan_on(read(here))
    shutil.copytree(here, there)
    read(there)
    shutil.rmtree(there)
    dataset = planned(plan)
    assert dataset.name == "here"
    check_unchanged(dataset)


def test_a_planned_run_goes_on_with_the_copy_when_its_own_source_is_gone(tmp_path: Path) -> None:
    here, there = class_folders(tmp_path / "here"), tmp_path / "there"
    plan = plan_on(read(here))
    shutil.copytree(here, there)
    read(there)
    shutil.rmtree(here)
    dataset = planned(plan)
    assert all(Path(path).is_relative_to(there) for path in dataset.items["path"])
    check_unchanged(dataset)


def test_a_plan_of_a_dataset_that_is_gone_names_it(tmp_path: Path) -> None:
    dataset = read(class_folders(tmp_path / "pets"))
    plan = plan_on(dataset)
    shutil.rmtree(dataset.folder)
    with pytest.raises(DatasetError, match=r"pets of this run is no longer in the workspace.*advisor profile"):
        planned(plan)


def test_a_workspace_that_was_moved_finds_its_samples_and_its_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    dataset = read("sample:topics")
    images = read(shutil.make_archive(str(tmp_path / "pets"), "zip", class_folders(tmp_path / "in")))
    plans = plan_on(dataset), plan_on(images)
    moved = workspace.rename(tmp_path / "moved")
    monkeypatch.setenv("ADVISOR_HOME", str(moved))
    for plan in plans:
        check_unchanged(planned(plan))
    assert all(Path(path).is_relative_to(moved) for path in open_dataset(images.fingerprint).items["path"])


@pytest.mark.parametrize("name", ["dataset.json", "items.parquet", "inspection.parquet", "clusters.json"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(flipped(path.read_bytes())),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text("7"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_damaged_dataset_is_made_again_by_reading_it(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    root = class_folders(tmp_path / "pets")
    before = read(root)
    items = before.items
    damage(Path(before.folder) / name)
    after = read(root)
    assert after == before
    assert after.items.equals(items)
    assert len(known_datasets()) == 1


def test_a_dataset_whose_items_are_damaged_says_how_to_make_it_again(tmp_path: Path) -> None:
    dataset = read(class_folders(tmp_path / "pets"))
    DatasetFiles(Path(dataset.folder)).items.write_bytes(b"x")
    with pytest.raises(StorageError, match=r"items\.parquet is damaged.*advisor profile .*pets"):
        len(open_dataset(dataset.fingerprint).items)


def flipped(content: bytes) -> bytes:
    """The content with one bit in its middle changed."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


def test_what_is_known_is_read_from_a_read_only_disk_under_another_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (write(tmp_path / name, csv_of(text_rows())) for name in ("reviews.csv", "mails.csv"))
    with mounted(tmp_path / "disk", "size=8m") as disk:
        monkeypatch.setenv("ADVISOR_HOME", str(disk))
        known = read(one)
        remounted(disk, "ro")
        other = read(two)
        assert (other.name, other.fingerprint) == ("mails", known.fingerprint)
        assert open_dataset(known.fingerprint).name == "reviews"
        remounted(disk, "rw")
        assert read(two).name == open_dataset(known.fingerprint).name == "mails"
