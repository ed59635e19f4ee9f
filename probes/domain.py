"""The distance of images from a backbone's pre-training data, without that data.

Every batch-norm layer holds the running mean and variance of each channel over the pre-training images. The same
statistics of the user's images, taken at the layer's input in one hooked pass, are compared with them by the symmetric
Kullback-Leibler divergence of two normal distributions (Jeffreys, "An invariant form for the prior probability in
estimation problems", Proc. Royal Society A 1946):

    J = (v/w + w/v) / 2 - 1 + (m - u)^2 (1/v + 1/w) / 2        images N(m, v), pre-training N(u, w)

A layer is the mean of its channels. A stage (the first, middle and last third of the layers) is the mean logarithm of
its layers, so that one layer with a few silent channels does not decide: on brain scans, whose grey leaves the colour
channels of the first layers without variance, the logarithm of the mean was 1.4 where the others had -0.1. The energy
of the pre-trained head is measured too, E = -log sum_c exp(logit_c); it grows with the distance (Liu et al.,
"Energy-based Out-of-distribution Detection", NeurIPS 2020). `probes.references` gives the values a meaning: their place
among sets measured the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from probes.batches import image_batches
from probes.device import Calibration, place, precision, shaped
from probes.errors import ProbeError
from probes.progress import Progress, silent

#: Images measured.
N_IMAGES = 200
BATCH = 16
STAGES = ("early", "middle", "late")
#: A divergence of 0 has no logarithm; no real set came near this.
LEAST = 1e-6


@dataclass(frozen=True)
class Moments:
    """One layer's channels. Shape: every array (channels,) float64.

    ``mean`` and ``variance`` are over all images and positions; ``between`` is the variance of the images' own means,
    which says how well `mean` is known; ``source_mean`` and ``source_variance`` are the running statistics.
    """

    mean: np.ndarray
    variance: np.ndarray
    between: np.ndarray
    source_mean: np.ndarray
    source_variance: np.ndarray
    n: int


@dataclass(frozen=True)
class Distance:
    """The distance of n images from the pre-training data.

    ``layers``: mean divergence of each batch-norm layer, in order; empty without batch norm. ``energy``:
    mean over the images, None without a pre-trained head.
    """

    layers: tuple[float, ...]
    energy: float | None
    n: int
    seconds: float

    @property
    def stages(self) -> tuple[float, ...]:
        """Early, middle and late, natural logarithms; none where there are fewer than three layers."""
        if len(self.layers) < len(STAGES):
            return ()
        logs = np.log(np.maximum(self.layers, LEAST))
        return tuple(float(part.mean()) for part in np.array_split(logs, len(STAGES)))


def jeffreys(layer: Moments) -> float:
    """Mean over the channels of the symmetric divergence, corrected for chance with few images.

    The mean of n images has a squared error of between / n, which would pass for a shift; that much is subtracted from
    the squared shift and added to the variance, whose estimate it lowers.
    """
    chance = layer.between / layer.n
    own, source = layer.variance + chance, layer.source_variance
    shift = (layer.mean - layer.source_mean) ** 2 - chance
    channels = (own / source + source / own) / 2 - 1 + shift * (1 / own + 1 / source) / 2
    return max(0.0, float(channels.mean()))


def measure_distance(
    backbone: Any,
    read: Callable[[int], Any],
    n_items: int,
    calibration: Calibration | None = None,
    progress: Progress = silent,
) -> Distance:
    """Divergence of every batch-norm layer and energy of images 0..n_items-1 in one pass; memory does not grow with n.

    ``read(i)`` returns a PIL RGB image; unreadable ones are left out. Raises ProbeError when no image can be read.
    """
    import torch

    started = time.monotonic()
    calibration = calibration or Calibration(device=backbone.device, channels_last=True)
    place(backbone.module, calibration)
    energy_sum, n = 0.0, 0
    progress("Comparing the images with the pre-training data", 0.0)
    with _moment_sums(backbone.module) as sums, torch.inference_mode(), precision(calibration):
        for _, batch, share in image_batches(backbone, read, list(range(n_items)), BATCH):
            features = backbone.module(shaped(backbone.prepare(batch), calibration))
            if backbone.source_head is not None:
                energy_sum -= float(backbone.source_head(features).float().logsumexp(1).sum())
            n += len(batch)
            progress(f"Comparing the images with the pre-training data: {n:,} of {n_items:,}", share)
    if n == 0:
        raise ProbeError(
            "No image could be read, so none can be compared with the pre-training data. Check the image files."
        )
    return Distance(
        layers=tuple(jeffreys(layer.moments()) for layer in sums if layer.n > 1),
        energy=energy_sum / n if backbone.source_head is not None else None,
        n=n,
        seconds=time.monotonic() - started,
    )


class _Sums:
    """Running sums of one batch-norm layer's input: the images' means, squared means, and mean squares."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.n = 0
        self.totals = np.zeros((3, layer.num_features))

    def __call__(self, module: Any, inputs: tuple[Any, ...]) -> None:
        values = inputs[0].float().flatten(2) if inputs[0].dim() > 2 else inputs[0].float().unsqueeze(2)
        means, squares = values.mean(dim=2), values.square().mean(dim=2)  # (images, channels)
        for total, part in zip(self.totals, (means, means.square(), squares), strict=True):
            total += part.sum(dim=0).cpu().numpy()
        self.n += len(means)

    def moments(self) -> Moments:
        """The layer's channels; every variance includes the layer's epsilon, as in the layer itself."""
        mean, mean_square, square = self.totals / self.n
        eps = self.layer.eps
        return Moments(
            mean=mean,
            variance=np.maximum(square - mean**2, 0) + eps,
            between=np.maximum(mean_square - mean**2, 0) * self.n / (self.n - 1),
            source_mean=self.layer.running_mean.cpu().double().numpy(),
            source_variance=self.layer.running_var.cpu().double().numpy() + eps,
            n=self.n,
        )


@contextmanager
def _moment_sums(module: Any) -> Iterator[list[_Sums]]:
    """Sums over the images that pass through the batch-norm layers, in order; the hooks end with the body."""
    from torch.nn.modules.batchnorm import _BatchNorm

    layers = [layer for layer in module.modules() if isinstance(layer, _BatchNorm) and layer.running_mean is not None]
    sums = [_Sums(layer) for layer in layers]
    handles = [layer.register_forward_pre_hook(own) for layer, own in zip(layers, sums, strict=True)]
    try:
        yield sums
    finally:
        for handle in handles:
            handle.remove()
