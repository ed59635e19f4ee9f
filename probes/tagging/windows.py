"""Sentences of words through a text encoder: word pieces, windows over long sentences, and a state for each word.

A word's state is the mean of its pieces' states, at one layer or several side by side. A sentence with more pieces than
the encoder takes is read in windows that overlap by a quarter; of the windows that hold a word, the one counts in which
the word stands farthest from an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.backbones.text import TextBackbone
from probes.errors import BackboneError
from probes.tagging.cuts import cuts

#: Windows of a batch, and the characters of a word that are read.
BATCH, MOST_CHARACTERS = 32, 64

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Window:
    """Pieces of a part of a sentence, with the encoder's own first and last; ``owner``: the word of each, -1 for none.

    ``words``: those whose state this window gives.
    """

    sentence: int
    ids: tuple[int, ...]
    owner: tuple[int, ...]
    words: tuple[int, int]


def windows_of(tokenizer: Any, sentences: Sentences, limit: int) -> list[Window]:
    """The windows of the sentences, at most `limit` pieces each. Raises BackboneError without a fast tokenizer."""
    if not getattr(tokenizer, "is_fast", False):
        raise BackboneError(
            "The encoder has no fast tokenizer, which tells the pieces of each word. Choose another one."
        )
    first, last = frame(tokenizer)
    room = limit - len(first) - len(last)
    windows: list[Window] = []
    for number, sentence in enumerate(sentences):
        pieces = _pieces(tokenizer, sentence, room)
        lengths = [len(piece) for piece in pieces]
        for start, end, own in cuts(lengths, room):
            ids = [piece for word in pieces[start:end] for piece in word]
            owner = [place for place in range(start, end) for _ in pieces[place]]
            windows.append(
                Window(
                    number, (*first, *ids, *last), (*[-1] * len(first), *owner, *[-1] * len(last)), own,
                )
            )  # fmt: skip
    return windows


def frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The pieces that the encoder wants before and behind a text."""
    framed = tokenizer("a", add_special_tokens=True)["input_ids"]
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    at = next((i for i in range(len(framed)) if framed[i : i + len(plain)] == plain), 0)
    return framed[:at], framed[at + len(plain) :]


def _pieces(tokenizer: Any, sentence: Sequence[str], room: int) -> list[list[int]]:
    """The pieces of each word, cut to what fits into a window."""
    if not sentence:
        return []
    encoded = tokenizer(
        [word[:MOST_CHARACTERS] for word in sentence], is_split_into_words=True, add_special_tokens=False
    )
    pieces: list[list[int]] = [[] for _ in sentence]
    for piece, word in zip(encoded["input_ids"], encoded.word_ids(), strict=True):
        if word is not None and len(pieces[word]) < room:
            pieces[word].append(piece)
    return pieces


def batch_of(windows: Sequence[Window], tokenizer: Any, inputs: Sequence[str]) -> tuple[dict[str, Tensor], Tensor]:
    """(the encoder's inputs, the row of each piece among the batch's words, -1 for none), padded on the right.

    A word stands in the order of windows, then of words. Shape: (n, longest) int64.
    """
    longest = max(len(window.ids) for window in windows)
    ids = torch.full((len(windows), longest), int(tokenizer.pad_token_id or 0))
    mask = torch.zeros((len(windows), longest), dtype=torch.int64)
    rows = torch.full((len(windows), longest), -1)
    n = 0
    for at, window in enumerate(windows):
        length, (start, end) = len(window.ids), window.words
        ids[at, :length] = torch.tensor(window.ids)
        mask[at, :length] = 1
        rows[at, :length] = torch.tensor([n + w - start if start <= w < end else -1 for w in window.owner])
        n += end - start
    every = {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}
    return {name: every[name] for name in inputs}, rows


def pooled_words(states: Tensor, rows: Tensor, n_words: int) -> Tensor:
    """The mean of each word's pieces, zeros without any. Shape: (n, pieces, d), (n, pieces) to (words, d)."""
    known = rows >= 0
    place = rows[known]
    total = states.new_zeros((n_words, states.shape[-1])).index_add(0, place, states[known])
    each = states.new_zeros(n_words).index_add(0, place, torch.ones_like(place, dtype=states.dtype))
    return total / each.clamp(min=1).unsqueeze(1)


class WordStates(nn.Module):
    """An encoder's batch to the states of its words at some layers, side by side: (words, d x layers).

    ``layers``: 0 for the embeddings, up to the number of blocks.
    """

    def __init__(self, encoder: nn.Module, layers: Sequence[int]) -> None:
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)

    def forward(self, batch: dict[str, Tensor], rows: Tensor, n_words: int) -> Tensor:
        states = self.encoder(**batch, output_hidden_states=True).hidden_states
        together = torch.cat([states[layer] for layer in self.layers], dim=-1)
        return pooled_words(together, rows, n_words)


def n_layers(backbone: TextBackbone) -> int:
    """The number of the last layer; the embeddings are layer 0."""
    module: Any = backbone.module
    return int(module.encoder.config.num_hidden_layers)


@torch.inference_mode()
def states_of(
    backbone: TextBackbone,
    sentences: Sentences,
    layers: Sequence[int],
    tick: Callable[[float], None] = lambda share: None,
    head: nn.Module | None = None,
) -> list[np.ndarray]:
    """The states of each sentence's words, or what a head makes of them. Shape: (words, d x layers) float32 each."""
    module: Any = backbone.module
    network = WordStates(module.encoder, layers)
    windows = windows_of(backbone.tokenizer, sentences, backbone.max_tokens)
    order = sorted(range(len(windows)), key=lambda at: len(windows[at].ids))
    parts: dict[int, np.ndarray] = {}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        some = [windows[at] for at in chosen]
        batch, rows = batch_of(some, backbone.tokenizer, backbone.inputs)
        sizes = [window.words[1] - window.words[0] for window in some]
        given = network(backbone.prepare(batch), rows.to(backbone.device), sum(sizes))
        given = (given if head is None else head(given)).float().cpu().numpy()
        for at, own in zip(chosen, np.split(given, np.cumsum(sizes)[:-1]), strict=True):
            parts[at] = own
        tick((start + len(chosen)) / len(order))
    by_sentence: list[list[np.ndarray]] = [[] for _ in sentences]
    for at, window in enumerate(windows):
        by_sentence[window.sentence].append(parts[at])
    return [np.concatenate(some) for some in by_sentence]
