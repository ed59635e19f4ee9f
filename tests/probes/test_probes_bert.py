"""Encoders of the BERT family by torch's own layers: the same tokens and features as by transformers, without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.bert import load_bert
from probes.backbones.text import TextBackbone
from probes.errors import BackboneError

TEXTS = [
    "zero",
    "",
    "\x00",
    "日本語 🙂",
    "Golden-Retriever's ÀÉ",
    "word " * 1000,
    "x\ty\n z",
    "İstanbul ß",
    "[SEP] [MASK]",
]
ALONE = """
import sys
from advisor.data.class_names import embed_names
from advisor.data.features import load_backbone
from probes.backbones import catalog
names = embed_names(["cat", "dog"], load_backbone(catalog.default("image"), 32, "cpu"))
assert names.classes.shape == (2, names.imagenet.shape[1])
assert "transformers" not in sys.modules
"""


def test_tokens_are_the_same_and_features_to_the_last_digits(minilm: TextBackbone) -> None:
    quick = load_bert(minilm.entry, "cpu")
    assert quick is not None
    assert (quick.preprocessing, quick.weights_hash, quick.dim) == (
        minilm.preprocessing, minilm.weights_hash, minilm.dim,
    )  # fmt: skip
    for limit in (None, 16):
        ours, theirs = quick.tokenize(TEXTS, limit), minilm.tokenize(TEXTS, limit)
        assert set(ours) == set(theirs)
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    with torch.inference_mode():
        ours, theirs = (one.module(one.tokenize(TEXTS)).numpy() for one in (quick, minilm))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_is_of_another_family_is_left_to_transformers(minilm: TextBackbone, tmp_path: Path) -> None:
    import transformers

    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    transformers.RobertaModel(transformers.RobertaConfig(vocab_size=30522, **small)).save_pretrained(tmp_path)
    minilm.tokenizer.save_pretrained(tmp_path)
    entry = catalog.find(str(tmp_path))
    assert load_bert(entry, "cpu") is None
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    assert load_bert(entry, "cpu") is None
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(BackboneError, match="no weight file"):
        load_bert(entry, "cpu")


def test_a_small_encoder_of_the_family_is_read_with_its_own_settings(minilm: TextBackbone, tmp_path: Path) -> None:
    import transformers

    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=40, layer_norm_eps=1e-6,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path)
    minilm.tokenizer.save_pretrained(tmp_path)
    entry = catalog.find(str(tmp_path))
    quick, usual = load_bert(entry, "cpu"), TextBackbone.load(entry)
    assert quick is not None and quick.max_tokens == usual.max_tokens == 40
    np.testing.assert_allclose(quick.embed(TEXTS), usual.embed(TEXTS), atol=1e-5)


def test_names_of_classes_need_no_transformers() -> None:
    ended = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
