"""Decisions about items, the versions that they make, and taking both out as files of one's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import Dataset, Decisions
from advisor.data.changes import check_unchanged
from advisor.data.features import features_of, load_backbone
from advisor.data.reading import known_datasets, read
from advisor.data.store import kept_clusters
from advisor.data.versions import decisions, export, family, make, table
from probes.backbones import catalog
from tests.data.dataset_trees import class_folders, csv_of, put, text_rows, write

HOSTILE = ['=1+1, "he said"', "two\nlines", " spaces around ", "'quoted", "@home", "plain"]


@pytest.fixture
def pets(tmp_path: Path) -> Dataset:
    return read(class_folders(tmp_path / "pets", n=12))


def decide(dataset: Dataset, *which: tuple[int, str, str]) -> Decisions:
    return decisions.take(dataset, [decisions.decided(dataset, row, action, label) for row, action, label in which])


def train_rows(dataset: Dataset) -> list[int]:
    return [int(row) for row in dataset.where("train")]


def content(dataset: Dataset) -> list[tuple[str, str, str]]:
    items = dataset.items
    names = [dataset.classes[label] for label in dataset.labels]
    return sorted(zip(items["digest"], names, items["part"], strict=True))


def test_of_several_decisions_on_an_item_the_last_counts_and_a_step_is_taken_back_whole(pets: Dataset) -> None:
    decide(pets, (0, "drop", ""), (1, "keep", ""))
    decide(pets, (0, "relabel", "dog"), (1, "undecided", ""))
    assert {row: one.action for row, one in decisions.standing(pets).by_row.items()} == {0: "relabel"}
    assert decisions.take_back(pets) == 2
    assert {row: one.action for row, one in decisions.standing(pets).by_row.items()} == {0: "drop", 1: "keep"}
    assert decisions.clear(pets) == 2 and not decisions.standing(pets).rows
    decisions.take_back(pets)
    assert len(decisions.standing(pets).rows) == 2


def test_an_item_that_carries_the_label_already_is_kept(pets: Dataset) -> None:
    own = pets.classes[pets.labels[0]]
    assert decisions.decided(pets, 0, "relabel", own).action == "keep"


def test_unknown_classes_and_actions_are_refused_by_name(pets: Dataset) -> None:
    with pytest.raises(DatasetError, match="Did you mean dog"):
        decisions.decided(pets, 0, "relabel", "dgo")
    with pytest.raises(DatasetError, match="keep, relabel, drop"):
        decisions.decided(pets, 0, "remove")


def test_decisions_outlive_another_reading_but_not_another_content(pets: Dataset) -> None:
    first, other = pets.items["key"].iloc[0], pets.items["key"].iloc[1]
    decide(pets, (0, "drop", ""), (1, "drop", ""))
    put(Path(pets.source), "cat/new.png", str(other))
    again = read(pets.source)
    assert again.fingerprint != pets.fingerprint
    held = decisions.standing(again)
    assert [again.items["key"].iloc[row] for row in held.rows] == [first]
    assert held.n_stale == 1


def test_a_damaged_file_of_decisions_says_so(pets: Dataset) -> None:
    decide(pets, (0, "drop", ""))
    path = pets.files.decisions
    path.write_bytes(path.read_bytes().replace(b"drop", b"keep"))
    with pytest.raises(StorageError, match="damaged"):
        decisions.standing(pets)


def test_a_version_has_the_decided_labels_in_the_same_parts_and_leaves_its_parent_alone(pets: Dataset) -> None:
    before = content(pets)
    files = sorted(path.read_bytes() for path in Path(pets.source).rglob("*.png"))
    one, two, three = train_rows(pets)[:3]
    label = pets.classes[1 - pets.labels[one]]
    decide(pets, (one, "relabel", label), (two, "drop", ""), (three, "keep", ""))
    version = make.make(pets)
    assert version.name == "pets, version 2" and version.version is not None
    assert (version.version.n_relabelled, version.version.n_dropped, version.version.n_test) == (1, 1, 0)
    assert version.n_in == version.n_used + version.n_set_aside == pets.n_in
    assert version.n_used == pets.n_used - 1 and "Version 2 of pets" in version.notes[0]
    digest = pets.items["digest"]
    wanted = [(d, label if d == digest[one] else name, part) for d, name, part in before if d != digest[two]]
    assert content(version) == sorted(wanted)
    assert content(read(pets.source)) == before
    assert sorted(path.read_bytes() for path in Path(pets.source).rglob("*.png")) == files


def test_the_same_decisions_give_the_same_version_and_others_another(pets: Dataset) -> None:
    one, two, *_ = train_rows(pets)
    decide(pets, (two, "drop", ""), (one, "drop", ""))
    first = make.make(pets)
    decisions.clear(pets)
    decide(pets, (one, "drop", ""))
    decide(pets, (two, "drop", ""))
    assert make.make(pets) == first
    decide(pets, (two, "keep", ""))
    assert make.make(pets).name == "pets, version 3"
    assert [one.name for one in family.versions_of(pets)] == ["pets, version 2", "pets, version 3"]


def test_a_version_is_read_by_its_name_and_made_into_another(pets: Dataset) -> None:
    rows = train_rows(pets)
    decide(pets, (rows[0], "drop", ""))
    version = make.make(pets)
    assert read(version.source) == version
    assert version.fingerprint in {one.fingerprint for one in known_datasets()}
    decide(version, (train_rows(version)[0], "drop", ""))
    third = make.make(version)
    assert third.name == "pets, version 3" and third.n_used == pets.n_used - 2
    assert family.parent_of(third) == version and family.root_of(third) == pets.fingerprint
    with pytest.raises(DatasetError, match="Delete that one first"):
        family.delete(version)
    family.delete(third)
    assert family.delete(version) > 0
    with pytest.raises(DatasetError, match="No dataset"):
        read(version.source)
    assert decisions.standing(pets).rows
    with pytest.raises(DatasetError, match="no version"):
        family.delete(pets)


def test_what_was_decided_is_settled_in_the_version_and_not_taken_back_there(pets: Dataset) -> None:
    one, two, three = train_rows(pets)[:3]
    decide(pets, (one, "relabel", pets.classes[1 - pets.labels[one]]), (two, "drop", ""), (three, "keep", ""))
    version = make.make(pets)
    held = decisions.standing(version)
    assert {o.action for o in held.decisions} == {"keep"} and len(held.rows) == 2
    assert decisions.take_back(version) == 0 and decisions.standing(version) == held
    decide(version, (train_rows(version)[-1], "drop", ""))
    assert decisions.take_back(version) == 1 and decisions.standing(version) == held


def test_undo_takes_back_the_latest_first(pets: Dataset) -> None:
    rows = train_rows(pets)
    decide(pets, (rows[0], "drop", ""))
    version = make.make(pets)
    decide(pets, (rows[1], "drop", ""))
    assert "1 decision taken back" in family.undo(pets).sentence
    assert "version 2 deleted" in family.undo(pets).sentence and not version.files.record.exists()
    assert "1 decision taken back" in family.undo(pets).sentence
    with pytest.raises(DatasetError, match="nothing to undo"):
        family.undo(pets)


def test_undoing_a_version_leads_back_to_its_parent(pets: Dataset) -> None:
    decide(pets, (train_rows(pets)[0], "drop", ""))
    assert family.undo(make.make(pets)).dataset == pets


def test_a_decision_on_a_test_item_is_said_in_the_notes(pets: Dataset) -> None:
    decide(pets, (int(pets.where("test")[0]), "drop", ""))
    version = make.make(pets)
    assert version.version is not None and version.version.n_test == 1
    assert any("locked test part" in note for note in version.notes)


def test_a_class_left_without_training_items_goes_with_its_items(tmp_path: Path) -> None:
    dataset = read(class_folders(tmp_path / "zoo", "cat dog owl", n=10))
    owls = [row for row in train_rows(dataset) if dataset.classes[dataset.labels[row]] == "owl"]
    decide(dataset, *[(row, "drop", "") for row in owls])
    version = make.make(dataset)
    assert version.classes == ("cat", "dog") and version.version is not None and version.version.n_out > 0
    assert version.n_in == version.n_used + version.n_set_aside
    assert set(version.labels.tolist()) == {0, 1}


def test_what_leaves_too_little_or_changes_nothing_is_refused(pets: Dataset) -> None:
    with pytest.raises(DatasetError, match="No decision changes pets"):
        make.make(pets)
    decide(pets, (0, "keep", ""))
    with pytest.raises(DatasetError, match="No decision changes pets"):
        make.make(pets)
    decide(pets, *[(int(row), "drop", "") for row in pets.where("test")])
    with pytest.raises(DatasetError, match="no test item"):
        make.make(pets)


def test_copies_stay_known_and_files_are_watched_in_a_version(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "pets", n=12)
    (folder / "cat/copy.png").write_bytes((folder / "cat/0.png").read_bytes())
    dataset = read(folder)
    row = next(
        row for row in train_rows(dataset) if dataset.items["key"].iloc[row] not in ("cat/0.png", "cat/copy.png")
    )
    decide(dataset, (row, "drop", ""))
    version = make.make(dataset)
    assert [sorted(one["keys"]) for one in kept_clusters(version)] == [["cat/0.png", "cat/copy.png"]]
    check_unchanged(version)
    put(folder, str(version.items["key"].iloc[0]))
    with pytest.raises(DatasetError, match="changed since"):
        check_unchanged(version)


def test_features_of_items_that_stay_come_from_the_cache(pets: Dataset) -> None:
    backbone = load_backbone(catalog.default("image"), 32, "cpu", pretrained=False)
    rows = pets.where("train")
    features_of(pets, rows, backbone)
    decide(pets, (int(rows[0]), "drop", ""), (int(rows[1]), "relabel", pets.classes[1 - pets.labels[rows[1]]]))
    version = make.make(pets)
    assert features_of(version, version.where("train"), backbone).cached


@pytest.mark.parametrize("classes", ["cat dog", "a.b test"])
def test_a_folder_of_images_is_read_back_as_the_version(tmp_path: Path, classes: str) -> None:
    dataset = read(write_table(tmp_path / "set", classes.split()))
    decide(dataset, (train_rows(dataset)[0], "drop", ""))
    version = make.make(dataset)
    out = export.save_folder(version, tmp_path / "out")
    back = read(out)
    assert content(back) == content(version) and back.classes == version.classes and back.official_split
    with pytest.raises(DatasetError, match="not empty"):
        export.save_folder(version, tmp_path / "out")


def write_table(folder: Path, classes: list[str]) -> Path:
    """Images named by a table, so that a class may have any name."""
    names = [f"{i}.png" for i in range(20)]
    put(folder, *names)
    write(folder / "labels.csv", csv_of([(name, classes[i % 2]) for i, name in enumerate(names)], "path,label"))
    return folder


def test_texts_are_read_back_as_they_are(tmp_path: Path) -> None:
    rows = [*text_rows(8), *((text, ("good", "bad")[i % 2]) for i, text in enumerate(HOSTILE))]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "mails.csv", index=False)
    dataset = read(tmp_path / "mails.csv")
    decide(dataset, (train_rows(dataset)[0], "drop", ""))
    version = make.make(dataset)
    assert content(read(export.save_folder(version, tmp_path / "out"))) == content(version)
    assert content(read(export.save_csv(version, tmp_path / "own.csv"))) == content(version)


def test_decisions_go_out_as_a_table_and_come_back(pets: Dataset, tmp_path: Path) -> None:
    decide(pets, (0, "relabel", "dog" if pets.labels[0] == 0 else "cat"), (3, "drop", ""), (5, "keep", ""))
    held = decisions.standing(pets)
    path = table.save(table.table(pets, held), tmp_path / "decisions.csv")
    back = table.read(pets, path)
    assert [(one.key, one.action, one.label) for one in back] == [
        (one.key, one.action, one.label) for one in held.decisions
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("key,label\ncat/0.png,dog\n", "needs the columns key and decision"),
        ("key,decision\ncat/0.png,remove\n", "line 2: 'remove' is no decision"),
        ("key,decision\nnowhere.png,drop\n", "has no item called"),
        ("key,decision,new_label\ncat/0.png,relabel,dgo\n", "line 2: pets has no class 'dgo'. Did you mean dog"),
    ],
)
def test_a_wrong_table_names_the_line_and_the_cause(pets: Dataset, tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        table.read(pets, write(tmp_path / "d.csv", content))


def test_without_a_decision_questions_make_no_version() -> None:
    handbook = read("sample:handbook")
    with pytest.raises(DatasetError, match="No decision changes"):
        make.make(handbook)
