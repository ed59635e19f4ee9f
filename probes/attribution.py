"""What in an item decided: the share of a class that is lost where a part of the item is left out or covered.

Images by occlusion: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
https://arxiv.org/abs/1311.2901, with patches of the picture's mean colour. Texts by leaving out one word after another:
Li, Monroe and Jurafsky, "Understanding Neural Networks through Representation Erasure", 2016,
https://arxiv.org/abs/1612.08220. Both look at the model from outside, so one measure serves every kind of model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

#: Inputs to class probabilities, (n, C).
Probabilities = Callable[[Sequence[Any]], np.ndarray]
#: Rows and columns of cells on a picture; a patch covers `WIDE` of them each way, so that patches overlap.
CELLS, WIDE = 8, 2
#: Words that are left out one by one; in a longer text several neighbours are left out together.
MOST_WORDS = 60
#: A word, or one sign of the scripts that are written without spaces.
WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")


def occlusion(
    picture: np.ndarray, probabilities: Probabilities, label: int, cells: int = CELLS, wide: int = WIDE
) -> np.ndarray:
    """How much of a class' probability each cell of a picture carries, (cells, cells).

    picture: (height, width, channels), at least `cells` pixels each way. A cell's value is the mean drop over the
    patches that cover it; it is negative where covering it helps the class.
    """
    rows, columns = (np.linspace(0, side, cells + 1).astype(int) for side in picture.shape[:2])
    places = [(row, column) for row in range(cells - wide + 1) for column in range(cells - wide + 1)]
    grey = picture.reshape(-1, picture.shape[2]).mean(0).astype(picture.dtype)
    covered = [picture.copy() for _ in places]
    for copy, (row, column) in zip(covered, places, strict=True):
        copy[rows[row] : rows[row + wide], columns[column] : columns[column + wide]] = grey
    drops = _drops(picture, covered, probabilities, label)
    total, n = np.zeros((cells, cells)), np.zeros((cells, cells))
    for drop, (row, column) in zip(drops, places, strict=True):
        total[row : row + wide, column : column + wide] += drop
        n[row : row + wide, column : column + wide] += 1
    return total / n


def pieces_of(text: str, most: int = MOST_WORDS) -> list[tuple[int, int]]:
    """Where the words of a text start and end, in order; more than `most` are joined with their neighbours.

    >>> [("To be, or not"[a:b]) for a, b in pieces_of("To be, or not")]
    ['To', 'be,', 'or', 'not']
    >>> [("To be, or not"[a:b]) for a, b in pieces_of("To be, or not", most=2)]
    ['To be,', 'or not']
    """
    words = [match.span() for match in WORD.finditer(text)]
    together = -(-len(words) // most) or 1
    return [
        (words[start][0], words[min(start + together, len(words)) - 1][1]) for start in range(0, len(words), together)
    ]


def leave_one_out(text: str, pieces: Sequence[tuple[int, int]], probabilities: Probabilities, label: int) -> np.ndarray:
    """How much of a class' probability each piece of a text carries, (n,); zeros where it has no more than one piece.

    A value is negative where leaving the piece out helps the class.
    """
    if len(pieces) < 2:  # without its only word there is nothing to predict
        return np.zeros(len(pieces))
    without = [text[:start] + text[end:] for start, end in pieces]
    return _drops(text, without, probabilities, label)


def _drops(whole: Any, changed: Sequence[Any], probabilities: Probabilities, label: int) -> np.ndarray:
    """What each change takes from the class' probability, (n,). The whole item is asked in the same batch."""
    shares = np.asarray(probabilities([whole, *changed]), dtype=np.float64)[:, label]
    drops: np.ndarray = shares[0] - shares[1:]
    return drops
