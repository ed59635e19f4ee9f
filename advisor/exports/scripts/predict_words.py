"""Label texts by their words: `python predict.py "a text" "another"`, or `from predict import probabilities`.

Needs onnxruntime and numpy, and the files beside it. Terms are counted here, as scikit-learn counts them; the model
does the rest.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent
CLASSES: list[str] = json.loads((HERE / "classes.json").read_text("utf-8"))
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
#: The terms of each part, words first, then pieces of words where the model uses them.
VOCABULARY: list[list[str]] = json.loads((HERE / "vocabulary.json").read_text("utf-8"))
BATCH = 32


@cache
def places() -> list[dict[str, int]]:
    """The column of each term, by part."""
    starts = np.cumsum([0, *map(len, VOCABULARY)]).tolist()
    return [{term: start + i for i, term in enumerate(terms)} for start, terms in zip(starts, VOCABULARY, strict=False)]


@cache
def session(model: str = "model.onnx") -> Any:
    """The model, loaded once."""
    return onnxruntime.InferenceSession(str(HERE / model), providers=["CPUExecutionProvider"])


def probabilities(items: Sequence[str], model: str = "model.onnx") -> np.ndarray:
    """Class probabilities, (n, C), of texts."""
    parts = [np.zeros((0, len(CLASSES)), np.float32)]
    for start in range(0, len(items), BATCH):
        some = items[start : start + BATCH]
        counts = np.zeros((len(some), sum(map(len, VOCABULARY))), np.float32)
        for row, text in enumerate(some):
            for part, terms in zip(places(), (words, pieces), strict=False):
                for term in terms(text[: HOW["max_characters"]].lower()):
                    if (place := part.get(term)) is not None:
                        counts[row, place] += 1
        parts += session(model).run(None, {"counts": counts})
    return np.concatenate(parts)


def words(text: str) -> Iterator[str]:
    """Words, and pairs of neighbouring words."""
    single = re.findall(r"\b\w+\b", text)
    yield from single
    yield from map(" ".join, pairwise(single))


def pieces(text: str) -> Iterator[str]:
    """Three to five characters in a row, inside a word with a space at either end."""
    for word in (f" {word} " for word in text.split()):
        for size in (3, 4, 5):
            yield word[:size]
            yield from (word[i : i + size] for i in range(1, len(word) - size + 1))
            if len(word) <= size:
                break


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
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--model", default="model.onnx")
    asked = parser.parse_args()
    for text, row in zip(asked.texts, probabilities(asked.texts, asked.model), strict=True):
        print(f"{text[:60]}\t{said(row)}")
