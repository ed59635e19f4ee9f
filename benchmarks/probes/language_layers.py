"""The hidden states of a language model as features of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from probes.backbones.language import LanguageModel


@torch.inference_mode()
def hidden_states(
    model: LanguageModel, texts: Sequence[str], max_tokens: int | None = None
) -> list[tuple[str, np.ndarray]]:
    """(name, (n, dim) float32) of every layer in one pass: the embeddings, then each layer's output, averaged.

    Averaged over the text's own tokens. The start token stays out: language models put a huge constant on their first
    position ("attention sinks", Xiao et al., ICLR 2024, https://arxiv.org/abs/2309.17453), which would drown the
    average. An empty text gives zeros.
    """
    config = model.module.config
    layers = [np.zeros((len(texts), config.hidden_size), dtype=np.float32) for _ in range(config.num_hidden_layers + 1)]
    for rows, ids, mask in model.batches(model.tokens(texts, max_tokens)):
        states = model.module(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        own = mask[:, 1:].unsqueeze(-1).float()
        for layer, state in zip(layers, states, strict=True):
            mean = (state[:, 1:].float() * own).sum(1) / own.sum(1).clamp(min=1)
            layer[rows] = mean.cpu().numpy()
    names = ["embeddings", *(f"layer {number}" for number in range(1, len(layers)))]
    return list(zip(names, layers, strict=True))
