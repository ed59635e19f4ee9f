"""Text encoders in every architecture of the catalog, made tiny: pooling, prefixes, layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.entry import Prefixes
from probes.backbones.text import TextBackbone, blocks, pool
from probes.hooks import LAST, hooked
from tests.probes import tiny_models

TEXTS = ["the cat sat", "the red dog ran on a blue mat", "", "dog"]


@pytest.mark.parametrize("model_type", list(tiny_models.ENCODERS))
@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token", "lasttoken"])
def test_a_folder_loads_and_padding_changes_nothing(tmp_path: Path, model_type: str, pooling: str) -> None:
    folder = tiny_models.encoder(tmp_path, model_type, pooling)
    backbone = TextBackbone.load(catalog.find(str(folder), "text"))
    together = backbone.embed(TEXTS)
    assert together.shape == (4, 32) and np.isfinite(together).all()
    for place in (0, 1, 3):
        np.testing.assert_allclose(together[place], backbone.embed([TEXTS[place]])[0], atol=1e-4)
    every = hooked(backbone)
    with torch.inference_mode():
        wide = every.module(every.prepare(every.tokenize(TEXTS[:2])))
        plain = backbone.module(backbone.prepare(backbone.tokenize(TEXTS[:2])))
    np.testing.assert_allclose(every.split(wide.numpy())[-1], plain.numpy(), atol=1e-5)
    assert every.names == ("embeddings", "layer 1", "layer 2", LAST)
    inside = [id(parameter) for group in blocks(backbone.module) for parameter in group]
    assert sorted(inside) == sorted(map(id, backbone.module.parameters())) and len(blocks(backbone.module)) == 4


def test_pooling_takes_the_first_the_last_or_the_mean_of_what_is_no_padding() -> None:
    states = torch.arange(24, dtype=torch.float32).reshape(3, 4, 2)
    mask = torch.tensor([[1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]])
    assert pool(states, mask, "cls")[:2].tolist() == [[0, 1], [12, 13]]
    assert pool(states, mask, "last")[:2].tolist() == [[4, 5], [14, 15]]
    assert pool(states, mask, "mean").tolist() == [[2, 3], [13, 14], [0, 0]]
    assert torch.isfinite(pool(states, mask, "last")).all()


def test_a_prefix_is_read_before_every_text_and_has_features_of_its_own(tmp_path: Path) -> None:
    entry = catalog.find(str(tiny_models.encoder(tmp_path)), "text")
    plain = TextBackbone.load(entry)
    prefixed = TextBackbone.load(replace(entry, prefixes=Prefixes(item="query: ")))
    np.testing.assert_array_equal(prefixed.embed(["the cat"]), plain.embed(["query: the cat"]))
    pooled = TextBackbone.load(replace(entry, pooling="cls"))
    assert len({backbone.preprocessing for backbone in (plain, prefixed, pooled)}) == 3
    assert plain.preprocessing == "text-1-64"


def test_what_was_cached_of_plain_encoders_stays_valid(minilm: TextBackbone) -> None:
    assert minilm.preprocessing == "text-1-256"


def test_the_catalog_knows_what_its_encoders_read() -> None:
    assert catalog.find("multilingual-e5-small").prefixes == Prefixes("query: ", "query: ", "passage: ")
    for name in ("bge-small-en-v1.5", "bge-base-en-v1.5"):
        entry = catalog.find(name)
        assert (entry.pooling, entry.prefixes.item, bool(entry.prefixes.query)) == ("cls", "", True)
    assert catalog.find("embeddinggemma-300m").prefixes.item == "task: classification | query: "
    assert {entry.name for entry in catalog.CATALOG if "Gemma" in entry.terms} == {
        "embeddinggemma-300m",
        "gemma-3-270m-it",
    }
