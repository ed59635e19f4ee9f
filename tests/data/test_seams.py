"""Every kind of dataset has a modality and a task, and a dataset asks them instead of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.kinds import KIND_NAMES, KINDS, Kind, kind_row
from advisor.data.modality import MODALITIES, modality_of
from advisor.data.reading import read
from advisor.data.task import TASKS, task_of
from probes.backbones import catalog
from tests.data.dataset_trees import class_folders


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_kind_has_a_modality_and_a_task_of_its_name(kind: Kind) -> None:
    row = kind_row(kind)
    assert (modality_of(kind).name, task_of(kind).name) == (row.modality, row.task)


def test_the_table_names_each_kind_once_and_uses_every_modality_and_task() -> None:
    assert tuple(row.name for row in KINDS) == KIND_NAMES
    assert {row.modality for row in KINDS} == set(MODALITIES)
    assert {row.task for row in KINDS} == set(TASKS)


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_modality_is_the_kind_of_its_backbones(modality: catalog.Kind) -> None:
    assert modality_of(catalog.default(modality).kind) is MODALITIES[modality]


def test_images_that_moved_are_found_at_their_new_place(tmp_path: Path) -> None:
    images = read(class_folders(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")
    moved = read(tmp_path / "new")
    assert moved.fingerprint == images.fingerprint
    assert all(Path(path).is_file() for path in moved.items["path"])
