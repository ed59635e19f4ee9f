from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.text import TextBackbone, blocks
from probes.backbones.weights import weights_path
from probes.errors import BackboneError

TEXTS = ["The cat sat on the mat.", "A kitten is lying on the rug.", "Share prices fell sharply in Tokyo on Monday."]


def test_like_sentences_lie_near_and_rows_have_length_one(minilm: TextBackbone) -> None:
    rows = minilm.embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]


def test_padding_changes_nothing(minilm: TextBackbone) -> None:
    together = minilm.embed([TEXTS[0], "word " * 100])
    np.testing.assert_allclose(together[0], minilm.embed(TEXTS[:1])[0], atol=1e-5)


def test_long_texts_are_cut_and_empty_ones_survive(minilm: TextBackbone) -> None:
    assert minilm.tokenize(["word " * 1000])["input_ids"].shape == (1, 256)
    assert minilm.tokenize(["word " * 1000], max_tokens=16)["input_ids"].shape == (1, 16)
    assert np.isfinite(minilm.embed(["", "\x00", "日本語 🙂"])).all()
    assert minilm.embed([]).shape == (0, minilm.dim)


def test_blocks_hold_every_parameter_once_embeddings_first(minilm: TextBackbone) -> None:
    groups = blocks(minilm.module)
    ids = [id(parameter) for group in groups for parameter in group]
    assert sorted(ids) == sorted(id(parameter) for parameter in minilm.module.parameters())
    assert len(groups) == 7
    assert groups[0][0].shape[0] == 30522


def test_random_weights_repeat_with_their_seed_and_differ_from_the_real_ones(minilm: TextBackbone) -> None:
    one = TextBackbone.load(minilm.entry, pretrained=False, seed=1)
    again = TextBackbone.load(minilm.entry, pretrained=False, seed=1)
    assert one.weights_hash == "random:1"
    first, second = (next(b.module.parameters()) for b in (one, again))
    assert torch.equal(first, second)
    assert not torch.equal(first, next(minilm.module.parameters()))


def test_a_local_folder_works_by_its_path_and_by_name(minilm: TextBackbone) -> None:
    folder = weights_path(minilm.entry).parent
    backbone = TextBackbone.load(catalog.find(str(folder)))
    by_name = TextBackbone.load(catalog.find(f"{minilm.entry.name}@{folder}"))
    for found in (backbone, by_name):
        np.testing.assert_array_equal(found.embed(TEXTS[:1]), minilm.embed(TEXTS[:1]))
        assert found.weights_hash == minilm.weights_hash


def test_a_folder_that_is_no_encoder_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BackboneError, match="no weight file"):
        TextBackbone.load(catalog.find(str(tmp_path)))
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BackboneError, match="cannot be loaded as a text encoder"):
        TextBackbone.load(catalog.find(str(tmp_path)))
    with pytest.raises(BackboneError, match="not a text backbone"):
        TextBackbone.load(catalog.find("resnet18"))


@pytest.mark.parametrize("family", ["DistilBert", "MPNet", "Roberta"])
def test_other_families_of_encoders_load_too(minilm: TextBackbone, tmp_path: Path, family: str) -> None:
    import transformers

    names = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64} if family == "DistilBert" else {}
    usual = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = getattr(transformers, f"{family}Config")(vocab_size=30522, **(names or usual))
    getattr(transformers, f"{family}Model")(config).save_pretrained(tmp_path)
    minilm.tokenizer.save_pretrained(tmp_path)
    backbone = TextBackbone.load(catalog.find(str(tmp_path)))
    assert backbone.embed(TEXTS).shape == (3, 32)
    assert len(blocks(backbone.module)) == 3
