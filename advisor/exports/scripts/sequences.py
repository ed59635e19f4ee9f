"""The best tags of a sentence by Viterbi's algorithm, and how sure each is by the forward-backward algorithm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

HOW = json.loads((Path(__file__).resolve().parent / "tags.json").read_text("utf-8"))
START, MATRIX = np.array(HOW["start"]), np.array(HOW["matrix"])


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


def log_sum(values: np.ndarray, axis: int) -> np.ndarray:
    """Log of the sum of exponentials along an axis."""
    most = values.max(axis=axis, keepdims=True)
    total: np.ndarray = np.log(np.exp(values - most).sum(axis=axis)) + most.squeeze(axis)
    return total
