"""Texts as unit vectors, by encoder.onnx."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "encoder.json").read_text("utf-8"))
TOKENIZER = Tokenizer.from_file(str(HERE / "encoder-tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.enable_truncation(HOW["max_tokens"])
SESSION = onnxruntime.InferenceSession(HERE / "encoder.onnx", providers=["CPUExecutionProvider"])


def vectors(texts: Sequence[str]) -> np.ndarray:
    """The vector of each text, (n, d)."""
    rows = []
    for text in texts:
        tokens = TOKENIZER.encode(HOW["prefix"] + text)
        inputs = {"input_ids": np.array([tokens.ids]), "attention_mask": np.array([tokens.attention_mask])}
        rows += [SESSION.run(None, inputs)[0][0]]
    return np.stack(rows)
