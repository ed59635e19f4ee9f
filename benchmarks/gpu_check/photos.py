"""Photographs without a network: crops of the two that scikit-learn carries, written as JPEG files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SIDE_PX = 256


def written(folder: Path, n: int) -> list[Path]:
    """n different crops of `SIDE_PX` a side."""
    from sklearn.datasets import load_sample_images

    photos = [np.asarray(image) for image in load_sample_images().images]
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    paths = [folder / f"{number:05d}.jpg" for number in range(n)]
    corners = [[int(rng.integers(0, side - SIDE_PX + 1)) for side in photo.shape[:2]] for photo in photos * n][:n]

    def write(number: int) -> None:
        photo, (top, left) = photos[number % len(photos)], corners[number]
        crop = photo[top : top + SIDE_PX, left : left + SIDE_PX]
        Image.fromarray(crop).save(paths[number], quality=90)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(n)))
    return paths
