"""The reader marks the answer in the passages: reader.onnx gives each token a score as its start and as its end.

It is told how often words of the question stand near each token, too, and the look of the token.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "reader.json").read_text("utf-8"))
TOKENIZER = Tokenizer.from_file(str(HERE / "encoder-tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.enable_truncation(HOW["max_tokens"])  # the longer of question and passage is cut
SESSION = onnxruntime.InferenceSession(HERE / "reader.onnx", providers=["CPUExecutionProvider"])


def read(question: str, passages: list[str]) -> tuple[str, float | None, int]:
    """The surest mark of all passages, "" for none; its probability, and the number of its passage."""
    marks = [mark(question, passage) for passage in passages]
    first = max(range(len(marks)), key=lambda i: marks[i][1])
    text, score = marks[first]
    return text, float(1 / (1 + np.exp(-np.clip(score, -50, 50)))), first


def mark(question: str, passage: str) -> tuple[str, float]:
    """The best span of a passage, and its score over "no answer"."""
    tokens = TOKENIZER.encode(question[:1000], passage)
    own = np.array([part == 1 for part in tokens.sequence_ids])
    spans = np.array(tokens.offsets)[own]
    if not len(spans):
        return "", -np.inf
    counts = np.zeros((1, len(own), HOW["n_counts"]), np.float32)
    counts[0, own] = word_counts(question, passage, spans)
    seen = {"input_ids": tokens.ids, "attention_mask": tokens.attention_mask, "token_type_ids": tokens.type_ids}
    inputs = {name: np.array([value], np.int64) for name, value in seen.items()}
    starts, ends = SESSION.run(None, {**inputs, "counts": counts})[0][0, own].T
    length = np.arange(len(spans))[None] - np.arange(len(spans))[:, None]
    sums = np.where((length >= 0) & (length < HOW["most_tokens"]), starts[:, None] + ends[None], -np.inf)
    first, last = divmod(int(sums.argmax()), len(spans))
    return passage[spans[first, 0] : spans[last, 1]], float(sums[first, last] - HOW["nothing"])


def word_counts(question: str, passage: str, spans: np.ndarray) -> np.ndarray:
    """Per token: in the question, question words around it, its capital and digit, and both by what is asked."""
    asked = {stem(word) for word in re.findall(r"\w+", question.lower()) if len(word) > 3 or word.isdigit()}
    words = [(match.start(), match.end(), stem(match[0].lower())) for match in re.finditer(r"\w+", passage)]
    n_of = Counter(word for _, _, word in words)
    weight = np.zeros(len(passage) + 1)
    for start, end, word in words:
        if word in asked:
            weight[start:end] = 1 / n_of[word]
    at = weight[np.minimum(spans[:, 0], len(passage))]
    sums, place = np.concatenate([[0.0], np.cumsum(at)]), np.arange(len(at))
    near = [sums[np.minimum(place + w + 1, len(at))] - sums[np.maximum(place - w, 0)] for w in HOW["windows"]]
    shown = [passage[start:end].strip() for start, end in spans]
    looks = np.array([[word[:1].isupper(), any(sign.isdigit() for sign in word)] for word in shown], dtype=float)
    crossed = [looks * (ask in question.lower()) for ask in HOW["asks"]]
    return np.column_stack([at > 0, *(np.log1p(one) for one in near), looks, *crossed]).astype(np.float32)


def stem(word: str) -> str:
    """A word roughly without its ending."""
    return word[: max(4, len(word) - 3)] if len(word) > 5 else word
