"""A loaded causal language model, as needed by the modules that read prompts, score options and write answers.

transformers 5.24 calls ``cache`` what was ``past_key_values``, and accepts the old name with a warning until 5.40.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass
class Trunk:
    """A common beginning of prompts: its tokens, and the model's cache after reading them."""

    ids: tuple[int, ...]
    cache: Any


class CausalModel(Protocol):
    """Local weights that continue a text; `probes.backbones.language.LanguageModel` is one.

    ``module``: a Hugging Face causal model in eval mode, float32. ``start``: the token before every text.
    ``max_tokens``: the longest input. ``trunk`` and ``reads_trees``: what `language_options.option_log_p` keeps between
    two calls.
    """

    module: Any
    tokenizer: Any
    start: int
    max_tokens: int
    device: str
    trunk: Trunk | None
    reads_trees: bool | None

    @property
    def reader(self) -> Any:
        """The module that reads prompts: `module`, or a copy in bfloat16 where that is measurably faster."""

    def tokens(self, texts: Sequence[str], max_tokens: int | None = None) -> list[list[int]]:
        """Each text's token ids without special tokens, truncated to `max_tokens`."""

    def token_log_p(self, sequences: Sequence[Sequence[int]], starts: Sequence[int] | None = None) -> list[np.ndarray]:
        """log p of every token given those before it, with `starts` before each sequence. Shape: (its length,) each."""


def cache_argument(module: Any, cache: Any) -> dict[str, Any]:
    """The argument that passes `cache` (None at first) to the forward pass of a model, with or without an adapter."""
    model = module.get_base_model() if hasattr(module, "get_base_model") else module
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    return {name: cache}


def cache_of(output: Any) -> Any:
    """The cache in a model's output."""
    return output.cache if "cache" in output else output.past_key_values
