"""Files are told apart by all that is in them: uncompressed images of one size differ only inside."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor.core.records import Dataset
from advisor.data.features import features_of, load_backbone
from advisor.data.read.fingerprint import SMALL_BYTES, digest_file, digest_files
from advisor.data.reading import open_dataset, read
from advisor.data.store import kept_clusters
from probes.backbones import catalog

SIDE, BORDER = 160, 45
N = 4


def framed(tone: int) -> Image.Image:
    """A grey square with one of 256 tones inside: every file of its format has the same size and the same ends."""
    pixels = np.full((SIDE, SIDE, 3), 128, dtype=np.uint8)
    pixels[BORDER:-BORDER, BORDER:-BORDER] = tone
    return Image.fromarray(pixels)


def framed_folder(root: Path, ending: str) -> Path:
    """`N` dark and `N` bright squares, a folder for each."""
    for number in range(N):
        for label, tone in (("dark", number), ("bright", 200 + number)):
            (root / label).mkdir(parents=True, exist_ok=True)
            framed(tone).save(root / label / f"{number}.{ending}")
    return root


def features(dataset: Dataset) -> np.ndarray:
    """Features of all items, in the order of their keys."""
    backbone = load_backbone(catalog.default("image"), 64, "cpu")
    return features_of(dataset, np.argsort(dataset.items["key"].to_numpy()), backbone).array


def by_earlier_version(path: str) -> str:
    """The digest that versions before 0.2 gave a large file."""
    content = Path(path).read_bytes()
    assert len(content) > SMALL_BYTES
    ends = len(content).to_bytes(8, "little") + content[:16_384] + content[-16_384:]
    return hashlib.blake2b(ends, digest_size=16).hexdigest()


@pytest.mark.parametrize("ending", ["bmp", "tif", "ppm", "tga"])
def test_images_with_equal_borders_have_features_of_their_own(tmp_path: Path, ending: str) -> None:
    dataset = read(framed_folder(tmp_path / "raw", ending))
    assert dataset.items["digest"].is_unique
    packed = read(framed_folder(tmp_path / "packed", "png"))
    np.testing.assert_allclose(features(dataset), features(packed), atol=1e-4)


@pytest.mark.parametrize("ending", ["bmp", "tif", "ppm", "tga"])
def test_different_photos_in_equal_borders_are_no_copies(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        pixels = np.full((SIDE, SIDE, 3), 128, dtype=np.uint8)
        small = Image.fromarray(rng.integers(0, 256, (14, 14, 3), dtype=np.uint8))
        side = SIDE - 2 * BORDER
        pixels[BORDER:-BORDER, BORDER:-BORDER] = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))
        folder = tmp_path / "ab"[number % 2]
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number}.{ending}")
    dataset = read(tmp_path)
    assert dataset.items["digest"].is_unique
    assert kept_clusters(dataset) == []


def test_an_edit_inside_a_file_makes_another_dataset(tmp_path: Path) -> None:
    root = framed_folder(tmp_path, "bmp")
    path = root / "dark/0.bmp"
    before, facts = read(root), path.stat()
    framed(9).save(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size
    assert read(root).fingerprint != before.fingerprint


def test_a_table_of_paths_tells_images_apart_too(tmp_path: Path) -> None:
    root = framed_folder(tmp_path, "bmp")
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.bmp"))
    table = pd.DataFrame({"path": paths, "kind": [path.split("/")[0] for path in paths]})
    table.to_csv(root / "labels.csv", index=False)
    first = read(root / "labels.csv")
    assert first.items["digest"].is_unique
    framed(9).save(root / paths[-1])
    assert read(root / "labels.csv").fingerprint != first.fingerprint


def test_a_file_edited_after_reading_leaves_no_wrong_features_behind(tmp_path: Path) -> None:
    root = framed_folder(tmp_path / "a", "bmp")
    path = root / "dark/0.bmp"
    dataset, content = read(root), path.read_bytes()
    framed(250).save(path)
    edited = features(dataset)
    path.write_bytes(content)
    restored = features(dataset)
    assert not np.allclose(edited, restored)
    np.testing.assert_allclose(restored, features(read(framed_folder(tmp_path / "b", "png"))), atol=1e-4)


def test_a_dataset_of_an_earlier_version_opens_and_its_images_share_no_features(tmp_path: Path) -> None:
    dataset = read(framed_folder(tmp_path / "raw", "bmp"))
    table = Path(dataset.folder) / "items.parquet"
    items = dataset.items.assign(digest=dataset.items["path"].map(by_earlier_version))
    assert items["digest"].nunique() == 1
    items.to_parquet(table, index=False)
    former = open_dataset(dataset.fingerprint)
    assert former.items["digest"].nunique() == 1
    np.testing.assert_allclose(features(former), features(dataset), atol=1e-4)
    assert len(np.unique(features(former).round(3), axis=0)) == 2 * N


def test_small_files_keep_the_digests_that_they_had(tmp_path: Path) -> None:
    content = bytes(range(256)) * (SMALL_BYTES // 256)
    path = tmp_path / "small"
    path.write_bytes(content)
    assert digest_file(str(path)) == (hashlib.blake2b(content, digest_size=16).hexdigest(), "")


def test_every_byte_counts(tmp_path: Path) -> None:
    content = bytearray(SMALL_BYTES * 20)
    paths = []
    for place in (0, SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, len(content) // 2, len(content) - 1):
        edited = bytearray(content)
        edited[place] = 1
        paths.append(tmp_path / str(place))
        paths[-1].write_bytes(edited)
    found = digest_files([str(path) for path in paths])
    assert len({digest for digest, _ in found}) == len(paths)
    assert found == [digest_file(str(path)) for path in paths]
    assert digest_file(str(tmp_path / "none"))[1].startswith("The file cannot be opened")
