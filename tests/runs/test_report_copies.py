"""Test items that stand in training too are counted, and the value without them is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from advisor import api
from advisor.core.records import Dataset, Plan
from advisor.runs.report.copies import copied_rows, copies_apart

WORDS = np.array("amber birch cedar delta ember flint grove haven iris juniper kelp lotus maple north ochre".split())


def texts(folder: Path, n_copied: int) -> Dataset:
    """120 texts of two classes with an official split; so many test texts stand in training word for word."""
    draw = np.random.default_rng(0)
    said = [" ".join(draw.choice(WORDS, 9)) + f" {number}" for number in range(120)]
    said[80 : 80 + n_copied] = said[:n_copied]
    table = pd.DataFrame({"text": said, "label": np.arange(120) % 2, "split": ["train"] * 80 + ["test"] * 40})
    table.to_csv(folder / "texts.csv", index=False)
    return api.read(folder / "texts.csv")


def test_the_value_without_copies_is_said(tmp_path: Path, workspace: Path, plan_of: Callable[..., Plan]) -> None:
    dataset = texts(tmp_path, 12)
    rows = dataset.where("test")
    copied = np.isin(rows, copied_rows(dataset))
    assert copied.sum() == 12
    truth = dataset.labels[rows]
    predicted = np.where(copied, truth, 1 - truth)  # right on copies alone
    (sentence,) = copies_apart(plan_of("frozen"), dataset, rows, truth, predicted)
    assert sentence.startswith("12 of 40 test items are exact or near copies of items in training. On the other 28, ")
    assert "accuracy is 0.0 %" in sentence


def test_without_copies_nothing_is_said(tmp_path: Path, workspace: Path, plan_of: Callable[..., Plan]) -> None:
    dataset = texts(tmp_path, 0)
    rows = dataset.where("test")
    truth = dataset.labels[rows]
    assert copies_apart(plan_of("frozen"), dataset, rows, truth, truth) == ()


def test_where_nearly_all_are_copies_the_value_says_little(
    tmp_path: Path, workspace: Path, plan_of: Callable[..., Plan]
) -> None:
    dataset = texts(tmp_path, 36)
    rows = dataset.where("test")
    (sentence,) = copies_apart(plan_of("frozen"), dataset, rows, dataset.labels[rows], dataset.labels[rows])
    assert sentence.endswith("so the test value says little about new data.")
