"""The size asked for is the size got, and nobody asks a text encoder for more than the usual by accident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, PixelRange
from advisor.data.decode import open_image, open_with_digest
from advisor.data.features import features_of, input_size, load_backbone
from advisor.data.reading import read
from probes.backbones import catalog
from probes.backbones.catalog import TEXT_TOKENS
from probes.backbones.image import ImageBackbone
from tests.data.dataset_trees import class_folders, png
from tests.data.test_pixel_range import bright

LONG = "word " * 1000


@pytest.mark.parametrize("kind", ["image", "text"])
@pytest.mark.parametrize("size", [64, 160])
def test_the_size_asked_for_is_the_size_got(kind: catalog.Kind, size: int) -> None:
    assert load_backbone(catalog.default(kind), size, "cpu").input_size == size


def test_texts_are_cut_at_the_tokens_asked_for() -> None:
    backbone = load_backbone(catalog.default("text"), 64, "cpu", pretrained=False)
    assert backbone.tokenize([LONG])["input_ids"].shape == (1, 64)


def test_no_more_tokens_than_the_encoder_has_positions_for() -> None:
    assert load_backbone(catalog.default("text"), 100_000, "cpu").input_size == 512


def test_features_of_two_sizes_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"n{i % 3} {LONG}{i},{i % 2}\n" for i in range(8)))
    dataset = read(tmp_path / "a.csv")
    rows = np.arange(2)
    short, usual = (features_of(dataset, rows, load_backbone(catalog.default("text"), n, "cpu")) for n in (16, 256))
    assert not short.cached
    assert not usual.cached
    assert not np.allclose(short.array, usual.array)


@pytest.mark.parametrize("entry", [entry for entry in catalog.CATALOG if entry.kind == "text"], ids=lambda e: e.name)
def test_what_is_asked_for_usually_stays_within_the_usual_tokens(tmp_path: Path, entry: catalog.Entry) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(8)))
    assert input_size(read(tmp_path / "a.csv"), entry) == entry.usual_input == TEXT_TOKENS


def small_backbone() -> ImageBackbone:
    return ImageBackbone.load(catalog.default("image"), input_size=32)


def exchange(dataset: Dataset, row: int, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    """Put another picture into a file right before it is decoded; returns its old and its new content."""
    path = Path(str(dataset.items["path"].iloc[row]))
    old, new = path.read_bytes(), png(12)
    decode = open_with_digest

    def first_exchanged(source: str, *more: Any) -> Any:
        if source == str(path):
            path.write_bytes(new)
        return decode(source, *more)

    monkeypatch.setattr("advisor.data.images.open_with_digest", first_exchanged)
    return old, new


def test_a_file_exchanged_while_it_is_read_is_named_and_poisons_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = class_folders(tmp_path / "x", n=8)
    backbone = small_backbone()
    dataset = read(root)
    rows = np.arange(dataset.n_used)
    twin = root / "cat" / "twin.png"
    with monkeypatch.context() as patch:
        old, new = exchange(dataset, 0, patch)
        with pytest.raises(DatasetError, match=r"1 file of x changed .* the first is cat/0\.png"):
            features_of(dataset, rows, backbone)
    twin.write_bytes(old)  # what the file held when it was listed, now elsewhere
    again = read(root)
    row = {key: i for i, key in enumerate(again.items["key"])}
    seen = features_of(again, np.array([row["cat/twin.png"], row["cat/0.png"]]), backbone).array
    alone = backbone.embed([open_image(old, 32), open_image(new, 32)])
    np.testing.assert_allclose(seen, alone, rtol=1e-3, atol=1e-3)


def test_an_exchanged_twin_does_not_lend_its_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = class_folders(tmp_path / "x", n=8)
    (root / "dog" / "0.png").write_bytes((root / "cat" / "0.png").read_bytes())
    dataset = read(root)
    keys: list[str] = dataset.items["key"].tolist()
    pair = np.array([keys.index("cat/0.png"), keys.index("dog/0.png")])
    backbone = small_backbone()
    with monkeypatch.context() as patch:
        old, _ = exchange(dataset, int(pair[0]), patch)
        with pytest.raises(DatasetError, match="changed"):
            features_of(dataset, pair, backbone)
    seen = features_of(dataset, pair[1:], backbone).array
    np.testing.assert_allclose(seen, backbone.embed([open_image(old, 32)]), rtol=1e-3, atol=1e-3)


def test_two_ranges_never_share_features(tmp_path: Path) -> None:
    backbone = load_backbone(catalog.default("image"), 32, "cpu")
    dataset = read(bright(tmp_path / "x"))
    other = dataset.model_copy(update={"pixel_range": PixelRange(integers=(0, 65535))})
    plain = dataset.model_copy(update={"pixel_range": None})
    rows = np.arange(4)
    found = [features_of(one, rows, backbone) for one in (dataset, other, plain)]
    assert not any(one.cached for one in found)
    assert not np.allclose(found[0].array, found[1].array) and not np.allclose(found[1].array, found[2].array)
    assert features_of(dataset, rows, backbone).cached
