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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from probes.batches import image_batches
from probes.device import Calibration, in_torch
from probes.errors import ProbeError
from probes.forward import Forward
from probes.hooks import LAST, LayerOutputs, watched
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


class MomentOutputs(LayerOutputs):
    """What the distance reads: of each batch-norm layer's input each image's means and mean squares, then the features.

    Shape: (n, 3, s, s) to (n, channels) twice per layer, and (n, dim).
    """

    graph_name = "moments-2"

    def __init__(self, module: nn.Module, side_px: int) -> None:
        super().__init__()
        self.inner = module
        every = [one for one in module.modules() if isinstance(one, _BatchNorm) and one.running_mean is not None]
        used = self._inputs(every, torch.zeros(1, 3, side_px, side_px, device=next(iter(module.parameters())).device))[
            0
        ]
        self.layers = [layer for layer in every if id(layer) in used]
        sides = ("means", "squares")
        self.names = (*(f"{i} {side}" for i in range(len(self.layers)) for side in sides), LAST)

    def each(self, batch: Tensor) -> list[Tensor]:
        """The hooks live for this pass only."""
        inputs, features = self._inputs(self.layers, batch)
        parts: list[Tensor] = []
        for layer in self.layers:
            values = inputs[id(layer)].float()
            places = tuple(range(2, values.dim()))  # flattened first, an engine would lay every layer out anew
            parts += [values.mean(dim=places), (values * values).mean(dim=places)] if places else [values, values**2]
        return [*parts, features]

    def _inputs(self, layers: Sequence[nn.Module], batch: Tensor) -> tuple[dict[int, Tensor], Tensor]:
        found: dict[int, Tensor] = {}

        def keep(module: nn.Module, inputs: tuple[Tensor, ...], _: Any) -> None:
            found[id(module)] = inputs[0]

        with watched(layers, keep), torch.no_grad():
            features: Tensor = self.inner(batch)
        return found, features


class WithMoments:
    """A backbone whose features are its `MomentOutputs`; everything else is the plain backbone's."""

    def __init__(self, backbone: Any) -> None:
        self.plain = backbone
        self.module = MomentOutputs(backbone.module, int(backbone.input_size)).train(backbone.module.training)

    def __getattr__(self, name: str) -> Any:
        if name == "plain":  # not set yet: without this line the look-up would never end
            raise AttributeError(name)
        return getattr(self.plain, name)


def measure_distance(
    backbone: Any,
    read: Callable[[int], Any],
    n_items: int,
    calibration: Calibration | None = None,
    progress: Progress = silent,
    cache: Path | None = None,
) -> Distance:
    """Divergence of every batch-norm layer and energy of images 0..n_items-1 in one pass; memory does not grow with n.

    ``read(i)`` returns a PIL RGB image; unreadable ones are left out. cache: where graphs for engines are kept; in
    torch without one. Raises ProbeError when no image can be read.
    """
    started = time.monotonic()
    wide = WithMoments(backbone)
    calibration = calibration or Calibration(device=backbone.device, channels_last=True)
    exact = calibration.model_copy(update={"engine_dtype": "float32"})
    forward = Forward(wide, exact, cache) if cache is not None else in_torch(wide, exact)
    sums = [_Sums(layer) for layer in wide.module.layers]
    ends = np.cumsum([layer.num_features for layer in wide.module.layers for _ in range(2)], dtype=int)
    energy_sum, n = 0.0, 0
    progress("Comparing the images with the pre-training data", 0.0)
    for _, batch, share in image_batches(backbone, read, list(range(n_items)), BATCH):
        *moments, features = np.split(forward(batch), ends, axis=1)
        for one, means, squares in zip(sums, moments[::2], moments[1::2], strict=True):
            one.add(means, squares)
        energy_sum += _energy(backbone, features)
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


@torch.inference_mode()
def _energy(backbone: Any, features: np.ndarray) -> float:
    """The summed energy of some images; 0 without a pre-trained head. Shape: features (n, dim)."""
    if backbone.source_head is None:
        return 0.0
    rows = torch.from_numpy(np.ascontiguousarray(features)).to(backbone.device)
    return -float(backbone.source_head(rows).float().logsumexp(1).sum())


class _Sums:
    """Running sums of one batch-norm layer's input: the images' means, squared means, and mean squares."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.n = 0
        self.totals = np.zeros((3, layer.num_features))

    def add(self, means: np.ndarray, squares: np.ndarray) -> None:
        """Some more images. Shape: (n, channels) twice."""
        for total, part in zip(self.totals, (means, np.square(means, dtype=np.float64), squares), strict=True):
            total += part.sum(axis=0, dtype=np.float64)
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
