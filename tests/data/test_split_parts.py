"""The splitter: nothing that belongs together straddles, everything gets a part, proportions hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.data.split import assign_parts, divide, unit_numbers

SHARES = {"train": 0.64, "val": 0.16, "test": 0.20}


def table(labels: list[str], part: str | list[str] = "", groups: list[str | None] | None = None) -> pd.DataFrame:
    n = len(labels)
    return pd.DataFrame(
        {
            "label": labels,
            "part": [part] * n if isinstance(part, str) else part,
            "group": pd.Series(groups or [None] * n, dtype=object),
        }
    )


@st.composite
def datasets(draw: st.DrawFn) -> tuple[pd.DataFrame, list[tuple[int, ...]]]:
    """Labels of 2 to 5 classes, groups on some rows, and clusters of duplicates that may overlap groups."""
    n = draw(st.integers(4, 120))
    labels = draw(st.lists(st.sampled_from("abcde"), min_size=n, max_size=n))
    groups = draw(st.lists(st.sampled_from([None, None, "", "g1", "g2", "g3", "g4"]), min_size=n, max_size=n))
    rows = st.lists(st.integers(0, n - 1), min_size=2, max_size=5, unique=True).map(tuple)
    return table(labels, groups=groups), draw(st.lists(rows, max_size=12))


def straddling(parts: pd.Series, groups: pd.Series, clusters: list[tuple[int, ...]]) -> list[object]:
    """Groups and clusters that stand in more than one part."""
    named = groups[groups.notna() & (groups != "")]
    torn: list[object] = [g for g, rows in named.groupby(named) if parts[rows.index].nunique() > 1]
    return torn + [rows for rows in clusters if parts.iloc[list(rows)].nunique() > 1]


@settings(max_examples=80, deadline=None)
@given(datasets(), st.integers(0, 3))
def test_no_official_split(data: tuple[pd.DataFrame, list[tuple[int, ...]]], seed: int) -> None:
    items, clusters = data
    parts, official, _ = assign_parts(items, clusters, seed)
    assert not official
    assert parts.isin(["train", "val", "test"]).all() and parts.index.equals(items.index)
    assert not straddling(parts, items["group"], clusters)
    assert set(items["label"][parts == "train"]) == set(items["label"])
    again, _, _ = assign_parts(items.copy(), list(clusters), seed)
    assert parts.equals(again)


@settings(max_examples=60, deadline=None)
@given(datasets(), st.data())
def test_official_parts_stay_and_validation_is_carved_in_whole_units(
    data: tuple[pd.DataFrame, list[tuple[int, ...]]], draw: st.DataObject
) -> None:
    items, clusters = data
    n = len(items)
    given_parts = draw.draw(st.lists(st.sampled_from(["train", "train", "test", "ood"]), min_size=n, max_size=n))
    given_parts[:2] = ["train", "test"]
    items = items.assign(part=given_parts)
    parts, official, notes = assign_parts(items, clusters)
    assert official
    for name in ("test", "ood"):
        assert ((parts == name) == (items["part"] == name)).all()
    learned = (items["part"] == "train").to_numpy()
    assert parts[learned].isin(["train", "val"]).all()
    inside = [tuple(r for r in rows if learned[r]) for rows in clusters]
    assert not straddling(parts[learned], items["group"][learned], [])
    assert all(parts.iloc[list(rows)].nunique() == 1 for rows in inside if rows)
    assert set(items["label"][learned]) == set(items["label"][parts == "train"])
    if (parts == "val").any():
        assert any(f"{(parts == 'val').sum()} training items" in note for note in notes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=6), st.integers(0, 5))
def test_each_class_is_divided_in_proportion(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    parts = divide(labels, np.arange(len(labels)), SHARES, seed)
    for label, n in enumerate(counts):
        got = {name: int((parts[labels == label] == name).sum()) for name in SHARES}
        assert sum(got.values()) == n and got["train"] >= 1
        if n >= 2:
            assert got["test"] >= 1
        if n >= 4:
            assert all(abs(got[name] - SHARES[name] * n) <= 1.5 for name in SHARES) and got["val"] >= 1


@pytest.mark.parametrize(("n", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (2, 0, 1)), (4, (2, 1, 1))])
def test_tiny_classes_are_learned_first_then_tested(n: int, expected: tuple[int, int, int]) -> None:
    parts, _, _ = assign_parts(table(["rare"] * n + ["many"] * 50), [])
    assert tuple(int((parts[:n] == name).sum()) for name in SHARES) == expected


def test_groups_of_uneven_size_keep_the_proportions() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(120), rng.integers(1, 30, 120))
    labels = rng.integers(0, 4, 120)[groups]
    parts, _, _ = assign_parts(table([str(x) for x in labels], groups=[f"g{g}" for g in groups]), [])
    for label in range(4):
        shares = parts[labels == label].value_counts(normalize=True)
        assert all(abs(shares[name] - SHARES[name]) < 0.05 for name in SHARES)


def test_one_large_group_goes_to_train() -> None:
    parts, _, _ = assign_parts(table(["a", "b"] * 50, groups=["big"] * 60 + [None] * 40), [])
    assert (parts[:60] == "train").all() and {"val", "test"} <= set(parts)


def test_a_class_with_two_groups_is_learned_and_tested() -> None:
    items = table(["a"] * 20 + ["b"] * 10, groups=[None] * 20 + ["g1"] * 5 + ["g2"] * 5)
    parts, _, _ = assign_parts(items, [])
    assert set(parts[20:]) == {"train", "test"}


def test_validation_without_test_becomes_the_locked_test() -> None:
    parts, official, notes = assign_parts(table(["a", "b"] * 40, ["train"] * 60 + ["val"] * 20), [])
    assert official and (parts[60:] == "test").all() and set(parts[:60]) == {"train", "val"}
    assert "locked test part" in notes[0]


def test_validation_and_test_without_train_learns_from_validation() -> None:
    parts, official, notes = assign_parts(table(["a", "b"] * 40, ["val"] * 60 + ["test"] * 20), [])
    assert official and set(parts[:60]) == {"train", "val"} and (parts[60:] == "test").all()
    assert "used for training" in notes[0]


def test_all_three_parts_are_used_as_given() -> None:
    given_parts = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
    parts, official, notes = assign_parts(table(list("ababababab"), given_parts), [(0, 9)])
    assert official and parts.tolist() == given_parts and notes == []


@pytest.mark.parametrize("only", ["train", "test", "val"])
def test_one_part_is_no_split(only: str) -> None:
    parts, official, notes = assign_parts(table(["a", "b"] * 25, [only] * 40 + ["ood"] * 10), [])
    assert not official and set(parts[:40]) == {"train", "val", "test"} and (parts[40:] == "ood").all()
    assert only in notes[0]


def test_items_without_a_split_value_are_learned_from_and_said() -> None:
    given_parts = ["train"] * 10 + ["val"] * 4 + ["test"] * 4 + [""] * 2
    parts, _, notes = assign_parts(table(["a", "b"] * 10, given_parts), [])
    assert (parts[18:] == "train").all() and notes[0].startswith("2 items")


def test_units_chain_through_groups_and_clusters() -> None:
    groups = pd.Series(["g", None, None, "g", "", np.nan], dtype=object)
    units = unit_numbers(groups, [(3, 4)])
    assert units[0] == units[3] == units[4] and len(set(units)) == 4


def test_an_empty_table_has_no_parts() -> None:
    parts, official, _ = assign_parts(table([]), [])
    assert len(parts) == 0 and not official


def test_twenty_thousand_items_in_chained_units() -> None:
    rng = np.random.default_rng(1)
    items = table(
        [str(x) for x in rng.integers(0, 77, 20_000)], groups=[f"g{x}" for x in rng.integers(0, 6000, 20_000)]
    )
    clusters = [tuple(int(x) for x in rng.choice(20_000, 3, replace=False)) for _ in range(100)]
    parts, _, _ = assign_parts(items, clusters)
    assert not straddling(parts, items["group"], clusters)
