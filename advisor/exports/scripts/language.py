"""The language model beside this file: its tokens, and the settings of the prompt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "prompt.json").read_text("utf-8"))
FOLDER = HERE / "language-model"
TOKENIZER = AutoTokenizer.from_pretrained(FOLDER, trust_remote_code=False)
MODEL = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, trust_remote_code=False).eval()


def tokens(text: str) -> list[int]:
    """The token ids of a text, without special ones."""
    ids: list[int] = TOKENIZER(text, add_special_tokens=False).input_ids
    return ids


def fitted(ids: list[int], room: int) -> list[int]:
    """A prompt's tokens; one that is too long loses its middle."""
    return ids if len(ids) <= room else [*ids[: room // 2], *ids[len(ids) - (room - room // 2) :]]
