"""Texts as the model takes them: tokens and their mask, by tokenizer.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
BATCH = 32
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.enable_truncation(HOW["max_tokens"])
TOKENIZER.enable_padding(pad_id=HOW["pad_id"], pad_token=HOW["pad_token"])


def batches(texts: Sequence[str]) -> Iterator[tuple[list[int], dict[str, np.ndarray]]]:
    """Texts that go through the model together, by length so that little is padding: their places, and their tokens."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        tokens = TOKENIZER.encode_batch([HOW["prefix"] + texts[i] for i in some])
        yield (
            some,
            {
                "input_ids": np.array([each.ids for each in tokens], np.int64),
                "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
            },
        )
