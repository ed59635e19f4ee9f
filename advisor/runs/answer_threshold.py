"""From which probability on a model's answers to questions can be shown before the passage they were read in.

A small reader gives a fluent wrong answer over a right passage. Its probability says something, but not the same for
every model and every set of documents: so the limit is the least probability from which on at least half of the run's
own answers to test questions were right. The test value is reported before and does not change by it. SmolLM2-135M
on the handbook never comes that far (11 of 100 answers are right; of its ten surest, four).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from advisor.core import storage
from advisor.core.errors import PeopleError
from advisor.core.workspace import RunFiles
from probes.failures import RIGHT_F1
from probes.reading import says_nothing

#: At least so many answers must lie above the limit: among fewer, half of them are soon right by luck.
LEAST_ANSWERS = 10
SHARE = 0.5


@dataclass(frozen=True)
class AnswerThreshold:
    """How many of ``n`` test questions were answered right, refusals too, and from which probability on half are.

    ``least``: over what was answered; None where there is none, or where the run kept no probabilities.
    """

    n: int
    n_right: int
    least: float | None = None

    def is_sure(self, probability: float | None) -> bool:
        """Whether an answer of this probability may lead."""
        return self.least is not None and probability is not None and probability >= self.least


def kept(folder: Path) -> AnswerThreshold | None:
    """What a run's answers to test questions say; None where it kept none."""
    path = RunFiles(folder).predictions
    try:
        storage.check_manifest(folder, path.name)
        table = pd.read_parquet(path) if path.is_file() else None
    except (PeopleError, OSError, ValueError):
        return None
    if table is None or "f1" not in table:
        return None
    right = (table["f1"] >= RIGHT_F1).to_numpy()
    sure = table["probability"].to_numpy(dtype=float) if "probability" in table else np.full(len(right), np.nan)
    answered = np.array([not says_nothing(answer) for answer in table["answer"].astype(str)], dtype=bool)
    return AnswerThreshold(len(right), int(right.sum()), least(sure[answered], right[answered]))


def least(probabilities: np.ndarray, right: np.ndarray) -> float | None:
    """The least probability from which on half of at least ten answers are right. Shape: (n,) and (n,) bool.

    >>> sure = np.arange(1, 21) / 20
    >>> least(sure, sure > 0.7), least(sure, sure > 0.9), least(sure[:5], sure[:5] > 0)
    (0.45, None, None)
    """
    known = ~np.isnan(probabilities)
    order = np.argsort(-probabilities[known], kind="stable")
    sure, good = probabilities[known][order], np.cumsum(right[known][order])
    n = np.arange(1, len(sure) + 1)
    last_of_equal = np.append(sure[1:] != sure[:-1], True) if len(sure) else np.zeros(0, dtype=bool)
    fits = np.flatnonzero(last_of_equal & (n >= LEAST_ANSWERS) & (good >= SHARE * n))
    return float(sure[fits[-1]]) if len(fits) else None
