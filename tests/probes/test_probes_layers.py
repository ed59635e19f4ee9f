from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.interval import paired_error
from probes.layers import NOISE, LayerProbes, probe_layers
from probes.linear import linear_probe

LABELS = np.arange(180) % 3


def layer(signal: float, seed: int = 0, dim: int = 6) -> np.ndarray:
    """Features in which the class shows as strongly as `signal` says; 0 is noise alone, 6 is plain to see."""
    noise = np.random.default_rng(seed).normal(size=(len(LABELS), dim)).astype(np.float32)
    noise[np.arange(len(LABELS)), LABELS] += signal
    return noise


def probed(*signals: float, metric: str = "accuracy") -> LayerProbes:
    """Probes of layers in which the class shows as strongly as the signals say."""
    named = [(f"block {i + 1}", layer(signal, i)) for i, signal in enumerate(signals)]
    return probe_layers([*named[:-1], ("last features", named[-1][1])], LABELS, metric)


def test_when_the_late_layers_are_best_the_whole_network_is_kept() -> None:
    found = probed(0.0, 1.0, 6.0)
    assert found.cut == found.top == 2 and found.ahead == 0.0 == found.error
    assert "climbs to the end" in found.sentence and "late layers transfer" in found.sentence


def test_when_the_middle_is_best_the_sentence_says_by_how_much() -> None:
    found = probed(0.0, 6.0, 0.5)
    values = [layer_probe.probe.measured.value for layer_probe in found.layers]
    assert found.cut == 1 and found.ahead == pytest.approx(values[1] - values[2])
    assert f"{100 * found.ahead:.1f} points more than the last features" in found.sentence
    assert "middle transfers best" in found.sentence and "after block 2 gives" in found.sentence


def test_of_equals_the_shallowest_is_the_cut_and_nothing_more_is_claimed() -> None:
    found = probed(0.0, 6.0, 6.0, 6.0)
    assert ("The highest value" in found.sentence) == (found.top not in (1, 3))
    assert found.cut == 1 and "add nothing beyond noise" in found.sentence and f"{len(LABELS)}" in found.sentence


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_each_layer_is_the_linear_probe_itself(metric: str) -> None:
    groups = np.arange(len(LABELS)) // 3
    layers = [("one", layer(1.0)), ("two", layer(2.0, 5, dim=9))]
    found = probe_layers(layers, LABELS, metric, groups)
    for layer_probe, (name, features) in zip(found.layers, layers, strict=True):
        alone = linear_probe(features, LABELS, metric, groups, n_classes=3)
        assert (layer_probe.name, layer_probe.dim) == (name, features.shape[1])
        assert layer_probe.probe.measured.value == alone.measured.value
    assert [layer_probe.position for layer_probe in found.layers] == [0.0, 1.0]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=4))
def test_the_cut_lies_within_noise_of_the_top_and_every_shallower_layer_does_not(signals: list[float]) -> None:
    found = probed(*signals)
    top = found.layers[found.top].probe
    for number, layer_probe in enumerate(found.layers[: found.cut + 1]):
        behind = top.measured.value - layer_probe.probe.measured.value
        error = paired_error("accuracy", LABELS, layer_probe.probe.oof_predicted, top.oof_predicted, 3)
        assert (behind <= NOISE * error) == (number == found.cut)
    assert found.cut <= found.top and found.sentence.endswith(".")


def test_what_cannot_be_probed_is_an_error_for_people() -> None:
    with pytest.raises(ProbeError, match="no layer"):
        probe_layers([], LABELS, "accuracy")
    with pytest.raises(ProbeError, match="one group"):
        probe_layers([("one", layer(1.0))], LABELS, "accuracy", np.zeros(len(LABELS)))
