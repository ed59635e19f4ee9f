"""What the checks found as work: lists, proposals, the judgement of all items, the map with its neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor.core.records import Dataset, Decisions
from advisor.data.reading import read
from advisor.data.versions import make
from advisor.data.versions.decisions import decided, standing, take
from advisor.evidence import judged as judgements
from advisor.evidence import worklist
from advisor.evidence.embedding import N_NEIGHBOURS, embedding, kept_embedding
from advisor.evidence.issues import COPIES, LABELS
from advisor.evidence.judged import Judged, judge
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from tests.data.dataset_trees import class_folders, csv_of
from tests.evidence.test_evidence_issues import digits


def of_all(dataset: Dataset) -> Judged:
    entry = catalog.default("image")
    return Judged(
        backbone=entry.name, backbone_hash=weights_hash(entry), input_size=32,
        n_sample=judgements.n_to_judge(dataset),
    )  # fmt: skip


@pytest.fixture
def wrong_digits(tmp_path: Path) -> tuple[Dataset, Judged]:
    """150 digits of which the first 8 carry the next digit's label, judged."""
    dataset = digits(tmp_path, n=300, wrong=8)
    return dataset, judge(dataset, of_all(dataset), check_seconds=0.5)


def test_suspect_labels_are_proposed_and_what_is_decided_is_left_alone(wrong_digits: tuple[Dataset, Judged]) -> None:
    dataset, of = wrong_digits
    work = worklist.worklist(dataset, of)
    assert tuple(work.columns) == worklist.COLUMNS
    suspects = work[work["check"] == LABELS]
    assert len(suspects) and set(suspects["action"]) <= {"relabel", "drop"}
    sure = suspects["probability"] >= worklist.SURE
    assert (sure == (suspects["action"] == "relabel")).all()
    proposed = worklist.proposals(dataset, work)
    first = int(suspects["row"].iloc[0])
    take(dataset, [decided(dataset, first, "keep")])
    left = worklist.proposals(dataset, work, standing(dataset))
    assert len(left) == len(proposed) - 1
    version = make.make(dataset, Decisions(entries=tuple(left)))
    assert version.version is not None
    assert version.version.n_relabelled + version.version.n_dropped == len(left)


def test_no_item_of_the_test_part_is_proposed_for_its_label(wrong_digits: tuple[Dataset, Judged]) -> None:
    dataset, of = wrong_digits
    assert not (worklist.worklist(dataset, of)["part"] == "test").any()


def test_training_copies_of_an_official_test_part_are_proposed_to_go(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "pets", n=8, above="train/")
    class_folders(folder, n=4, above="test/")
    twin = (folder / "test/cat/0.png").read_bytes()
    (folder / "train/cat/twin.png").write_bytes(twin)
    dataset = read(folder)
    work = worklist.worklist(dataset, None)
    leaks = work[work["check"] == worklist.LEAKS]
    assert leaks["key"].tolist() == ["train/cat/twin.png"] and leaks["action"].tolist() == ["drop"]
    assert dataset.items["key"].iloc[int(leaks["other"].iloc[0])] == "test/cat/0.png"
    version = make.make(dataset, Decisions(entries=tuple(worklist.proposals(dataset, work))))
    assert version.where("test").size == dataset.where("test").size
    assert not len(worklist.leaks(version))


def test_copies_are_listed_before_anything_is_measured_and_nothing_is_proposed_for_them(tmp_path: Path) -> None:
    rows = [(f"a text about number {i} and its friends {i * i}", "odd" if i % 2 else "even") for i in range(40)]
    path = tmp_path / "texts.csv"
    path.write_text(csv_of([*rows, rows[0], rows[1]]))
    work = worklist.worklist(read(path), None)
    assert set(work["check"]) <= {COPIES} and not (work["action"] != "").any()


def test_the_map_has_a_point_for_each_judged_item_and_neighbours_without_itself(
    wrong_digits: tuple[Dataset, Judged],
) -> None:
    dataset, of = wrong_digits
    assert kept_embedding(dataset, of) is None
    table = embedding(dataset, of)
    assert table["row"].tolist() == dataset.where("train", "val").tolist()
    assert np.isfinite(table[["x", "y"]].to_numpy()).all()
    for row, near in zip(table["row"], table["near"], strict=True):
        assert row not in set(near) and len(near) <= N_NEIGHBOURS
    kept = kept_embedding(dataset, of)
    assert kept is not None and kept["x"].tolist() == table["x"].tolist()


def test_nothing_is_proposed_where_the_probe_errs_on_many_labels(wrong_digits: tuple[Dataset, Judged]) -> None:
    dataset, of = wrong_digits
    assert of.probe_error is not None and not worklist.is_hard(of)
    hard = of.model_copy(update={"probe_error": worklist.HARD + 0.01})
    suspects = worklist.worklist(dataset, hard)
    suspects = suspects[suspects["check"] == LABELS]
    assert len(suspects) and set(suspects["action"]) == {""} and all(suspects["suggested"] != "")
