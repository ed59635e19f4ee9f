"""From scratch: word counts beside a network for texts, two networks in a race for images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from advisor.records import Dataset
from advisor.rungs import scratch, scratch_race
from advisor.rungs.context import RunContext
from advisor.rungs.model import load_model
from advisor.storage import read_json
from probes.backbones.small import SMALL, SmallResNet

Run = Callable[..., RunContext]


def test_words_are_saved_and_answer_as_the_fitted_model_does(docstrings: Dataset, run_of: Run) -> None:
    context = run_of(docstrings, "scratch", 30.0, architecture="words")
    outcome = scratch.execute(context)
    spec = read_json(context.directory / "model.json")
    assert (spec["weights"], spec["rung"], spec["backbone"]["name"]) == ("words", "scratch", "words")
    from probes.words import fit_words

    rows = docstrings.where("train", "val")
    texts = docstrings.items["text"].iloc[rows].tolist()
    model = fit_words(texts, docstrings.labels[rows], len(docstrings.classes))
    predictor = load_model(context.directory)
    asked = docstrings.items["text"].iloc[docstrings.where("test")].tolist()
    found, ok = predictor.predict_rows(docstrings, docstrings.where("test"))
    np.testing.assert_array_equal(found.argmax(1), model.logits(asked).argmax(1))
    assert ok.all() and np.allclose(found.sum(1), 1, atol=1e-4)
    assert [answer.label for answer in predictor.predict(asked)] == [docstrings.classes[i] for i in found.argmax(1)]
    assert "nothing in it is pre-trained" in outcome.sentences[0]


def test_words_and_the_transformer_are_compared_on_the_same_items(docstrings: Dataset, run_of: Run) -> None:
    context = run_of(docstrings, "scratch", 14.0)
    outcome = scratch.execute(context)
    values = outcome.validation
    kept = read_json(context.directory / "model.json")["weights"]
    assert kept == ("words" if values["words"] >= values["network"] else "all")
    assert any("counting words reached" in sentence for sentence in outcome.sentences)
    assert load_model(context.directory).classes == docstrings.classes


def test_the_small_network_goes_through_training_and_file(digits: Dataset, run_of: Run) -> None:
    context = run_of(digits, "scratch", 12.0, architecture="small")
    outcome = scratch.execute(context)
    spec = read_json(context.directory / "model.json")
    assert spec["backbone"]["name"] == SMALL.name and spec["weights"] == "all"
    rows = digits.where("val")
    found, _ = load_model(context.directory).predict_rows(digits, rows)
    assert np.mean(found.argmax(1) == digits.labels[rows]) == pytest.approx(outcome.validation["value"])


def test_networks_race_and_the_better_goes_on(digits: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch_race, "LEAST_SECONDS", 0.1)
    context = run_of(digits, "scratch", 20.0)
    racer, seconds, values, told = scratch_race.choose(context, digits.where("val"))
    assert len(values) == 2 and all(0 <= value <= 1 for value in values.values())
    assert values[f"race {racer.title}"] == max(values.values()) and seconds < 20.0
    assert told[0].endswith(f"{racer.title} went on.")


def test_the_small_network_is_small_and_takes_any_size() -> None:
    network = SmallResNet(10).eval()
    assert 0.3e6 < sum(p.numel() for p in network.parameters()) < 1e6
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 96, 96)).shape == network(torch.zeros(2, 3, 40, 56)).shape == (2, 10)
