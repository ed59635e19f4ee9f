"""What a run has finished outlives a kill: the frozen fit, the race, the choice of a network, a text's word counts."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from advisor.core.errors import StorageError
from advisor.core.records import Dataset
from advisor.core.storage import read_json
from advisor.rungs import (
    common,
    finetune,
    frozen,
    frozen_stage,
    registry,
    scratch,
    scratch_race,
    stages,
)
from advisor.rungs.context import RunContext
from advisor.training import checkpoints, few, search
from tests.rungs.saved_models import load_predictor

Run = Callable[..., RunContext]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def kill_in(stage: str) -> Callable[..., None]:
    def emit(now: str, share: float, **numbers: Any) -> None:
        if now == stage:
            raise Killed

    return emit


def late(context: RunContext, seconds: float) -> RunContext:
    """The same run taken up again, so many seconds before its end."""
    return dataclasses.replace(context, deadline=time.monotonic() + seconds)


def stages_of(context: RunContext) -> list[str]:
    """What the run will have done, in order."""
    seen: list[str] = []
    context.emit = lambda stage, share, **numbers: seen.append(stage)
    return seen


def test_values_and_tensors_come_back_and_go_with_the_checkpoint(digits: Dataset, run_of: Run) -> None:
    context, calls = run_of(digits, "fine-tune", 9.0), []
    context.kept = lambda: calls.append(1)
    assert not stages.has(context, "one") and stages.kept(context, "one") is None
    tensors = {"a": torch.rand(3, 2), "empty": torch.zeros(0, 4)}
    stages.keep(context, "one", {"n": 3, "told": ["so"]}, tensors)
    stages.keep(context, "two", {})
    found, other = stages.kept(context, "one"), stages.kept(context, "two")
    assert found is not None and other is not None and calls == [1, 1]
    assert found.values == {"n": 3, "told": ["so"]} and (other.values, other.tensors) == ({}, {})
    assert found.tensors.keys() == tensors.keys() and all(torch.equal(found.tensors[k], tensors[k]) for k in tensors)
    checkpoints.clear(context.directory / "checkpoint")
    assert not stages.has(context, "one") and stages.kept(context, "two") is None


def test_a_damaged_stage_is_not_taken_for_whole(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "fine-tune", 9.0)
    stages.keep(context, "one", {}, {"a": torch.rand(30)})
    (path,) = (context.directory / "checkpoint").rglob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(StorageError, match="damaged"):
        stages.kept(context, "one")


def test_a_frozen_fit_is_the_same_at_the_end_of_the_time(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "fine-tune", 60.0)
    backbone, rows = common.open_backbone(context), common.validation_rows(digits)
    fitted = frozen_stage.fit(context, backbone, rows, 30.0, (0.0, 0.2))
    assert len(fitted.choice.tried) > 1  # depths were compared, for which there is no time later
    again = frozen_stage.fit(late(context, 0.5), backbone, rows, 0.2, (0.0, 0.2))
    for one, other in ((fitted.train, again.train), (fitted.val, again.val)):
        assert np.array_equal(one.rows, other.rows) and np.array_equal(one.array, other.array)
        assert one.n_asked == other.n_asked
    assert dataclasses.replace(again.choice, predicted=None) == dataclasses.replace(fitted.choice, predicted=None)
    assert (again.value, again.calibration, again.sentences) == (fitted.value, fitted.calibration, fitted.sentences)
    logits = frozen.logits(context, dataclasses.replace(fitted, val_logits=None))  # as an older version has it
    assert np.array_equal(frozen.logits(context, again), logits)


def test_a_run_that_is_killed_in_its_tuning_has_the_frozen_model(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "fine-tune", 120.0, steps=12, depths=["last features"])
    context.emit = kill_in("Training without fold 1 of 3")
    with pytest.raises(Killed):
        registry.execute(context)
    assert read_json(context.directory / "model.json")["fallback"] == "frozen"
    assert load_predictor(context.directory).predict_proba(list(digits.items["path"][:2])).shape == (2, 3)


def test_a_frozen_head_on_more_items_is_not_given_up_for_one_on_fewer(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "fine-tune", 60.0, depths=["last features"])
    backbone, rows = common.open_backbone(context), common.validation_rows(digits)
    fitted = frozen_stage.fit(context, backbone, rows, 30.0, (0.0, 0.2))
    more = dataclasses.replace(fitted.train, rows=np.tile(fitted.train.rows, 2))
    richer = dataclasses.replace(fitted, train=more)
    assert finetune.with_the_rest(context, backbone, richer) is richer
    assert finetune.with_the_rest(context, backbone, dataclasses.replace(fitted, value=0.0)) is not fitted
    better = dataclasses.replace(fitted, value=1.1)
    assert finetune.with_the_rest(context, backbone, better) is better, "layers may be chosen worse with little time"


@pytest.mark.slow
def test_a_race_that_was_won_is_not_run_again(digits: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few, "FEW_IMAGES", 10)  # the usual way, against a validation part
    monkeypatch.setattr(search, "ROUND_STEPS", 1)
    context = run_of(digits, "fine-tune", 120.0, steps=3, depths=["last features"])
    context.emit = kill_in("Training")  # its first number comes before its first checkpoint
    with pytest.raises(Killed):
        registry.execute(context)
    resolved = read_json(context.directory / "resolved.json")
    assert resolved["race"] and not (context.directory / "checkpoint" / "state.json").is_file()
    again = late(context, 90.0)
    seen = stages_of(again)
    outcome = registry.execute(again)
    assert not [stage for stage in seen if stage.startswith(("Race", "Comparing layers"))] and "Training" in seen
    written = read_json(context.directory / "resolved.json")
    assert {**written, **resolved} == written, "of a run that went back it also describes the frozen model"
    assert any("the winner of a short race" in sentence for sentence in outcome.sentences)


@pytest.mark.slow
def test_a_network_is_chosen_once(digits: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch_race, "LEAST_SECONDS", 0.1)
    context = run_of(digits, "scratch", 20.0)
    context.emit = kill_in("Training")
    with pytest.raises(Killed):
        registry.execute(context)
    resolved = read_json(context.directory / "resolved.json")
    again = late(context, 10.0)
    seen = stages_of(again)
    outcome = registry.execute(again)
    assert not [stage for stage in seen if stage.startswith("Racing")] and "Training" in seen
    assert read_json(context.directory / "resolved.json") == resolved
    assert any("Networks raced" in sentence for sentence in outcome.sentences)


@pytest.mark.slow
def test_a_network_whose_training_had_begun_is_not_dropped_for_lack_of_time(
    docstrings: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "LEAST_TEXTS", 10)
    context = run_of(docstrings, "scratch", 30.0, steps=2, learning_rate=1e-4)
    context.emit = kill_in("Training")
    with pytest.raises(Killed):
        registry.execute(context)
    again = late(context, 1.0)
    seen = stages_of(again)
    outcome = registry.execute(again)
    assert "Training" in seen and "network" in outcome.validation
    fresh = registry.execute(run_of(docstrings, "scratch", 1.0, steps=2, learning_rate=1e-4))
    assert "network" not in fresh.validation
