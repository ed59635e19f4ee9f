"""The labelled examples that are nearest to a text, by their vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from encoder import vectors
from language import HOW

HERE = Path(__file__).resolve().parent
#: (text, class) of each labelled example, and their vectors.
EXAMPLES: list[tuple[str, int]] = [
    (text, label) for text, label in json.loads((HERE / "examples.json").read_text("utf-8"))
]
VECTORS = np.load(HERE / "vectors.npy", allow_pickle=False)


def nearest(text: str) -> tuple[list[tuple[str, int]], list[int]]:
    """The nearest examples, the nearest last, and the classes to choose from: all, or where they are many, theirs."""
    order = np.argsort(-(VECTORS @ vectors([text])[0]), kind="stable")[: HOW["nearest_asked"]]
    near = [EXAMPLES[i] for i in order]
    classes = list(dict.fromkeys(label for _, label in near))[: HOW["classes_asked"]]
    few = len(HOW["labels"]) <= HOW["classes_asked"]
    return near[: HOW["nearest"]][::-1], list(range(len(HOW["labels"]))) if few else classes
