"""The frozen rung: joined depths, calibrated probabilities, several backbones, and models of before."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from advisor.core.errors import DatasetError, RunError
from advisor.core.records import Dataset
from advisor.core.storage import read_json, write_json
from advisor.rungs import common, frozen
from advisor.rungs.comparison import Comparison
from advisor.rungs.context import RunContext
from advisor.rungs.frozen_choice import Choice
from advisor.rungs.saved.inputs import open_input
from advisor.runs.report.report import report
from advisor.ui import how_trained
from probes import forward
from probes.engines import opened
from probes.heads import Recipe, softmax
from probes.hooks import LAST
from tests.rungs.saved_models import load_predictor

GOLDEN = Path(__file__).parent / "golden" / "frozen-text-1"


Run = Callable[..., RunContext]


def test_an_engine_gives_many_texts_the_same_answers(
    docstrings: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = run_of(docstrings, "frozen", 60.0)
    frozen.execute(context)
    rows, predictor = docstrings.where("train", "val"), load_predictor(context.directory)
    opened.close()
    for threshold in ("TO_OPEN", "TO_TRANSLATE"):
        monkeypatch.setattr(forward, threshold, float("inf"))
    exact, _ = predictor.predict_rows(docstrings, rows)
    predictor.stay()
    quick, _ = predictor.predict_rows(docstrings, rows)
    assert np.mean(exact.argmax(1) == quick.argmax(1)) > 0.98
    np.testing.assert_allclose(quick, exact, atol=0.05)


def test_a_head_on_joined_depths_predicts_the_same_after_loading(docstrings: Dataset, run_of: Run) -> None:
    context = run_of(docstrings, "frozen", 60.0, depths=["layer 4", LAST])
    outcome = frozen.execute(context)
    spec = read_json(context.directory / "model.json")
    assert spec["backbone"]["depths"] == ["layer 4", LAST]
    fitted = frozen.fit(context, common.open_backbone(context), docstrings.where("val"), 30.0, (0.0, 0.9))
    both = common.joined(fitted.train, fitted.val)
    assert both.array.shape[1] == fitted.train.array.shape[1] == 2 * 384
    head = common.fit_linear(docstrings, both, fitted.choice.recipe)
    expected = softmax(head.logits(both.array) / fitted.choice.temperature)
    found, ok = load_predictor(context.directory).predict_rows(docstrings, both.rows)
    assert ok.all()
    np.testing.assert_allclose(found, expected, atol=2e-3)  # extraction may run in a lower precision than prediction
    assert outcome.validation["value"] == pytest.approx(fitted.value)


def test_a_report_says_at_once_that_there_was_no_time_for_every_item(
    docstrings: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "CHUNK_ITEMS", 30)
    context = run_of(docstrings, "frozen", 60.0)
    context.deadline = time.monotonic()  # the time is up: one chunk is read in any case
    outcome = frozen.execute(context)
    n = read_json(context.directory / "resolved.json")["n_train"]
    whole = len(docstrings.where("train"))
    assert n < whole and f"allowed {n:,} of {whole:,} training items" in outcome.partial
    made = report(context.plan, docstrings, load_predictor(context.directory), context.directory, outcome, 1.0)
    assert made.partial == outcome.partial in how_trained.open_sentences(made)
    complete = frozen.execute(run_of(docstrings, "frozen", 60.0))
    assert complete.partial == ""


def test_depths_are_compared_and_the_report_says_so(
    docstrings: Dataset, run_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probes.joined.LEAST_ITEMS", 0)  # the set is small, so that the test is quick
    context = run_of(docstrings, "frozen", 60.0)
    outcome = frozen.execute(context)
    resolved = read_json(context.directory / "resolved.json")
    tried = {tuple(depths): value for depths, value in resolved["tried"]}
    assert (LAST,) in tried and len(tried) > 2
    chosen = tuple(resolved["depths"])
    assert chosen in tried
    assert any("cross-validated" in sentence for sentence in outcome.sentences)
    pinned = run_of(docstrings, "frozen", 60.0, depths=resolved["depths"])
    frozen.execute(pinned)
    again = read_json(pinned.directory / "resolved.json")
    assert (again["depths"], again["penalty"]) == (resolved["depths"], resolved["penalty"])


def test_a_depth_that_is_not_there_is_named_with_those_that_are(docstrings: Dataset, run_of: Run) -> None:
    from probes.errors import BackboneError

    context = run_of(docstrings, "frozen", 60.0)
    frozen.execute(context)
    spec = read_json(context.directory / "model.json")
    spec["backbone"]["depths"] = ["layer 99"]
    write_json(context.directory / "model.json", spec)
    with pytest.raises(BackboneError, match=r"'layer 99'.*layer 5"):
        load_predictor(context.directory)


def test_a_plan_with_a_strange_depth_is_refused_before_anything_is_trained(docstrings: Dataset, run_of: Run) -> None:
    with pytest.raises(RunError, match=r"layer 99.*It has embeddings, layer 1"):
        frozen.execute(run_of(docstrings, "frozen", 60.0, depths=["layer 99", LAST]))


def test_a_model_of_the_first_schema_answers_as_it_did() -> None:
    """Written by the program before depths and temperatures; its probabilities were noted then."""
    predictor = load_predictor(GOLDEN)
    found = predictor.predict_proba(["The goalkeeper saved the penalty", "Fry the onions in butter"])
    assert predictor.classes == ("cooking", "sport")
    np.testing.assert_allclose(found, [[0.016445, 0.983555], [0.954373, 0.045627]], atol=2e-3)


@pytest.mark.parametrize("inputs", [5, None, [None], [Path("tea.txt")]])
def test_a_model_of_texts_names_an_input_that_is_no_text(inputs: Any) -> None:
    with pytest.raises(DatasetError, match=r"5|None|tea\.txt"):
        load_predictor(GOLDEN).predict(inputs)


@pytest.mark.parametrize("item", [None, 5])
def test_a_model_of_images_names_an_input_that_is_no_image(item: Any) -> None:
    with pytest.raises(DatasetError, match=f"{item} is not an image"):
        open_input(item, 32)


def test_a_temperature_in_the_file_changes_probabilities_and_no_label(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(GOLDEN, tmp_path / "run")
    spec = read_json(tmp_path / "run" / "model.json")
    write_json(tmp_path / "run" / "model.json", {**spec, "head": {**spec["head"], "temperature": 2.0}})
    texts = ["The goalkeeper saved the penalty", "Fry the onions in butter", "Tea"]
    cold, warm = load_predictor(GOLDEN).predict_proba(texts), load_predictor(tmp_path / "run").predict_proba(texts)
    np.testing.assert_array_equal(cold.argmax(1), warm.argmax(1))
    np.testing.assert_allclose(warm, softmax(np.log(cold) / 2), atol=1e-4)


def test_few_validation_items_take_the_folds_temperature(docstrings: Dataset) -> None:
    rows = np.arange(100)
    logits = np.random.default_rng(0).normal(size=(100, 3))
    taken, values, told = common.calibrated(docstrings, rows, logits, 1.7)
    assert taken == 1.7 == values["temperature"] and "fitted on training items by cross-validation" in told[0]
    temperature, values, told = common.calibrated(docstrings, rows, 5 * logits)
    assert temperature > 2 and values["ece"] < values["ece_before"] and "temperature" in told[0]
    assert common.calibrated(docstrings, rows[:5], logits[:5]) == (1.0, {}, ())


def test_probabilities_that_fit_already_are_left_as_they_are(docstrings: Dataset) -> None:
    from probes.temperature import fit_temperature

    rows = np.arange(100)
    logits = np.eye(3)[docstrings.labels[rows]] + np.random.default_rng(1).normal(size=(100, 3))
    fitting = logits / fit_temperature(logits, docstrings.labels[rows]).temperature
    temperature, values, told = common.calibrated(docstrings, rows, fitting)
    assert temperature == 1.0 and values["ece"] == values["ece_before"] and "nothing to change" in told[0]


def test_calibration_that_made_it_worse_is_not_sold() -> None:
    worse = common._calibration("temperature 0.88", (0.039, 0.051), (0.40, 0.38), 100)
    assert "did not bring the probabilities closer" in worse and "5.1 points away on average, 3.9 before" in worse
    better = common._calibration("temperature 0.45", (0.205, 0.031), (0.40, 0.30), 102)
    assert better.startswith("The probabilities are 3.1 points away from how often the model is right")
    assert "20.5 before calibration (temperature 0.45)" in better


def test_a_temperature_that_makes_held_out_items_worse_is_not_applied(docstrings: Dataset) -> None:
    rows = np.arange(100)
    right = np.eye(len(docstrings.classes))[docstrings.labels[rows]]
    temperature, values, told = common.calibrated(docstrings, rows, 9 * right, 4.0)
    assert temperature == 1.0 == values["temperature"] and values["ece"] == values["ece_before"]
    assert told[0].startswith("Probabilities were left as they are: with temperature 4.00")


def test_a_model_of_mirrored_pictures_averages_the_features_of_both(digits: Dataset, run_of: Run) -> None:
    """Earlier versions could write such models."""
    context = run_of(digits, "frozen", 60.0)
    frozen.execute(context)
    with Image.open(digits.items["path"].iloc[0]) as opened:
        picture = opened.convert("RGB")
    pair = [picture, ImageOps.mirror(picture)]
    spec = read_json(context.directory / "model.json")
    spec["head"]["temperature"] = 1e3  # far from certain, so that logits can be read from probabilities

    def log_odds(mirrored: bool) -> np.ndarray:
        path = context.directory / "model.json"
        write_json(path, {**spec, "input": {**spec["input"], "mirrored": mirrored}})
        logs = np.log(load_predictor(context.directory).predict_proba(pair))
        return 1e3 * (logs - logs.mean(axis=1, keepdims=True))

    plain, both = log_odds(False), log_odds(True)
    assert np.abs(plain[0] - plain[1]).max() > 1.0
    np.testing.assert_allclose(both, np.tile(plain.mean(axis=0), (2, 1)), atol=0.05)


def test_a_gain_is_the_difference_of_the_values_beside_it_and_equal_values_are_not_set_against_each_other() -> None:
    compared = Comparison(frozen=0.98744, tuned=0.99163, error=0.005, n=239, kept=True)
    assert "99.2 % on 239 held-out items, the frozen head 98.7 %: a gain of +0.5 points" in compared.sentence
    alike = Choice(("layer 5", LAST), Recipe.of({}), tried=(((LAST,), 0.87), (("layer 5", LAST), 0.87)))
    assert alike.sentences[0].count("87.0 %") == 1 and "log loss on held-out items decided" in alike.sentences[0]
