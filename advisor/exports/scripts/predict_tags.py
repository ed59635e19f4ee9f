"""Mark words: `python predict.py SENTENCE ...`. The best tags of a sentence are found by Viterbi's algorithm."""

import argparse
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: else it reports its use to its maker
import onnxruntime
from cuts import cuts
from tokenizers import Tokenizer
from words import words_in

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "tags.json").read_text("utf-8")) | {"reads": "texts"}
TAGS: list[str] = HOW["tags"]
START, MATRIX = np.array(HOW["start"]), np.array(HOW["matrix"])
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


def log_sum(values: np.ndarray, axis: int) -> np.ndarray:
    """Log of the sum of exponentials along an axis."""
    most = values.max(axis=axis, keepdims=True)
    total: np.ndarray = np.log(np.exp(values - most).sum(axis=axis)) + most.squeeze(axis)
    return total


def best(rows: np.ndarray) -> np.ndarray:
    """The tag sequence with the highest sum of scores, (words,)."""
    paths, back = START + rows[0], np.zeros(rows.shape, np.int64)
    for place in range(1, len(rows)):
        step = paths[:, None] + MATRIX
        back[place], paths = step.argmax(axis=0), step.max(axis=0) + rows[place]
    tags = [int(paths.argmax())]
    for place in range(len(rows) - 1, 0, -1):
        tags.append(int(back[place, tags[-1]]))
    return np.array(tags[::-1])


def probabilities_of(rows: np.ndarray) -> np.ndarray:
    """P(tag of a word | sentence) by the forward-backward algorithm, (words, T)."""
    ahead, behind = np.zeros_like(rows), np.zeros_like(rows)
    ahead[0] = START + rows[0]
    for place in range(1, len(rows)):
        ahead[place] = log_sum(ahead[place - 1][:, None] + MATRIX, 0) + rows[place]
    for place in range(len(rows) - 2, -1, -1):
        behind[place] = log_sum(MATRIX + (behind[place + 1] + rows[place + 1]), 1)
    both = ahead + behind
    shares: np.ndarray = np.exp(both - log_sum(both, 1)[:, None])
    return shares


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


def answer(text: str) -> dict[str, Any]:
    """The spans in a text, by their characters."""
    words = words_in(text)
    return {
        "spans": [
            {"start": words[a].start, "end": words[b - 1].end, "type": kind,
             "text": text[words[a].start : words[b - 1].end], "probability": least}
            for a, b, kind, least in mark([word.text for word in words])
        ]
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="+", metavar="SENTENCE")
    for item in parser.parse_args().items:
        print(item, json.dumps(answer(item), ensure_ascii=False), sep="\t")
