"""Few images: every one judges and teaches, the depths are the frozen head's and the last, a kill changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from advisor.core.records import Dataset
from advisor.core.storage import read_json
from advisor.rungs import common, few_images, few_labels, frozen, registry
from advisor.rungs.context import RunContext
from advisor.rungs.saving import save_whole
from advisor.rungs.tuning import Tuning
from advisor.training import few
from probes.heads import softmax
from probes.hooks import LAST
from tests.rungs.saved_models import load_predictor

Run = Callable[..., RunContext]
DEPTHS = ["block 5", "block 6"]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def kill(stage: str, share: float, **numbers: Any) -> None:
    """In the second fold's third step."""
    if stage.startswith("Training without fold 2") and numbers.get("step", 0) >= 3:
        raise Killed


@pytest.mark.slow
def test_every_label_judges_and_teaches_and_a_killed_run_ends_in_the_same_weights(digits: Dataset, run_of: Run) -> None:
    whole = run_of(digits, "fine-tune", 120.0, steps=6, depths=DEPTHS)
    outcome = registry.execute(whole)
    n = len(digits.where("train", "val"))
    resolved, values = read_json(whole.directory / "resolved.json"), outcome.validation
    assert values["n"] == n == resolved["n_train"] and resolved["n_folds"] == few.IMAGE_FOLDS
    assert f"compared on all {n} labelled items, held out in 3 folds" in " ".join(outcome.sentences)
    kept = values["tuned"] - values["frozen"] > few_labels.ELSEWHERE.bar(values["gain_error"])
    kept = kept or values["tuned"] > values["frozen"]
    spec = read_json(whole.directory / "model.json")
    assert resolved["depths"] == [*DEPTHS, LAST]  # above the frozen head's there must be something to tune
    assert spec["weights"] == ("all" if kept else "head") and bool(outcome.dropped) is not kept
    assert (few_labels.KEPT_BEHIND in outcome.sentences) == (kept and values["tuned"] < values["frozen"])
    assert spec["backbone"]["depths"] == (resolved["depths"] if kept else DEPTHS)
    parts = run_of(digits, "fine-tune", 120.0, steps=6, depths=DEPTHS)
    parts.emit = kill
    with pytest.raises(Killed):
        registry.execute(parts)
    again = run_of(digits, "fine-tune", 120.0, steps=6, depths=DEPTHS)
    again.directory, stages = parts.directory, []
    again.emit = lambda stage, share, **numbers: stages.append(stage)
    assert registry.execute(again) == outcome
    assert "Comparing layers" not in stages and "Training without fold 1 of 3" not in stages
    expected, found = (load_file(context.directory / "model.safetensors") for context in (whole, again))
    assert expected.keys() == found.keys() and all((expected[name] == found[name]).all() for name in expected)


@pytest.mark.parametrize("depths", [DEPTHS, [LAST]])
def test_a_tuned_network_on_joined_depths_answers_the_same_after_loading(
    digits: Dataset, run_of: Run, depths: list[str]
) -> None:
    context = run_of(digits, "fine-tune", 120.0, steps=4, depths=depths)
    backbone = common.open_backbone(context)
    fallback = frozen.fit(context, backbone, common.validation_rows(digits), 30.0, (0.0, 0.2))
    rows = digits.where("train", "val")
    resolved = few_images.resolve(context, backbone, fallback, rows)
    start = backbone.module.state_dict()
    before = {name: tensor.clone() for name, tensor in start.items()}
    tuned = few_images.tuned(context, backbone, fallback, resolved, Tuning(rows, np.ones(len(rows), bool), 0, 1))
    assert tuned is not None and all((start[name] == before[name]).all() for name in before)  # a copy was tuned
    save_whole(context, tuned.backbone, tuned.network, resolved)
    assert read_json(context.directory / "model.json")["backbone"]["depths"] == list(dict.fromkeys([*depths, LAST]))
    found, _ = load_predictor(context.directory).predict_rows(digits, rows)
    np.testing.assert_allclose(found, softmax(tuned.logits), atol=1e-4)


def test_too_little_time_for_the_folds_keeps_the_frozen_model(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "fine-tune", 4.0)
    outcome = registry.execute(context)
    assert read_json(context.directory / "model.json")["fallback"] == "frozen"
    assert few_labels.NO_TIME in outcome.sentences[0] and few_labels.NO_TIME in outcome.dropped


def test_more_images_are_judged_on_a_part_put_aside(
    digits: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "FEW_IMAGES", 10)
    context = run_of(digits, "fine-tune", 120.0, steps=6, learning_rate=6e-4, depths=DEPTHS)
    outcome = registry.execute(context)
    assert outcome.validation["n"] == len(digits.where("val"))
    assert read_json(context.directory / "resolved.json")["depths"] == DEPTHS
    load_predictor(context.directory).predict_rows(digits, digits.where("test"))


def test_a_machine_that_becomes_slower_shortens_the_tunings_that_are_left(digits: Dataset, run_of: Run) -> None:
    rows = digits.where("train", "val")
    inside = np.arange(len(rows)) % 3 > 0
    resolved = {"steps": 90, "read_per_second": 1000.0}

    def steps(step_seconds: float | None, index: int, **settings: Any) -> int | None:
        context = run_of(digits, "fine-tune", 120.0, **settings)
        pace = few_labels.Pace(context, resolved)
        pace.took(60, None if step_seconds is None else 60 * step_seconds)
        taken = pace.steps(Tuning(rows, inside if index < 3 else np.ones(len(rows), bool), index, 4))
        assert taken is None or pace.steps(Tuning(rows, inside, index, 4)) == taken, "what is decided is kept"
        return taken

    assert steps(None, 3) == 90 == steps(0.01, 3), "nothing is known, and it is as quick as planned"
    second, last = steps(1.0, 1), steps(2.0, 3)
    assert second is not None and last is not None and 23 <= second < 70 and 23 <= last < 60
    assert steps(60.0, 1) == 23 and steps(60.0, 3) is None, "the last one is not worth it"
    assert steps(60.0, 3, steps=90) == 90, "a plan that fixes the steps repeats to the same number"
    pace = few_labels.Pace(run_of(digits, "fine-tune", 120.0), resolved)
    assert pace.sentences(90) == () and "took 40 steps, to end within 2 min" in pace.sentences(40)[0]
