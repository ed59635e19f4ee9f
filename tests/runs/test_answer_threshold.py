"""From which probability on answers may lead: as many right as wrong among those above it, and enough of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.core import storage
from advisor.core.workspace import RunFiles
from advisor.runs import answer_threshold
from advisor.runs.answer_threshold import LEAST_ANSWERS, AnswerThreshold, least


def write(folder: Path, table: pd.DataFrame) -> Path:
    """A run's folder with its answers to test questions."""
    path = RunFiles(folder).predictions
    table.to_parquet(path)
    storage.write_manifest(folder, [path.name])
    return folder


def test_half_of_the_answers_above_the_limit_are_right(tmp_path: Path) -> None:
    sure = np.linspace(0.95, 0.0, 20)
    right = np.arange(20) < 8
    table = pd.DataFrame({"row": np.arange(21), "answer": ["yes"] * 20 + ["not in the documents"],
                          "f1": [*right.astype(float), 1.0], "probability": [*sure, 0.99]})  # fmt: skip
    found = answer_threshold.kept(write(tmp_path, table))
    assert found is not None and (found.n, found.n_right) == (21, 9) and found.least == pytest.approx(sure[15])
    assert found.is_sure(0.9) and not found.is_sure(0.1) and not found.is_sure(None)


def test_a_run_of_a_former_version_has_no_limit(tmp_path: Path) -> None:
    table = pd.DataFrame({"row": np.arange(20), "answer": "yes", "f1": 1.0})
    assert answer_threshold.kept(write(tmp_path, table)) == AnswerThreshold(20, 20, None)
    assert not AnswerThreshold(20, 20, None).is_sure(1.0)


def test_a_run_that_kept_nothing_says_nothing(tmp_path: Path) -> None:
    assert answer_threshold.kept(tmp_path) is None
    assert answer_threshold.kept(write(tmp_path, pd.DataFrame({"row": [0], "truth": [1], "predicted": [1]}))) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40))
def test_what_is_promised_holds(rows: list[tuple[float, bool]]) -> None:
    sure, right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=bool)
    limit = least(sure, right)
    above = [right[sure >= cut] for cut in sure]
    if limit is None:
        assert all(len(own) < LEAST_ANSWERS or own.mean() < 0.5 for own in above)
    else:
        assert len(right[sure >= limit]) >= LEAST_ANSWERS and right[sure >= limit].mean() >= 0.5
