from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.hooks import LAST
from probes.joined import probe_joins, suggested


def halves() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Digits seen from their upper half, their lower half, and by their mean only, as three layers."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    pixels, labels = pixels[:500], labels[:500]
    return {"upper": pixels[:, :32], "lower": pixels[:, 32:], LAST: pixels.mean(axis=1, keepdims=True)}, labels


def test_two_halves_that_know_different_things_are_joined() -> None:
    parts, labels = halves()
    found = probe_joins(parts, labels, "accuracy", np.arange(500), 10)
    assert {"upper", "lower"} <= set(found.layers)
    values = dict(found.tried)
    assert found.probe.measured.value == values[found.layers] >= max(values.values()) - 0.003


def test_few_items_choose_nothing() -> None:
    parts, labels = halves()
    few = {name: features[:39] for name, features in parts.items()}
    found = probe_joins(few, labels[:39], "accuracy", np.arange(39), 10)
    assert found.layers == (LAST,) and len(found.tried) == 1


def test_the_last_features_are_the_yardstick() -> None:
    parts, labels = halves()
    found = probe_joins(parts, labels, "accuracy", np.arange(500), 10)
    assert found.last.measured.value == dict(found.tried)[(LAST,)] < 0.5


def test_named_joins_are_compared_alone_and_the_last_features_never_win_unasked() -> None:
    parts, labels = halves()
    better = {"upper": parts[LAST], LAST: parts["lower"]}
    found = probe_joins(better, labels, "accuracy", np.arange(500), 10, wanted=[("upper",)])
    assert found.layers == ("upper",) and found.last.measured.value > found.probe.measured.value


def test_nothing_to_hold_out_is_a_probe_error() -> None:
    with pytest.raises(ProbeError):
        probe_joins({LAST: np.ones((4, 2), np.float32)}, np.zeros(4, int), "accuracy", np.zeros(4, int), 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=13))
def test_suggested_joins_keep_the_order_without_repeats(values: list[float]) -> None:
    names = [f"block {i}" for i in range(len(values) - 1)] + [LAST]
    found = suggested(names, values)
    assert len(found) == len(set(found)) <= 5
    assert (names[int(np.argmax(values))],) == found[0]
    for layers in found:
        assert [names.index(name) for name in layers] == sorted({names.index(name) for name in layers})
