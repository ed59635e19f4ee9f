from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from probes import feature_table, features
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


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_without_memory_for_a_batch_the_same_features_come_from_smaller_ones(
    kind: str, lite0: ImageBackbone, minilm: TextBackbone, tmp_path: Path
) -> None:
    backbone, read = (lite0, picture) if kind == "images" else (minilm, lambda index: "one more word " * (index + 1))
    whole = features.extract(backbone, read, keys(), tmp_path / "whole")
    sizes = []

    def hungry(module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        n = len(inputs[0]["input_ids"] if kind == "texts" else inputs[0])
        sizes.append(n)
        if n > 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    handle = backbone.module.register_forward_pre_hook(hungry)
    try:
        found = features.extract(backbone, read, keys(), tmp_path / "parts")
    finally:
        handle.remove()
    assert found.ok.all() and sizes == [12, 6, 3, 3, 3, 3]
    np.testing.assert_allclose(found.array, whole.array, rtol=1e-3, atol=1e-3)


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


class WithChannels(torch.nn.Module):
    """A backbone's features behind the three channel means of its input."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), self.module(x)], dim=1)


def in_parts(backbone: ImageBackbone) -> Any:
    """The backbone with an output of two parts, the last of which is its own."""
    wrapped: Any = dataclasses.replace(backbone, module=WithChannels(backbone.module), dim=3 + backbone.dim)
    wrapped.parts = ((f"{backbone.preprocessing}-channels", 3), (backbone.preprocessing, backbone.dim))
    return wrapped


def test_parts_lie_side_by_side_and_the_last_is_shared_with_the_plain_backbone(
    lite0: ImageBackbone, tmp_path: Path
) -> None:
    both = features.extract(in_parts(lite0), picture, keys(6), tmp_path)
    assert both.array.shape == (6, 3 + lite0.dim) and both.ok.all()
    pixels = np.stack([lite0.pixels(picture(i)) for i in range(6)])
    means = lite0.prepare(pixels).mean((2, 3)).numpy()
    np.testing.assert_allclose(both.array[:, :3], means, atol=1e-5)
    reader = Reader(picture)
    plain = features.extract(lite0, reader, keys(6), tmp_path)
    assert plain.cached and not reader.seen
    np.testing.assert_array_equal(plain.array, both.array[:, 3:])


def test_an_item_is_computed_when_any_part_is_missing_and_kept_once(lite0: ImageBackbone, tmp_path: Path) -> None:
    features.extract(lite0, picture, keys(4), tmp_path)
    reader = Reader(picture)
    both = features.extract(in_parts(lite0), reader, keys(6), tmp_path)
    assert sorted(reader.seen) == list(range(6)) and both.ok.all()
    lines = [path.read_text().split("\n")[:-1] for path in tmp_path.glob("*/index.txt")]
    assert [len(each) for each in lines] == [6, 6]
    again = features.extract(in_parts(lite0), reader, keys(6), tmp_path)
    assert again.cached and len(reader.seen) == 6
    np.testing.assert_array_equal(again.array, both.array)


def test_a_large_table_is_mapped_from_a_file_with_the_same_content(
    lite0: ImageBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(index: int) -> Image.Image:
        if index == 3:
            raise OSError("truncated")
        return picture(index)

    twice = [*keys(), *keys(5)]
    in_memory = features.extract(lite0, lambda i: broken(i % N), twice, tmp_path / "one")
    monkeypatch.setattr(feature_table, "IN_MEMORY_BYTES", 0)
    for _ in range(2):  # computed, then from the cache
        mapped = features.extract(lite0, lambda i: broken(i % N), twice, tmp_path / "two")
        assert isinstance(mapped.array, np.memmap) and not isinstance(in_memory.array, np.memmap)
        np.testing.assert_array_equal(mapped.ok, in_memory.ok)
        np.testing.assert_allclose(mapped.array, in_memory.array, rtol=1e-3, atol=1e-3)
    mapped.array[0] = 7.0  # the caller's own
    assert features.extract(lite0, picture, keys(1), tmp_path / "two").array[0, 0] != 7.0
    assert not [path for path in (tmp_path / "two").iterdir() if path.is_file() and path.suffix != ".lock"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 19), unique=True, max_size=8).map(sorted), max_size=6), st.booleans())
def test_a_table_holds_what_was_put_last(tmp_path: Path, puts: list[list[int]], in_file: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feature_table, "IN_MEMORY_BYTES", 0 if in_file else 10**6)
        table = feature_table.FeatureTable(20, 3, tmp_path)
    expected = np.zeros((20, 3), dtype=np.float32)
    for number, positions in enumerate(puts):
        rows = np.full((len(positions), 3), number + 1, dtype=np.float32)
        table.put(np.array(positions, dtype=np.int64), rows)
        expected[positions] = rows
    np.testing.assert_array_equal(table.array(), expected)
    np.testing.assert_array_equal(table.get(np.array([4, 2])), expected[[4, 2]])


def test_a_full_disk_costs_memory_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file takes ten rows; what was put before and after that is there all the same."""
    monkeypatch.setattr(feature_table, "IN_MEMORY_BYTES", 0)
    table = feature_table.FeatureTable(20, 3, tmp_path)
    rows = np.arange(60, dtype=np.float32).reshape(20, 3)
    table.put(np.arange(10), rows[:10])
    real: Any = table._file

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def write(self, content: bytes) -> int:
            return int(real.write(content[:5]))

    monkeypatch.setattr(table, "_file", Full())
    table.put(np.arange(10, 15), rows[10:15])
    table.put(np.arange(15, 20), rows[15:])
    np.testing.assert_array_equal(table.array(), rows)


KILLED = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from probes import features
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.device import Calibration
features.FLUSH_SECONDS = 0.0
backbone = ImageBackbone.load(catalog.find("efficientnet-lite0"), input_size=64)
def read(index):
    rng = np.random.default_rng(index)
    return Image.fromarray(rng.integers(0, 256, (20 + index, 30, 3), dtype=np.uint8))
def tell(sentence, share):
    print(sentence, flush=True)
keys = [f"content-{index}" for index in range(200)]
features.extract(backbone, read, keys, Path(sys.argv[1]), tell, Calibration(device="cpu", batch_size=2))
"""


def test_a_killed_extraction_goes_on_where_it_stopped(lite0: ImageBackbone, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(5):  # the start, then four batches of two that are on the disk
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    reader = Reader(picture)
    found = features.extract(lite0, reader, keys(), tmp_path)
    assert found.ok.all() and not set(range(6)) & set(reader.seen)


def test_clear_frees_the_bytes(lite0: ImageBackbone, tmp_path: Path) -> None:
    features.extract(lite0, picture, keys(3), tmp_path)
    assert features.used(tmp_path) >= 3 * lite0.dim * 4
    assert features.clear(tmp_path) >= 3 * lite0.dim * 4
    assert features.clear(tmp_path) == 0
    assert not features.extract(lite0, picture, keys(3), tmp_path).cached
