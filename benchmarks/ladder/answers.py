"""What every rung answered, item by item, as packed numbers: which test items were right, and of what class each is.

With them a later analysis can pair rungs, score another metric and try another rule that keeps or drops what was tuned;
no item can be read from them.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from filelock import FileLock

from advisor.core import storage
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.rungs import few_labels, finetune
from advisor.rungs.comparison import Comparison, compare
from advisor.rungs.saved.loading import Model
from advisor.rungs.saved.predictor import Predictor
from benchmarks.ladder.rows import KEYS, folder, read

#: Who answered: a rung on the test part; the tuned network there, kept or not; both on the held-out items.
TUNED, HELD_FROZEN, HELD_TUNED = "tuned", "held frozen", "held tuned"
COLUMNS = [*KEYS, "who", "n", "right", "classes"]


@dataclass
class Heard:
    """The answers of one run by who gave them: (classes (n,), right (n,) bool)."""

    answers: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    kept: bool | None = None

    def listen(self, who: str, dataset: Dataset, rows: np.ndarray, predicted: np.ndarray) -> None:
        """Keep what was answered for some rows of a dataset with one class an item."""
        if kind_row(dataset.kind).task != "classification":
            return
        truth = dataset.labels[rows]
        self.answers[who] = truth, np.asarray(predicted) == truth

    def rows(self) -> list[dict[str, Any]]:
        """A row of the table for each."""
        return [
            {"who": who, "n": len(right), "right": packed(np.packbits(right)), "classes": packed(truth)}
            for who, (truth, right) in self.answers.items()
        ]


@contextmanager
def comparisons(heard: Heard, keep: bool = False) -> Iterator[None]:
    """Hear what fine-tuning compares on held-out items; with `keep`, the tuned network is kept whatever came out."""

    def told(dataset: Dataset, rows: np.ndarray, frozen: np.ndarray, tuned: np.ndarray, *prior: Any) -> Comparison:
        compared = compare(dataset, rows, frozen, tuned, *prior)
        heard.kept = compared.kept
        heard.listen(HELD_FROZEN, dataset, rows, frozen.argmax(axis=1))
        heard.listen(HELD_TUNED, dataset, rows, tuned.argmax(axis=1))
        return replace(compared, kept=True) if keep else compared

    with patch.object(few_labels, "compare", told), patch.object(finetune, "compare", told):
        yield


def heard_from(model: Model, heard: Heard, who: str, dataset: Dataset) -> Model:
    """The model, whose answers for the test part are kept; a model that answers questions is left as it is."""
    if not isinstance(model, Predictor):
        return model
    answer, tested = model.predict_rows, set(dataset.where("test").tolist())

    def told(asked: Dataset, rows: np.ndarray, *progress: Any) -> tuple[np.ndarray, np.ndarray]:
        probabilities, ok = answer(asked, rows, *progress)
        if set(rows.tolist()) <= tested:
            heard.listen(who, asked, rows[ok], probabilities[ok].argmax(axis=1))
        return probabilities, ok

    object.__setattr__(model, "predict_rows", told)
    return model


def packed(numbers: np.ndarray) -> str:
    """Numbers from 0 to 255 as text.

    >>> unpacked(packed(np.array([1, 0, 200]))).tolist()
    [1, 0, 200]
    """
    return base64.b64encode(zlib.compress(numbers.astype(np.uint8).tobytes(), 9)).decode()


def unpacked(text: str) -> np.ndarray:
    """The numbers that `packed` wrote. Shape: (n,) uint8."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)


def append(place: str, keys: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Add a run's answers to the table; rows of the same task and of who answered are replaced."""
    if not rows:
        return
    path = folder() / f"{place}answers.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        new = pd.DataFrame([{**keys, **row} for row in rows])
        both = pd.concat([read(f"{place}answers"), new], ignore_index=True)
        kept = both[~both.duplicated([*KEYS, "who"], keep="last")].reindex(columns=COLUMNS).astype({"n": int})
        storage.write_bytes(path, kept.to_csv(index=False).encode())


__all__ = ["HELD_FROZEN", "HELD_TUNED", "TUNED", "Heard", "append", "comparisons", "heard_from", "packed", "unpacked"]
