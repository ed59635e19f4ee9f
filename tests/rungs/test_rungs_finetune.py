"""Fine-tuning: what is kept and why, contrast on few labels, and a killed run that ends in the same weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Plan
from advisor.core.storage import read_json
from advisor.data.reading import read
from advisor.rungs import contrast, few_labels, registry
from advisor.rungs.comparison import Prior, compare
from advisor.rungs.context import Outcome, RunContext
from advisor.training import few
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from tests.rungs.saved_models import load_predictor

ASKED = {
    "person": [
        "Who wrote {}?",
        "Who was the first to see {}?",
        "Which king owned {}?",
        "What is the author of {} called?",
    ],
    "place": ["Where is {}?", "In which town was {} built?", "What country has {}?", "Where can I find {}?"],
    "number": ["How many people know {}?", "How old is {}?", "What did {} cost?", "In how many days was {} made?"],
}
THINGS = ("the opera", "this bridge", "the old map", "that theatre")


def questions(folder: Path) -> Dataset:
    """Questions by what they ask for: 16 of each kind; the things asked about say nothing."""
    rows = [(form.format(thing), kind) for kind, forms in ASKED.items() for form in forms for thing in THINGS]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "questions.csv", index=False)
    return read(folder / "questions.csv")


def context_of(dataset: Dataset, folder: Path, seconds: float = 300.0, **more: Any) -> RunContext:
    entry = catalog.default(kind_row(dataset.kind).modality)
    plan = Plan(
        run="test", rung="fine-tune", dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
        fingerprint=dataset.fingerprint, kind=dataset.kind, backbone=entry.name, backbone_hash=weights_hash(entry),
        input_size=32, settings=more.pop("settings", {}), budget_seconds=seconds,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    return RunContext(plan, dataset, folder, "cpu", time.monotonic() + seconds, **more)


@given(st.floats(-0.1, 0.1), st.floats(0.01, 0.3), st.floats(0.0, 0.3), st.floats(0.001, 0.3))
def test_the_bar_is_where_the_mean_weighed_by_precision_is_nought(
    gain: float, spread: float, folds: float, error: float
) -> None:
    bar, variance = Prior(gain, spread, folds).bar(error), error**2 + folds**2
    assert bar / variance + gain / spread**2 == pytest.approx(0, abs=1e-6 / variance)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def kill_in(stage: str) -> Callable[..., None]:
    def emit(now: str, share: float, **numbers: Any) -> None:
        if now == stage and numbers.get("step", 0) >= 2:
            raise Killed

    return emit


@pytest.mark.slow
def test_contrast_on_few_labels_is_judged_on_every_item_and_resumes_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrast, "precision_of", lambda *_: "float32")  # else a busy moment may decide otherwise
    dataset = questions(tmp_path)
    pinned: dict[str, Any] = {"settings": {"steps": 4, "learning_rate": 2e-4}}
    whole, parts = context_of(dataset, tmp_path / "whole", **pinned), tmp_path / "parts"
    outcome = registry.execute(whole)
    check_few_labels(whole, outcome)
    with pytest.raises(Killed):
        registry.execute(context_of(dataset, parts, emit=kill_in("Training without fold 2 of 2"), **pinned))
    assert registry.execute(context_of(dataset, parts, **pinned)) == outcome
    expected, found = (load_file(folder / "model.safetensors") for folder in (whole.directory, parts))
    assert expected.keys() == found.keys() and all((expected[name] == found[name]).all() for name in expected)


def check_few_labels(context: RunContext, outcome: Outcome) -> None:
    """Kept, since these classes part at once; every labelled item but the test part's decided."""
    dataset, values = context.dataset, outcome.validation
    assert values["n"] == len(dataset.where("train", "val"))
    assert values["tuned"] >= values["frozen"] and values["value"] == values["tuned"]
    assert read_json(context.directory / "resolved.json")["objective"] == "contrastive"
    assert "held out in 2 folds" in " ".join(outcome.sentences)
    probabilities, _ = load_predictor(context.directory).predict_rows(dataset, dataset.where("test"))
    assert np.mean(probabilities.argmax(1) == dataset.labels[dataset.where("test")]) > 0.5


def test_too_little_time_for_contrast_keeps_the_frozen_model(tmp_path: Path) -> None:
    context = context_of(questions(tmp_path), tmp_path / "run", seconds=4.0)
    outcome = registry.execute(context)
    assert read_json(context.directory / "model.json")["fallback"] == "frozen"
    assert few_labels.NO_TIME in outcome.sentences[0]


def test_many_classes_of_few_labels_are_left_to_the_frozen_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "MOST_CLASSES", 2)
    context = context_of(questions(tmp_path), tmp_path / "run")
    outcome = registry.execute(context)
    assert read_json(context.directory / "model.json")["fallback"] == "frozen"
    assert few_labels.MANY_CLASSES in outcome.sentences[0] and context.seconds_left > 200


def test_the_higher_value_is_kept_and_between_equals_a_clearly_lower_loss(tmp_path: Path) -> None:
    dataset = questions(tmp_path)
    rows = dataset.where("train")
    right = np.eye(3, dtype=np.float32)[dataset.labels[rows]]
    wrong = right.copy()
    wrong[:3] = np.roll(right[:3], 1, axis=1)
    better, worse = compare(dataset, rows, 4 * wrong, 4 * right), compare(dataset, rows, 4 * right, 4 * wrong)
    assert better.kept and not worse.kept
    assert better.gain == pytest.approx(3 / len(rows)) and 0 < better.error < 2 * better.gain
    assert better.values["value"] == better.tuned and worse.values["value"] == worse.frozen
    assert compare(dataset, rows, 2 * right, 4 * right).kept
    assert not compare(dataset, rows, 4 * right, 4 * right).kept
    slightly = 4 * np.concatenate([wrong[:1], right[1:]])
    behind, sure = Prior(gain=0.05, spread=0.02), Prior(gain=0.05, spread=0.2)
    assert compare(dataset, rows, 4 * right, slightly, behind).kept  # one item of so few does not refute 5 points
    assert not compare(dataset, rows, 4 * right, slightly, sure).kept  # what is hardly known of other data says little
    assert not compare(dataset, rows, 4 * right, -4 * right, behind).kept
    assert compare(dataset, rows, 4 * wrong, 4 * right, Prior(gain=-0.5, spread=0.01)).kept  # ahead is ahead
    assert "+" in better.sentence and f"{len(rows)} held-out items" in better.sentence


def test_what_tuning_usually_brings_does_not_count_where_it_gives_up_the_rare_class(tmp_path: Path) -> None:
    rows = [(f"{who} {what} {i}", label) for label, who, n in (("often", "a dog", 80), ("rarely", "a cat", 12))
            for i, what in enumerate([f"saw number {k}" for k in range(n)])]  # fmt: skip
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "uneven.csv", index=False)
    dataset = read(tmp_path / "uneven.csv")
    assert dataset.metric == "balanced accuracy"
    places = dataset.where("train")
    labels = dataset.labels[places]
    truth = np.eye(2, dtype=np.float32)[labels]
    often, rarely = (np.flatnonzero(labels == dataset.classes.index(name)) for name in ("often", "rarely"))

    def missing(*positions: np.ndarray) -> np.ndarray:
        answers = truth.copy()
        answers[np.concatenate(positions)] = 1 - truth[np.concatenate(positions)]
        return 4 * answers

    prior, frozen = Prior(gain=0.5, spread=0.05), missing(often[:8])
    given_up = compare(dataset, places, frozen, missing(rarely[:4]), prior)
    assert given_up.gain < 0 and given_up.for_the_frequent and not given_up.kept
    unlucky = compare(dataset, places, frozen, missing(rarely[:4], often[:8]), prior)
    assert unlucky.gain < given_up.gain and not unlucky.for_the_frequent
    assert unlucky.kept, "fewer are right as well: that may be bad luck with few items, and the prior decides"
