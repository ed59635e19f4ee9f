"""Development sets of another kind as texts with labels: people's words, on tasks that nothing was tried on.

None where the sets do not lie beside the checkout (`benchmarks.sets.data_folder`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.ladder.generated_texts import LEAST_OF_SHORT, MOST_CHARACTERS, MOST_STRINGS, written
from benchmarks.sets import data_folder

#: Sentences that name nothing, at most as many as of the most frequent kind of thing.
NOTHING, MOST_NAMING_NOTHING = "nothing", 450


def mentions(folder: Path) -> bool:
    """What kind of thing a post names, of those that name one kind or nothing (WNUT 2017's entities)."""
    found, without = [], 0
    for part in ("train", "dev", "test"):
        for row in rows(data_folder() / "ner" / "wnut17" / f"{part}.jsonl"):
            kinds = {tag[2:] for tag in row["tags"] if tag != "O"}
            without += not kinds
            if len(kinds) == 1 or (not kinds and without <= MOST_NAMING_NOTHING):
                found.append((" ".join(row["tokens"]), next(iter(kinds), NOTHING)))
    return written(folder, found, LEAST_OF_SHORT)


def reviews(folder: Path) -> bool:
    """What a review is of, by its beginning (SubjQA's six domains)."""
    found = list(rows(data_folder() / "qa" / "subjqa" / "docs.jsonl"))
    texts = pd.DataFrame({
        "text": [row["text"][:MOST_CHARACTERS] for row in found],
        "label": [row["doc_id"].partition("-")[0] for row in found],
    })  # fmt: skip
    kept = texts.iloc[np.random.default_rng(0).permutation(len(texts))].groupby("label").head(MOST_STRINGS)
    return written(folder, list(kept.itertuples(index=False, name=None)))


def abstracts(folder: Path) -> bool:
    """Whether an abstract answers its question with yes, no or maybe (PubMedQA)."""
    path = data_folder() / "qa" / "pubmedqa" / "data.csv"
    if not path.is_file():
        return False
    table = pd.read_csv(path)
    return written(folder, list(table[["text", "label"]].itertuples(index=False, name=None)))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; nothing where there is none."""
    if path.is_file():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


MAKERS: dict[str, Callable[[Path], bool]] = {"mentions": mentions, "reviews": reviews, "abstracts": abstracts}
