"""Resizing inside a graph, beside Pillow's: no level differs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from advisor.exports.resizing import Resize
from probes.backbones.clip import to_clip_pixels
from probes.backbones.image import to_pixels

SIDES = st.integers(1, 400)


def resized(pixels: np.ndarray, size: int, as_clip: bool = False) -> np.ndarray:
    return Resize(size, as_clip)(torch.from_numpy(pixels)[None])[0].permute(1, 2, 0).numpy()


@settings(max_examples=40)
@given(SIDES, SIDES, st.sampled_from([32, 64, 160]), st.integers(0, 2**32 - 1))
def test_every_level_is_pillows(height: int, width: int, size: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert (resized(pixels, size) == to_pixels(Image.fromarray(pixels), size)).all()


@pytest.mark.parametrize("shape", [(1, 500), (2000, 3000), (161, 160), (160, 320), (160, 321), (33, 2), (400, 90)])
def test_strips_photographs_and_the_edge_of_a_strip(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert (resized(pixels, 160) == to_pixels(Image.fromarray(pixels), 160)).all()


@settings(max_examples=20)
@given(SIDES, SIDES, st.sampled_from([32, 64]), st.integers(0, 2**32 - 1))
def test_clips_own_way_of_cropping_too(height: int, width: int, size: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert (resized(pixels, size, as_clip=True) == to_clip_pixels(Image.fromarray(pixels), size)).all()
