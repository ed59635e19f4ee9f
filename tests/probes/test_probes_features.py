from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from probes import features
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone
from probes.device import Calibration

N = 12


def picture(index: int) -> Image.Image:
    """A small picture whose content depends on its number."""
    rng = np.random.default_rng(index)
    return Image.fromarray(rng.integers(0, 256, (20 + index, 30, 3), dtype=np.uint8))


def keys(n: int = N) -> list[str]:
    return [f"content-{index}" for index in range(n)]


class Reader:
    """Reads items and remembers which."""

    def __init__(self, item: Callable[[int], object]) -> None:
        self.item = item
        self.seen: list[int] = []

    def __call__(self, index: int) -> object:
        self.seen.append(index)
        return self.item(index)


def test_extraction_gives_what_the_backbone_gives_one_by_one(lite0: ImageBackbone, tmp_path: Path) -> None:
    found = features.extract(lite0, picture, keys(), tmp_path)
    assert found.array.shape == (N, lite0.dim)
    assert found.array.dtype == np.float32
    assert found.ok.all() and not found.cached
    np.testing.assert_allclose(found.array, lite0.embed([picture(i) for i in range(N)]), rtol=1e-3, atol=1e-3)


def test_a_superset_reads_only_what_is_missing_and_a_repeat_reads_nothing(lite0: ImageBackbone, tmp_path: Path) -> None:
    reader = Reader(picture)
    some = features.extract(lite0, reader, keys(5), tmp_path)
    assert sorted(reader.seen) == list(range(5))
    everything = features.extract(lite0, reader, keys(), tmp_path)
    assert sorted(reader.seen) == list(range(N))
    np.testing.assert_array_equal(everything.array[:5], some.array)
    again = features.extract(lite0, reader, keys(), tmp_path)
    assert len(reader.seen) == N
    assert again.cached and again.calibration is None
    np.testing.assert_array_equal(again.array, everything.array)


def test_another_input_size_has_its_own_features(lite0: ImageBackbone, tmp_path: Path) -> None:
    import dataclasses

    features.extract(lite0, picture, keys(3), tmp_path)
    other = dataclasses.replace(lite0, input_size=96)
    found = features.extract(other, picture, keys(3), tmp_path)
    assert not found.cached
    np.testing.assert_allclose(found.array, other.embed([picture(i) for i in range(3)]), rtol=1e-3, atol=1e-3)


def test_bad_items_are_not_ok_end_nothing_and_are_tried_again(lite0: ImageBackbone, tmp_path: Path) -> None:
    def broken(index: int) -> Image.Image:
        if index in (0, 7):
            raise OSError("truncated")
        return picture(index)

    found = features.extract(lite0, broken, keys(), tmp_path)
    assert np.flatnonzero(~found.ok).tolist() == [0, 7]
    assert not found.array[[0, 7]].any()
    mended = features.extract(lite0, picture, keys(), tmp_path)
    assert mended.ok.all()


def test_nothing_readable_and_nothing_asked(lite0: ImageBackbone, minilm: TextBackbone, tmp_path: Path) -> None:
    def nothing(index: int) -> object:
        raise OSError("gone")

    for backbone in (lite0, minilm):
        found = features.extract(backbone, nothing, keys(3), tmp_path)
        assert not found.ok.any()
        assert features.extract(backbone, nothing, [], tmp_path).array.shape == (0, backbone.dim)


def test_items_of_the_same_content_are_computed_once(lite0: ImageBackbone, tmp_path: Path) -> None:
    reader = Reader(lambda index: picture(index % 3))
    found = features.extract(lite0, reader, [f"content-{index % 3}" for index in range(9)], tmp_path)
    assert sorted(reader.seen) == [0, 1, 2]
    np.testing.assert_array_equal(found.array[:3], found.array[6:])
    assert found.ok.all()


def test_texts_come_back_in_their_own_order(minilm: TextBackbone, tmp_path: Path) -> None:
    texts = ["short", "a much longer text " * 20, "", "middle length text here"]
    found = features.extract(minilm, texts.__getitem__, texts, tmp_path)
    unit = found.array / np.linalg.norm(found.array, axis=1, keepdims=True)
    np.testing.assert_allclose(unit, minilm.embed(texts), atol=1e-4)


def test_progress_reaches_the_end_and_a_stop_in_it_keeps_what_was_done(lite0: ImageBackbone, tmp_path: Path) -> None:
    shares: list[float] = []
    features.extract(lite0, picture, keys(), tmp_path / "one", lambda sentence, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)

    class Stop(Exception):
        pass

    def stop(sentence: str, share: float) -> None:
        if share > 0:
            raise Stop

    small = Calibration(device="cpu", batch_size=4)
    with pytest.raises(Stop):
        features.extract(lite0, picture, keys(), tmp_path / "two", stop, small)
    reader = Reader(picture)
    found = features.extract(lite0, reader, keys(), tmp_path / "two", calibration=small)
    assert len(reader.seen) == N - 4
    assert found.ok.all()


def test_clear_frees_the_bytes(lite0: ImageBackbone, tmp_path: Path) -> None:
    features.extract(lite0, picture, keys(3), tmp_path)
    assert features.clear(tmp_path) >= 3 * lite0.dim * 4
    assert features.clear(tmp_path) == 0
    assert not features.extract(lite0, picture, keys(3), tmp_path).cached
