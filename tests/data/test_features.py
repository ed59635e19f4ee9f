"""The size asked for is the size got, and nobody asks a text encoder for more than the usual by accident."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor.data.features import features_of, input_size, load_backbone
from advisor.data.reading import read
from probes.backbones import catalog
from probes.backbones.catalog import TEXT_TOKENS

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
