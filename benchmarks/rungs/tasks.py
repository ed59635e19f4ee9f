"""The tasks: a development set with so many labels per class, read as a user would read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor import api
from advisor.core.records import Dataset, Kind
from advisor.core.workspace import Workspace
from benchmarks.sets import data_folder

SEED = 0


@dataclass(frozen=True)
class Task:
    """A set, its kind, the training labels per class (None: all), and the seconds that a training run may take."""

    dataset: str
    kind: Kind
    per_class: int | None
    budget_seconds: float

    @property
    def name(self) -> str:
        """Such as "trec6, 8 a class"."""
        return self.dataset if self.per_class is None else f"{self.dataset}, {self.per_class} a class"

    def read(self) -> Dataset:
        """The set, its training part cut to so many labels per class."""
        folder = data_folder()
        if self.kind == "image":
            return api.read(folder / "images" / f"{self.dataset}.zip")
        if self.kind == "qa":
            return api.read(folder / "qa" / self.dataset, kind="qa")
        whole = api.read(folder / "text" / self.dataset / "data.csv")
        return whole if self.per_class is None else few(whole, self.per_class)


IMAGES = ("dtd10", "sign_digits", "deeppcb_defects", "wbc")
TEXTS = ("banking77", "trec6", "sst2", "tweet_emotion")
QUESTIONS = ("xquad_en", "pubmedqa", "realtimeqa_2026")

TASKS: tuple[Task, ...] = (
    *(Task(name, "image", None, 180.0) for name in IMAGES),
    *(Task(name, "text", 8, 90.0) for name in TEXTS),
    *(Task(name, "text", 64, 90.0) for name in TEXTS),
    *(Task(name, "text", None, 120.0) for name in TEXTS),
    *(Task(name, "qa", None, 180.0) for name in QUESTIONS),
)


def few(whole: Dataset, per_class: int) -> Dataset:
    """The set with `per_class` training labels of each class (fewer where there are fewer) and its whole test part.

    It is written as a table and read like anybody's, so its validation part is taken from these few labels too.
    """
    rng = np.random.default_rng([SEED, per_class])
    pool, test = whole.where("train", "val"), whole.where("test")
    chosen = np.concatenate(
        [rng.permutation(pool[whole.labels[pool] == label])[:per_class] for label in range(len(whole.classes))]
    )
    rows = np.concatenate([np.sort(chosen), test])
    table = pd.DataFrame(
        {
            "text": whole.items["text"].iloc[rows].to_numpy(),
            "label": [whole.classes[label] for label in whole.labels[rows]],
            "split": ["train"] * len(chosen) + ["test"] * len(test),
        }
    )
    path = Workspace.here().folder / "bench" / f"{whole.name}-{per_class}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    return api.read(path, text_column="text", label_column="label", split_column="split")
