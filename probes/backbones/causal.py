"""A loaded causal language model as the modules that read prompts, score options and write answers need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass
class Trunk:
    """A beginning that was read: its tokens, and the model's cache after them."""

    ids: tuple[int, ...]
    cache: Any


class CausalModel(Protocol):
    """Local weights that continue a text; `probes.backbones.language.LanguageModel` is one.

    ``module``: a Hugging Face causal model in eval mode, float32. ``start``: the token every text is put after.
    ``max_tokens``: the longest input. ``trunk`` and ``reads_trees`` are what `language_options.option_log_p` remembers
    between two calls.
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
        """The module that reads prompts: `module`, or a copy in bfloat16 where that was measured to be quicker."""

    def tokens(self, texts: Sequence[str], max_tokens: int | None = None) -> list[list[int]]:
        """Each text's token numbers without any special token, cut at `max_tokens`."""

    def token_log_p(self, sequences: Sequence[Sequence[int]], starts: Sequence[int] | None = None) -> list[np.ndarray]:
        """log p of every token given the token before the sequence and those before it; per sequence (its length,)."""
