"""Several labels per item: read from every form, corrected, split alike in every label, and profiled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.preview import preview
from advisor.data.profile.multilabel import cooccurrence
from advisor.data.read.number_ranges import NumberRanges
from advisor.data.split import SHARES
from advisor.data.split_sets import divide_sets
from tests.data.dataset_trees import put, write
from tests.data.several import TRAITS, digits, questions


def test_an_empty_cell_is_unlabelled_or_none_of_the_labels(tmp_path: Path) -> None:
    place = digits(tmp_path)
    usual = api.read(place)
    assert usual.kind == "image-multilabel" and set(usual.classes) == set(TRAITS)
    assert len(usual.unlabelled) == usual.n_set_aside > 0
    assert any("each-or-none" in note for note in usual.notes)
    whole = api.read(place, several_labels="each-or-none")
    assert (whole.n_used, whole.n_set_aside) == (120, 0)
    none = whole.targets.sum(axis=1) == 0
    assert int(none.sum()) == usual.n_set_aside and whole.label_words(int(np.flatnonzero(none)[0])) == (
        "none of the labels"
    )


def test_every_part_has_every_label_in_its_share(tmp_path: Path) -> None:
    dataset = api.read(questions(tmp_path))
    whole = dataset.targets.mean(axis=0)
    for part in ("train", "val", "test"):
        own = dataset.targets[dataset.where(part)]
        assert abs(len(own) / dataset.n_used - SHARES[part]) < 0.05
        assert np.all(np.abs(own.mean(axis=0) - whole) < 0.08)


@given(st.lists(st.tuples(st.sets(st.integers(0, 4)), st.integers(0, 30)), min_size=1, max_size=80), st.integers(0, 3))
def test_units_stay_whole_and_every_label_is_learned(rows: list[tuple[set[int], int]], seed: int) -> None:
    targets = np.zeros((len(rows), 5), dtype=np.int64)
    for i, (own, _) in enumerate(rows):
        targets[i, list(own)] = 1
    units = np.array([unit for _, unit in rows])
    parts = divide_sets(targets, units, SHARES, seed)
    assert set(parts) <= set(SHARES)
    for unit in np.unique(units):
        assert len(set(parts[units == unit])) == 1
    assert np.array_equal(targets[parts == "train"].any(axis=0), targets.any(axis=0))
    assert np.array_equal(parts, divide_sets(targets, units, SHARES, seed))


def test_a_file_linked_into_several_class_folders_is_one_item(tmp_path: Path) -> None:
    put(tmp_path / "set" / "cat", *(f"{i}.png" for i in range(12)))
    put(tmp_path / "set" / "dog", *(f"{i + 20}.png" for i in range(12)))
    for i in range(6):
        (tmp_path / "set" / "dog" / f"{i}.png").symlink_to(tmp_path / "set" / "cat" / f"{i}.png")
    dataset = api.read(tmp_path / "set")
    assert (dataset.kind, dataset.n_used, dataset.n_set_aside) == ("image-multilabel", 24, 6)
    assert dataset.targets.sum(axis=0).tolist() == [12, 18]
    one = read_as_classes(tmp_path / "set")
    assert one.n_used == 30


def read_as_classes(place: Path) -> Dataset:
    """The folder read with one class per item."""
    return api.read(place, kind="image")


def test_a_label_of_one_item_is_not_learned_and_said(tmp_path: Path) -> None:
    rows = [f'{{"text": "text number {i} here", "labels": ["a", "b"]}}' for i in range(20)]
    rows += [f'{{"text": "more text {i} there", "labels": ["b"]}}' for i in range(20)]
    rows.append('{"text": "the only one", "labels": ["a", "rare"]}')
    dataset = api.read(write(tmp_path / "a.jsonl", "\n".join(rows)))
    assert dataset.classes == ("a", "b") and dataset.n_used == 41
    assert any("1 label with a single item is not learned: rare" in note for note in dataset.notes)


def test_one_label_alone_is_refused(tmp_path: Path) -> None:
    rows = [f'{{"text": "text number {i} here", "labels": {["[]", chr(34).join(["[", "a", "]"])][i % 2]}}}'
            for i in range(40)]  # fmt: skip
    with pytest.raises(DatasetError, match="1 label that can be learned, and it takes at least two"):
        api.read(write(tmp_path / "a.jsonl", "\n".join(rows)), several_labels="each")


def test_the_preview_counts_every_label(tmp_path: Path) -> None:
    path = questions(tmp_path)
    seen, dataset = preview(str(path)), api.read(path)
    assert seen.kind == "text-multilabel"
    assert seen.classes == dict(
        sorted(zip(dataset.classes, dataset.targets.sum(axis=0).astype(int).tolist(), strict=True), key=lambda p: -p[1])
    )


def test_the_profile_says_how_labels_go_together(tmp_path: Path) -> None:
    dataset = api.read(digits(tmp_path), several_labels="each-or-none")
    found = api.profile(dataset)
    both = cooccurrence(dataset)
    even, large = dataset.classes.index("even"), dataset.classes.index("large")
    assert both[even, large] == both[large, even] == int((dataset.targets[:, [even, large]].sum(axis=1) == 2).sum())
    assert "Labels per item" in found.facts and found.metric == "macro F1"
    assert sum(found.counts["even"].values()) == both[even, even]


def test_numbers_are_named_as_regression_and_read_as_ranges(tmp_path: Path) -> None:
    rows = "\n".join(f"the house number {i} in the street,{100 + i * i / 7:.2f}" for i in range(80))
    path = write(tmp_path / "a.csv", f"text,price\n{rows}")
    seen = preview(str(path))
    assert seen.measures and "regression" in seen.problem
    dataset = api.read(path, number_ranges=4)
    assert dataset.kind == "text" and len(dataset.classes) == 4
    assert dataset.label_counts(np.arange(80)).tolist() == [20] * 4
    assert dataset.classes[0].startswith("over") or dataset.classes[-1].startswith("up to")


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: f"{x:.3f}"), min_size=4), st.integers(2, 8))
def test_ranges_part_numbers_in_order(cells: list[str], n: int) -> None:
    import pandas as pd

    column = pd.Series(cells, dtype=object)
    try:
        ranges = NumberRanges.of(column, n)
    except DatasetError:
        top = max(map(float, cells))
        assert sum(float(cell) == top for cell in cells) >= len(cells) // n
        return
    places = ranges.named(column).map(list(ranges.names).index)
    order = column.astype(float).argsort(kind="stable")
    assert len(ranges.names) <= n and places.iloc[order].is_monotonic_increasing


def test_options_hold_between_two_and_twenty_ranges() -> None:
    assert ReadOptions(number_ranges=4).number_ranges == 4
    with pytest.raises(ValueError, match="number_ranges"):
        ReadOptions(number_ranges=1)
