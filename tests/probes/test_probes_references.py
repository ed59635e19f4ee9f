from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from probes.errors import ProbeError
from probes.references import Reference, neighbours, percentile, rank_correlation, spearman

values = st.lists(st.floats(-50, 50).map(lambda x: round(x, 3)), min_size=1, max_size=12, unique=True)


@given(values, st.lists(st.floats(-200, 200), min_size=2, max_size=8))
def test_a_percentile_grows_with_the_value_and_stays_on_the_scale(among: list[float], asked: list[float]) -> None:
    places = [percentile(value, among) for value in sorted(asked)]
    assert all(0 <= place <= 100 for place in places)
    assert all(one <= other + 1e-9 for one, other in itertools.pairwise(places))
    assert percentile(1e6, among) == 100 and percentile(-1e6, among) == 0


@given(values)
def test_each_reference_stands_in_the_middle_of_its_share(among: list[float]) -> None:
    for place, value in enumerate(sorted(among)):
        assert percentile(value, among) == pytest.approx(100 * (place + 0.5) / len(among))


def test_without_references_there_is_no_scale() -> None:
    with pytest.raises(ProbeError, match="no reference sets"):
        percentile(1.0, [])


def test_the_neighbours_are_the_next_on_either_side_the_closer_first() -> None:
    known = [Reference(name, name, {"all": value}) for name, value in (("far", 9.0), ("near", 1.0), ("mid", 4.0))]
    assert [r.name for r in neighbours(3.5, known, "all")] == ["mid", "near"]
    assert [r.name for r in neighbours(0.0, known, "all")] == ["near"]
    assert [r.name for r in neighbours(10.0, known, "all")] == ["far"]
    assert [r.name for r in neighbours(4.0, known, "all")] == ["mid", "far"]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=30))
def test_spearman_is_scipys_ties_included(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=float).T
    if np.ptp(one) and np.ptp(other):
        assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_interval_holds_the_value_and_narrows_with_more_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=300)
    y = x + rng.normal(size=300)
    many, few = rank_correlation(list(x), list(y)), rank_correlation(list(x[:10]), list(y[:10]))
    assert few.low <= few.value <= few.high
    assert many.high - many.low < 0.3 and many.n == 300 and many.unit == "rank correlation"


def test_perfect_order_is_one_and_too_little_is_an_error() -> None:
    assert rank_correlation([1, 2, 3, 4, 5], [1, 4, 9, 16, 25]).value == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]).value == pytest.approx(-1)
    for one, other in (([1, 2, 3], [1, 2, 3]), ([1, 1, 1, 1], [1, 2, 3, 4])):
        with pytest.raises(ProbeError, match="four pairs"):
            rank_correlation(one, other)
