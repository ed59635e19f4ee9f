"""The divergence against the formula written out slowly, on tiny networks and random images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from probes import domain
from probes.backbones.image import ImageBackbone, normalise
from probes.domain import Moments, jeffreys, measure_distance
from probes.errors import ProbeError

SIZE = 8


@dataclass
class Tiny:
    """A backbone of three batch-norm layers, or of none."""

    module: nn.Module
    source_head: nn.Linear | None
    device: str = "cpu"
    input_size: int = SIZE

    def pixels(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image)

    def prepare(self, batch: np.ndarray) -> torch.Tensor:
        return normalise(torch.as_tensor(batch), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def tiny(norm: bool = True, seed: int = 0) -> Tiny:
    """Random weights, and running statistics that no image has."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for before, after in ((3, 4), (4, 5), (5, 6)):
        layers += [nn.Conv2d(before, after, 3), nn.BatchNorm2d(after) if norm else nn.Identity(), nn.ReLU()]
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return Tiny(network, nn.Linear(6, 10))


def images(n: int, seed: int = 0) -> list[Image.Image]:
    """Noise whose brightness differs from image to image, so that the images' own means vary."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(20, 200, (n, 1, 1, 1))
    return [Image.fromarray(a) for a in rng.normal(light, 25, (n, SIZE, SIZE, 3)).clip(0, 255).astype(np.uint8)]


def kullback_leibler(m: float, v: float, u: float, w: float) -> float:
    """KL(N(m, v) || N(u, w))."""
    return 0.5 * (math.log(w / v) + (v + (m - u) ** 2) / w - 1)


@torch.inference_mode()
def slowly(backbone: Tiny, pictures: list[Image.Image]) -> list[float]:
    """Channel by channel, image by image, from all values held at once."""
    state = backbone.prepare(np.stack([backbone.pixels(picture) for picture in pictures]))
    found = []
    for layer in backbone.module:  # type: ignore[attr-defined]
        if isinstance(layer, nn.BatchNorm2d):
            per_channel = []
            for channel in range(layer.num_features):
                values = state[:, channel].double().numpy()
                means = [float(image.mean()) for image in values]
                chance = float(np.var(means, ddof=1)) / len(means)
                m, v = float(values.mean()), float(values.var()) + layer.eps + chance
                u, w = float(layer.running_mean[channel]), float(layer.running_var[channel]) + layer.eps
                both = kullback_leibler(m, v, u, w) + kullback_leibler(u, w, m, v)
                per_channel.append(both - chance * (1 / v + 1 / w) / 2)
            found.append(max(0.0, float(np.mean(per_channel))))
        state = layer(state)
    return found


@pytest.mark.parametrize("n", [2, 15, 16, 17, 40])
def test_layers_and_stages_follow_the_formula_at_any_number_of_images(n: int) -> None:
    backbone, pictures = tiny(), images(n)
    found = measure_distance(backbone, pictures.__getitem__, n)
    np.testing.assert_allclose(found.layers, slowly(backbone, pictures), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.stages, np.log(found.layers), rtol=1e-6)  # three layers: a stage is one of them
    assert found.n == n


@torch.inference_mode()
def test_energy_is_minus_the_log_of_the_summed_exponentials() -> None:
    backbone, pictures = tiny(), images(20)
    logits = backbone.source_head(backbone.module(backbone.prepare(np.stack([np.asarray(p) for p in pictures]))))  # type: ignore[misc]
    expected = -np.log(np.exp(logits.double().numpy()).sum(axis=1)).mean()
    assert measure_distance(backbone, pictures.__getitem__, 20).energy == pytest.approx(expected, rel=1e-5)


@torch.inference_mode()
def test_at_home_the_divergence_is_nothing() -> None:
    backbone, pictures = tiny(), images(300)
    batch = backbone.prepare(np.stack([np.asarray(picture) for picture in pictures]))
    for layer in backbone.module:  # type: ignore[attr-defined]
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the running statistics become those of these images
            layer.reset_running_stats()
    for layer in [m for m in backbone.module if isinstance(m, nn.BatchNorm2d)]:  # type: ignore[attr-defined]
        layer.train()  # one after the other, each behind finished ones
        backbone.module(batch)
        layer.eval()
    assert max(measure_distance(backbone, pictures.__getitem__, 300).layers) < 1e-4


def test_few_images_do_not_look_further_away_than_many() -> None:
    backbone = tiny()
    many = measure_distance(backbone, images(1000, 1).__getitem__, 1000)
    few = [np.array(measure_distance(backbone, images(12, seed).__getitem__, 12).layers) for seed in range(2, 52)]
    error = np.std(few, axis=0) / math.sqrt(len(few))
    assert np.all(np.abs(np.mean(few, axis=0) - many.layers) < 4 * error + 0.02 * np.array(many.layers))


def test_without_batch_norm_only_the_energy_is_left() -> None:
    found = measure_distance(tiny(norm=False), images(5).__getitem__, 5)
    assert found.layers == () == found.stages and found.energy is not None
    backbone = tiny()
    backbone.source_head = None
    assert measure_distance(backbone, images(5).__getitem__, 5).energy is None


def test_images_that_cannot_be_read_are_left_out() -> None:
    pictures = images(20)

    def read(index: int) -> Image.Image:
        if index % 2:
            raise OSError("broken")
        return pictures[index]

    found = measure_distance(tiny(), read, 20)
    assert found.n == 10
    alone = measure_distance(tiny(), lambda i: pictures[2 * i], 10)
    np.testing.assert_allclose(found.layers, alone.layers, rtol=1e-3)  # other batches, other rounding
    with pytest.raises(ProbeError, match="No image"):
        measure_distance(tiny(), lambda i: read(1), 3)


def test_the_hooks_are_gone_afterwards_and_batches_do_not_matter(
    lite0: ImageBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.datasets import load_digits

    pictures = [Image.fromarray((a * 15.9).astype(np.uint8)).convert("RGB") for a in load_digits().images[:24]]
    found = measure_distance(lite0, pictures.__getitem__, 24)
    monkeypatch.setattr(domain, "BATCH", 7)
    again = measure_distance(lite0, pictures.__getitem__, 24)
    np.testing.assert_allclose(found.layers, again.layers, rtol=1e-3)
    assert len(found.layers) == 49 and len(found.stages) == 3 and min(found.layers) > 0
    assert not any(module._forward_pre_hooks for module in lite0.module.modules())


positive, anything = st.floats(1e-3, 1e3), st.floats(-100, 100)


@given(anything, positive, anything, positive)
def test_the_divergence_is_symmetric_and_nothing_only_between_equals(m: float, v: float, u: float, w: float) -> None:
    def between(*values: float) -> float:
        one, two, three, four = (np.array([value]) for value in values)
        return jeffreys(Moments(one, two, np.zeros(1), three, four, 10))

    assert between(m, v, u, w) == pytest.approx(between(u, w, m, v), rel=1e-9, abs=1e-12)
    assert between(m, v, u, w) >= 0
    assert between(m, v, m, v) == pytest.approx(0, abs=1e-12)


def test_a_layer_seen_once_has_no_variance_between_images_and_is_left_out() -> None:
    assert measure_distance(tiny(), images(1).__getitem__, 1).layers == ()
