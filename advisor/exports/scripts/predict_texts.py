"""Label texts: `python predict.py "a text" "another"`, or `from predict import probabilities`.

Needs onnxruntime, numpy and tokenizers, and the files beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
CLASSES: list[str] = json.loads((HERE / "classes.json").read_text("utf-8"))
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
BATCH = 32
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.enable_truncation(HOW["max_tokens"])
TOKENIZER.enable_padding(pad_id=HOW["pad_id"], pad_token=HOW["pad_token"])


@cache
def session(model: str = "model.onnx") -> Any:
    """The model, loaded once."""
    return onnxruntime.InferenceSession(str(HERE / model), providers=["CPUExecutionProvider"])


def probabilities(items: Sequence[str], model: str = "model.onnx") -> np.ndarray:
    """Class probabilities, (n, C), of texts; they go through the model by length, so that little is padding."""
    rows = np.zeros((len(items), len(CLASSES)), np.float32)
    order = sorted(range(len(items)), key=lambda i: len(items[i]))
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        tokens = TOKENIZER.encode_batch([HOW["prefix"] + items[i] for i in some])
        inputs = {
            "input_ids": np.array([each.ids for each in tokens], np.int64),
            "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
        }
        rows[some] = session(model).run(None, inputs)[0]
    return rows


def said(row: np.ndarray) -> str:
    """The label with its probability and, where it is not sure, the classes that it may be."""
    label = f"{CLASSES[int(row.argmax())]}\t{row.max():.4f}"
    if row.max() >= HOW["not_sure_below"]:
        return label
    least = HOW["likely_from"]
    likely = [CLASSES[i] for i in (-row).argsort() if least is not None and row[i] >= least]
    return f"{label}\tnot sure{': ' if likely else ''}{', '.join(likely)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Label texts.")
    parser.add_argument("texts", nargs="+", help="texts, or @FILE for one text a line")
    parser.add_argument("--model", default="model.onnx", help="model.int8.onnx is smaller and often faster")
    asked = parser.parse_args()
    texts = [text for word in asked.texts for text in (
        Path(word[1:]).read_text("utf-8").splitlines() if word.startswith("@") else [word])]  # fmt: skip
    for text, row in zip(texts, probabilities(texts, asked.model), strict=True):
        print(f"{text[:60]}\t{said(row)}")
