"""Label texts by a language model and a prompt: `python predict.py "a text" "another"`.

Needs torch and transformers, and the files beside it. The likelihood of each class name after the prompt decides.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
CLASSES: list[str] = json.loads((HERE / "classes.json").read_text("utf-8"))
HOW: dict[str, Any] = json.loads((HERE / "prompt.json").read_text("utf-8"))
TOKENIZER = AutoTokenizer.from_pretrained(HERE / "language-model", trust_remote_code=False)
MODEL = AutoModelForCausalLM.from_pretrained(
    HERE / "language-model", dtype=torch.float32, trust_remote_code=False
).eval()
OPTIONS = [TOKENIZER(f" {label}", add_special_tokens=False).input_ids for label in HOW["labels"]]


def probabilities(items: Sequence[str]) -> np.ndarray:
    """Class probabilities, (n, C), of texts."""
    rows = np.array([log_p(prompt(text)) for text in items]).reshape(-1, len(CLASSES))
    return np.asarray(np.exp(shares(shares(rows) - np.array(HOW["bias"]))))


def prompt(text: str) -> str:
    """The whole prompt of a text, which loses its end where it is long."""
    spans = TOKENIZER(text, add_special_tokens=False, truncation=True, max_length=HOW["text_tokens"],
                      return_offsets_mapping=True).offset_mapping  # fmt: skip
    short = text[: max((end for _, end in spans), default=0)]
    return f"{HOW['before']}{' '.join(short.split())}{HOW['after']}"


@torch.inference_mode()
def log_p(text: str) -> list[float]:
    """log p of each class name after the prompt."""
    begin = [HOW["start"], *TOKENIZER(text, add_special_tokens=False).input_ids]
    longest = max(map(len, OPTIONS))
    ids = torch.tensor([begin + option + [0] * (longest - len(option)) for option in OPTIONS])
    shown = torch.log_softmax(MODEL(input_ids=ids).logits[:, len(begin) - 1 :].float(), dim=-1)
    return [
        float(sum(row[i, token] for i, token in enumerate(option))) for row, option in zip(shown, OPTIONS, strict=True)
    ]


def shares(rows: np.ndarray) -> np.ndarray:
    """Log probabilities over the classes alone."""
    top = rows - rows.max(axis=1, keepdims=True)
    logs: np.ndarray = top - np.log(np.exp(top).sum(axis=1, keepdims=True))
    return logs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Label texts.")
    parser.add_argument("texts", nargs="+")
    asked = parser.parse_args()
    for text, row in zip(asked.texts, probabilities(asked.texts), strict=True):
        print(f"{CLASSES[int(row.argmax())]}\t{row.max():.4f}\t{text[:60]}")
