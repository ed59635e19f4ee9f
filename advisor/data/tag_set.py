"""A "tags" dataset's sentences as the measures see them."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pandas as pd

from advisor.core.records import Dataset
from probes.tagging.head import Sample
from probes.tagging.schemes import spans_of, tag_names

#: The part of a table that this module reads.
COLUMNS = ("words", "tags")


def types_in(items: pd.DataFrame) -> dict[str, int]:
    """The spans of each type in a table of items, the commonest first."""
    names = [span.type for tags in items["tags"] for span in spans_of(json.loads(tags))]
    return {str(name): int(n) for name, n in pd.Series(names, dtype=object).value_counts().items()}


@lru_cache(maxsize=8)
def _types(fingerprint: str, folder: str) -> tuple[str, ...]:
    """The types that can be learned: of the training and validation part, by name."""
    from advisor.data.store import open_dataset

    dataset = open_dataset(fingerprint)
    return tuple(sorted(types_in(dataset.items[dataset.items["part"].isin(["train", "val"])])))


def types_of(dataset: Dataset) -> tuple[str, ...]:
    """The types of spans that a model of this dataset can give, in the order of their names."""
    return _types(dataset.fingerprint, dataset.folder)


def sentences_of(dataset: Dataset, rows: np.ndarray, groups: np.ndarray | None = None) -> Sample:
    """The sentences of some rows, in their order. groups: (n,) what belongs together, each row by itself without it.

    A span of a type that no training sentence has keeps its type: a model cannot find it, and that counts.
    """
    items = dataset.items.iloc[rows]
    known = tag_names(types_of(dataset))
    tags = [json.loads(cell) for cell in items["tags"]]
    others = sorted({span.type for own in tags for span in spans_of(own)} - set(types_of(dataset)))
    names = (*known, *(tag for tag in tag_names(others) if tag not in known))
    place = {name: at for at, name in enumerate(names)}
    return Sample(
        [json.loads(cell) for cell in items["words"]],
        [np.array([place[tag] for tag in own], dtype=np.int64) for own in tags],
        names,
        np.arange(len(rows)) if groups is None else groups,
    )
