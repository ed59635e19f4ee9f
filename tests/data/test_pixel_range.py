"""16-bit and float images share one range: chosen once, kept with the dataset, and never so that brighter is darker."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor.core.records import Dataset, PixelRange
from advisor.data.features import reader
from advisor.data.pixel_range import outside, range_of, spread_of
from advisor.data.profile.profile import profile
from advisor.data.reading import open_dataset, read
from tests.data.dataset_trees import class_folders, write

CLASSES = {"a": 1000, "b": 3000, "c": 5000}


def noise(mean: float, seed: int, side: int = 32) -> np.ndarray:
    return np.asarray(mean + np.random.default_rng(seed).normal(0, mean / 10, (side, side)))


def bright(root: Path, ending: str = "png", dtype: str = "<u2", scale: float = 1.0, shift: float = 0.0) -> Path:
    """Three classes that differ in brightness alone."""
    for label, mean in CLASSES.items():
        for seed in range(8):
            (root / label).mkdir(parents=True, exist_ok=True)
            values = noise(mean, seed + 100 * mean) * scale + shift
            Image.fromarray(values.astype(dtype)).save(root / label / f"{seed}.{ending}")
    return root


def greys(dataset: Dataset) -> dict[str, float]:
    """Mean brightness of each class as it is decoded."""
    seen = reader(dataset)
    values = [float(np.asarray(seen(row))[..., 0].mean()) for row in range(dataset.n_used)]
    return {name: float(np.mean(np.array(values)[dataset.labels == i])) for i, name in enumerate(dataset.classes)}


@pytest.mark.parametrize(
    ("ending", "dtype", "scale", "shift"),
    [
        ("png", "<u2", 1, 0),
        ("tiff", ">u2", 1, 0),
        ("tiff", "<i2", 1, -3000),
        ("tiff", "<i4", 100, 0),
        ("tiff", "<f4", 1e-4, 0),
        ("tiff", "<f4", 1, -2000),
        ("png", "<u2", 0.04, 29300),
        ("png", "<u2", 0.01, 0),
        ("jp2", "<u2", 1, 0),
    ],
    ids=[
        "16 bits",
        "big end first",
        "signed",
        "32 bits",
        "floats up to 1",
        "floats",
        "thermal",
        "8 in 16",
        "JPEG 2000",
    ],
)
def test_the_brightest_class_is_decoded_brightest(
    tmp_path: Path, ending: str, dtype: str, scale: float, shift: float
) -> None:
    found = greys(read(bright(tmp_path / "x", ending, dtype, scale, shift)))
    steps = [b - a for a, b in pairwise([found[name] for name in CLASSES])]
    assert min(steps) >= 3, found


def test_the_range_is_kept_with_the_dataset_and_other_datasets_have_none(tmp_path: Path) -> None:
    dataset = read(bright(tmp_path / "deep"))
    assert dataset.pixel_range is not None and dataset.pixel_range.integers == (0.0, 8191.0)
    assert open_dataset(dataset.fingerprint).pixel_range == read(tmp_path / "deep").pixel_range == dataset.pixel_range
    assert read(class_folders(tmp_path / "plain")).pixel_range is None


def test_eight_bit_images_among_them_keep_their_own(tmp_path: Path) -> None:
    root = bright(tmp_path / "x")
    Image.new("L", (32, 32), 200).save(root / "a" / "plain.png")
    dataset = read(root)
    row = dataset.items.index[dataset.items["key"] == "a/plain.png"][0]
    assert np.asarray(reader(dataset)(row)).max() == 200


def test_dead_pixels_and_one_white_picture_do_not_darken_the_rest() -> None:
    images = [noise(1000 + 20 * n, n, 64).astype(np.uint16) for n in range(150)]
    for image in images[::3]:
        image[5, 5:8] = 65535
    images[7][:] = 65535
    spreads = [spread_of(Image.fromarray(image)) for image in images]
    found = range_of([spread for spread in spreads if spread])
    assert found is not None and found.integers is not None and found.integers[1] <= 16383


def test_values_that_use_little_of_their_scale_are_stretched_with_room_on_both_sides() -> None:
    images = [Image.fromarray((29300 + noise(100, n)).astype(np.uint16)) for n in range(9)]
    found = range_of([spread for image in images if (spread := spread_of(image))])
    assert found is not None and found.integers is not None
    low, high = found.integers
    assert 29_000 < low < 29_350 and 29_450 < high < 29_800


def test_one_flat_tone_and_no_finite_value_have_a_range_too_or_none() -> None:
    flat = spread_of(Image.new("F", (8, 8), 7.5))
    assert flat is not None
    found = range_of([flat])
    assert found is not None and found.floats is not None and found.floats[0] < 7.5 < found.floats[1]
    assert spread_of(Image.fromarray(np.full((4, 4), np.nan, np.float32))) is None
    assert spread_of(Image.new("RGB", (4, 4))) is None and range_of([]) is None


def test_what_lies_outside_is_counted() -> None:
    values = np.zeros((10, 10), np.uint16)
    values[0] = 5000
    assert outside(Image.fromarray(values), PixelRange(integers=(0, 4095))) == pytest.approx(0.1)
    assert outside(Image.fromarray(values), None) == outside(Image.new("L", (3, 3)), PixelRange(integers=(5, 6))) == 0


def test_further_pages_and_frames_are_a_finding(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "x", n=8)
    pages = [Image.fromarray(noise(100, n).astype(np.uint8)) for n in range(5)]
    pages[0].save(root / "cat" / "stack.tiff", save_all=True, append_images=pages[1:])
    pages[0].save(root / "dog" / "moving.gif", save_all=True, append_images=pages[1:3])
    pages[1].save(root / "dog" / "moving.png", save_all=True, append_images=pages[2:4])
    pages[2].save(root / "dog" / "moving.webp", save_all=True, append_images=pages[3:], lossless=True)
    found = {one.check: one for one in profile(read(root)).findings}["several pictures"]
    assert set(found.items) == {"cat/stack.tiff", "dog/moving.gif", "dog/moving.png", "dog/moving.webp"}
    assert "The first of each is read, and 10 others are not" in found.sentence


def test_a_tiff_whose_pages_lead_back_to_the_first_is_counted(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "x", n=6)
    pages = [Image.fromarray(noise(100, n).astype(np.uint8)) for n in range(2)]
    path = root / "cat" / "ring.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    content = bytearray(path.read_bytes())
    first = int.from_bytes(content[4:8], "little")
    n_tags = int.from_bytes(content[first : first + 2], "little")
    at = first + 2 + 12 * n_tags
    content[at : at + 4] = first.to_bytes(4, "little")
    assert read(write(path, bytes(content)).parents[1]).n_used == 13
