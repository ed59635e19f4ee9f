"""What a run of several fits says of itself while it trains: which fit it is in, and one time left for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from advisor.core.records import Dataset
from advisor.rungs import registry
from advisor.rungs.context import RunContext
from advisor.rungs.trained import of_run
from advisor.rungs.tuning import Tuning
from probes.hooks import LAST

Run = Callable[..., RunContext]


def reports(context: RunContext) -> list[dict[str, Any]]:
    """Every line of numbers that the fits of a run wrote."""
    lines: list[dict[str, Any]] = []
    context.emit = lambda stage, share, **numbers: lines.append({"stage": stage, **numbers})
    registry.execute(context)
    return [line for line in lines if "step" in line]


@pytest.mark.slow
def test_tunings_of_texts_have_names_and_their_losses_are_no_metric(docstrings: Dataset, run_of: Run) -> None:
    lines = reports(run_of(docstrings, "fine-tune", 240.0, steps=3))
    assert {line["fit"] for line in lines} >= {"fold 1", "fold 2"}
    assert all(0 <= line["val_value"] <= 1 for line in lines if "val_value" in line)
    assert all("seconds" not in line for line in lines)  # the run's own are stamped, not the fit's


def test_each_fold_is_judged_once_on_what_it_has_not_seen(digits: Dataset, run_of: Run) -> None:
    lines = reports(run_of(digits, "fine-tune", 240.0, steps=3, depths=[LAST]))
    folds = ["fold 1", "fold 2", "fold 3"]
    assert {line["fit"] for line in lines} >= set(folds)
    judged = [line for line in lines if "val_value" in line]
    assert [line["fit"] for line in judged] == folds
    assert all(0 <= line["val_value"] <= 1 for line in judged)
    assert not any("val_loss" in line for line in lines), "those are of items that a tuning learns from as well"


@pytest.mark.parametrize("n_folds", [2, 3])
def test_the_time_left_of_a_fold_holds_the_fits_that_follow(n_folds: int) -> None:
    rows, fold = np.arange(60), np.arange(60) % n_folds
    tunings = [Tuning(rows, fold != index, index, n_folds + 1) for index in range(n_folds)]
    tunings.append(Tuning(rows, np.ones(60, bool), n_folds, n_folds + 1))
    whole = 30.0  # seconds of the tuning on all items; the others learn from fewer
    lengths = [whole * tuning.inside.mean() for tuning in tunings]
    for index, tuning in enumerate(tunings):
        numbers = {"step": 0, "seconds": 0.0, "eta_seconds": lengths[index]}
        left = of_run(numbers, tuning.fits_after, 7.0)["eta_seconds"]
        assert left == pytest.approx(sum(lengths[index:]) + 7.0, abs=0.1)
