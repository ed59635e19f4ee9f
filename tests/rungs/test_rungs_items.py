"""A run counts the items that pass through its training steps, from which the next advice learns its pace."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.rungs import registry
from advisor.training.few import IMAGE_BATCH, IMAGE_FOLDS
from tests.rungs.test_rungs_line import context_of, digits


@pytest.mark.slow
def test_every_fold_and_the_last_tuning_count_and_a_rung_without_steps_counts_none(tmp_path: Path) -> None:
    dataset = digits(tmp_path)
    steps = 6
    tuned = context_of(dataset, tmp_path / "tuned", "fine-tune", seconds=60.0, settings={"steps": steps})
    registry.execute(tuned)
    # each of three folds takes two thirds of the steps, an epoch's last batch is smaller, and all labels are tuned on
    # where tuning is kept
    folds = IMAGE_FOLDS * steps * 2 // 3 * IMAGE_BATCH
    assert 0.8 * folds <= tuned.items <= folds + steps * IMAGE_BATCH
    frozen = context_of(dataset, tmp_path / "frozen", "frozen")
    registry.execute(frozen)
    assert frozen.items == 0
