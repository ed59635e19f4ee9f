"""Augmentation on tensors: one warp (crop, flip, small rotation) and one change of light per image.

It takes a single `grid_sample` and a few multiplications per batch, on the batch's own device, and every random number
comes from a generator that depends on the step alone, so that a resumed run sees the same images. What is safe depends
on the pictures: a mirrored digit is another digit, a grey scan has no hue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

#: Training images are kept this much larger than the input, so that a crop loses no sharpness.
MARGIN = 1.14
#: A picture counts as grey when its channels differ by less than this (of 255) on average; JPEG leaves about 1.
GREY_TOLERANCE = 2.0

_NUMBERS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
_SIDES = {"left", "right", "clockwise", "counterclockwise", "anticlockwise", "east", "west"}
_WRITTEN = {"letter", "letters", "digit", "digits", "number", "word", "text", "character", "sign", "limit"}


@dataclass(frozen=True)
class Augmentation:
    """What is varied: crops down to a share of the area, mirroring, rotation up to so many degrees, light, colour."""

    smallest_area: float = 0.6
    flip: bool = True
    rotation_degrees: float = 0.0
    brightness: float = 0.15
    contrast: float = 0.15
    saturation: float = 0.15
    reason: str = ""


def choose(classes: Sequence[str], pixels: np.ndarray, strong: bool = False) -> Augmentation:
    """What is safe for these classes and pictures, with the reason. Shape: pixels (n, s, s, 3) uint8, a small sample.

    No mirroring where class names are numbers, letters or sides; no colour on grey pictures; `strong` (from
    scratch) crops harder.
    """
    grey = is_grey(pixels)
    written = is_written(classes)
    area = 0.35 if strong else 0.6
    mirroring = "no mirroring, since a mirrored sign or number is another one" if written else "mirroring"
    colour = "no colour changes, since the pictures are grey" if grey else "slight colour changes"
    return Augmentation(
        smallest_area=max(area, 0.7) if written else area,
        flip=not written,
        rotation_degrees=8.0,
        saturation=0.0 if grey else 0.2,
        reason=f"Random crops; {mirroring}; {colour}.",
    )


def is_grey(pixels: np.ndarray) -> bool:
    """Whether the pictures carry no colour."""
    if len(pixels) == 0:
        return False
    spread = pixels.max(axis=-1).astype(np.int16) - pixels.min(axis=-1)
    return bool(spread.mean() < GREY_TOLERANCE)


def is_written(classes: Sequence[str]) -> bool:
    """Whether the class names look like digits, letters, sides or written signs, which mirroring changes."""

    def written(name: str) -> bool:
        words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
        short = len(words) == 1 and (words[0].isdigit() or len(words[0]) == 1)
        return short or (bool(words) and (words[0] in _NUMBERS or bool((_SIDES | _WRITTEN).intersection(words))))

    signs = [written(name) for name in classes]
    sides = any(_SIDES.intersection(re.split(r"[^a-z]+", name.lower())) for name in classes)
    return sides or sum(signs) * 2 > len(signs)


def augment(pixels: Tensor, size: int, how: Augmentation, rng: np.random.Generator) -> Tensor:
    """Random crops, mirrors and light. Shape: (n, S, S, 3) uint8 to (n, size, size, 3) uint8 on the same device."""
    n = len(pixels)
    theta = torch.from_numpy(_warps(n, how, rng)).to(pixels.device)
    images = pixels.permute(0, 3, 1, 2).float()
    grid = functional.affine_grid(theta, [n, 3, size, size], align_corners=False)
    images = functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    images = _relight(images, how, rng)
    return images.clamp_(0, 255).round_().to(torch.uint8).permute(0, 2, 3, 1)


def _warps(n: int, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Affine maps from output to input coordinates (both -1..1), (n, 2, 3) float32."""
    area = rng.uniform(how.smallest_area, 1.0, n)
    aspect = np.exp(rng.uniform(np.log(4 / 5), np.log(5 / 4), n))
    width = np.minimum(np.sqrt(area * aspect), 1.0)
    height = np.minimum(np.sqrt(area / aspect), 1.0)
    x = rng.uniform(-1, 1, n) * (1 - width)
    y = rng.uniform(-1, 1, n) * (1 - height)
    mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0) if how.flip else np.ones(n)
    angle = np.deg2rad(rng.uniform(-how.rotation_degrees, how.rotation_degrees, n))
    cos, sin = np.cos(angle), np.sin(angle)
    theta = np.empty((n, 2, 3), dtype=np.float32)
    theta[:, 0, 0], theta[:, 0, 1], theta[:, 0, 2] = width * mirror * cos, -width * sin, x
    theta[:, 1, 0], theta[:, 1, 1], theta[:, 1, 2] = height * mirror * sin, height * cos, y
    return theta


def _relight(images: Tensor, how: Augmentation, rng: np.random.Generator) -> Tensor:
    """Brightness, contrast and saturation factors around 1, one of each per image."""

    def factors(strength: float) -> Tensor:
        drawn = rng.uniform(1 - strength, 1 + strength, (len(images), 1, 1, 1)).astype(np.float32)
        return torch.from_numpy(drawn).to(images.device)

    images = images * factors(how.brightness)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * factors(how.contrast) + mean
    if how.saturation:
        grey = images.mean(dim=1, keepdim=True)
        images = (images - grey) * factors(how.saturation) + grey
    return images
