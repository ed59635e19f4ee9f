"""Prompts to and replies of a language model, local or behind an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Prompt:
    """One question to a language model. ``begin``: the beginning of the answer, which the model continues."""

    system: str
    user: str
    begin: str = ""


@dataclass(frozen=True)
class Reply:
    """A model's reply. ``log_p``: natural logarithm of its probability, None where the model does not tell.

    ``n_prompt_tokens`` were read and ``n_tokens`` written; ``cut``: whether the prompt did not fit and lost its middle.
    """

    text: str
    log_p: float | None
    n_prompt_tokens: int
    n_tokens: int
    cut: bool = False


class ChatModel(Protocol):
    """A language model: local weights or an endpoint.

    ``name`` is for people; ``identity`` (weight hash, or an endpoint's address and model) is part of every cache key.
    """

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        """The likeliest continuation of each prompt (greedy), up to a stop or `max_new_tokens`, in order."""

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        """log p(option | prompt), summed over the option's tokens. Shape: (prompts, options) float64.

        Raises ProbeError where the model gives no probabilities (many endpoints).
        """
