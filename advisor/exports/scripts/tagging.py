"""The spans in a sentence, by the model in model.onnx."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime
from cuts import cuts
from sequences import best, log_sum, probabilities_of
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "tags.json").read_text("utf-8"))
TAGS: list[str] = HOW["tags"]
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.no_truncation()
session = cache(lambda: onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"]))


def scores(words: list[str]) -> np.ndarray:
    """The scores of each word's tags, (words, T): the mean over its pieces, as logs of probabilities."""
    room = HOW["max_tokens"] - len(HOW["first"]) - len(HOW["last"])
    encoded = TOKENIZER.encode(
        [word[: HOW["most_characters"]] for word in words], is_pretokenized=True, add_special_tokens=False
    )
    pieces: list[list[int]] = [[] for _ in words]
    for piece, word in zip(encoded.ids, encoded.word_ids, strict=True):
        if word is not None and len(pieces[word]) < room:
            pieces[word].append(piece)
    rows = np.zeros((len(words), len(TAGS)))
    for start, end, (first, last) in cuts([len(piece) for piece in pieces], room):
        ids = [*HOW["first"], *(one for word in pieces[start:end] for one in word), *HOW["last"]]
        owner = [-1] * len(HOW["first"]) + [place for place in range(start, end) for _ in pieces[place]]
        arrays = {"input_ids": np.array([ids], np.int64), "attention_mask": np.ones((1, len(ids)), np.int64)}
        given = session().run(None, arrays)[0][0]
        for word in range(first, last):
            own = [at for at, place in enumerate(owner) if place == word]
            rows[word] = given[own].mean(axis=0) if own else 0.0
    logs: np.ndarray = rows - log_sum(rows, 1)[:, None]
    return logs


def mark(words: list[str]) -> list[tuple[int, int, str, float]]:
    """(first word, word after the last, type, probability) of each span in a sentence that is words already."""
    if not words:
        return []
    rows = scores(words)
    tags, sure = best(rows), probabilities_of(rows)
    spans: list[tuple[int, int, str, float]] = []
    for place, tag in enumerate(tags):
        name, least = TAGS[tag], float(sure[place, tag])
        if name.startswith("B-"):
            spans.append((place, place + 1, name[2:], least))
        elif name.startswith("I-") and spans and spans[-1][1] == place:
            start, _, kind, before = spans[-1]
            spans[-1] = (start, place + 1, kind, min(before, least))
    return spans
