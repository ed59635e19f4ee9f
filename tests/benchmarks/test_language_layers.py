from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.probes.language_layers import hidden_states
from probes.backbones import catalog
from probes.backbones.language import LanguageModel
from tests.probes.language_files import LAYERS, tiny_gguf


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    path = tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
    entry = catalog.find(f"{catalog.default('language').name}@{path}", "language")
    return LanguageModel.load(entry, tmp_path_factory.mktemp("models"))


def test_hidden_states_are_the_mean_over_the_texts_own_tokens(tiny: LanguageModel) -> None:
    texts = ["The otter swims in the river.", ""]
    layers = hidden_states(tiny, texts)
    assert [name for name, _ in layers] == ["embeddings", *(f"layer {n}" for n in range(1, LAYERS + 1))]
    ids = torch.tensor([[tiny.start, *tiny.tokens(texts[:1])[0]]])
    with torch.inference_mode():
        states = tiny.module(input_ids=ids, output_hidden_states=True).hidden_states
    for (_, rows), state in zip(layers, states, strict=True):
        np.testing.assert_allclose(rows[0], state[0, 1:].mean(0).numpy(), atol=1e-4)
        assert not rows[1].any()
    assert [rows.shape for _, rows in hidden_states(tiny, [])] == [(0, 32)] * (LAYERS + 1)


def test_batches_and_padding_change_nothing(tiny: LanguageModel) -> None:
    texts = [f"{'word ' * n}end" for n in range(1, 20)]
    for (name, rows), (_, row) in zip(hidden_states(tiny, texts), hidden_states(tiny, texts[4:5]), strict=True):
        np.testing.assert_allclose(rows[4], row[0], atol=1e-4, err_msg=name)
