"""Prompting and retrieval by a language model: measured, carried out, saved, loaded, asked, reported."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor.core.errors import RunError
from advisor.core.records import Dataset, Plan, ProbeResult
from advisor.core.storage import read_json
from advisor.data.features import features_of, load_backbone
from advisor.data.reading import read
from advisor.evidence.prompts import FEW, NEAR, ZERO, measure_prompts, settings_of
from advisor.evidence.sample import Sample, related
from advisor.llm import identity
from advisor.llm.asking import PromptSetup, ShownExample, class_words, shortened
from advisor.llm.endpoint import BASE_URL, MODEL
from advisor.llm.models import chat_model
from advisor.rungs import registry
from advisor.rungs.context import RunContext
from advisor.rungs.prompted import BY
from advisor.rungs.saved.prompt import packed, unpacked
from advisor.runs.report.classification import affordable
from advisor.runs.report.report import report
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from tests.rungs.saved_models import load_predictor

SPORT = ["The team won the match", "A late goal decided the game", "The striker missed a penalty", "Our coach cheered"]
FOOD = ["The soup needs more salt", "Bake the bread for an hour", "This cake is too sweet", "Chop the onions"]
MORE = [
    "said my brother",
    "and nobody minded",
    "on Sunday",
    "they told us",
    "which took long",
    "as ever",
    "again",
    "now",
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Sport and cooking, 64 sentences."""
    rows = [
        (f"{text}, {more}.", label)
        for label, texts in (("sport", SPORT), ("cooking", FOOD))
        for text in texts
        for more in MORE
    ]
    path = tmp_path_factory.mktemp("texts") / "sentences.csv"
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(path.parent / "home"))
        return read(path)


@pytest.fixture(scope="module")
def sample(dataset: Dataset) -> Sample:
    rows = dataset.where("train", "val")
    backbone = load_backbone(catalog.default("text"), 256, "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", dataset.folder)
        found = features_of(dataset, rows, backbone)
    return Sample(rows, dataset.labels[rows], related(dataset)[rows], np.asarray(found.array), len(rows))


@pytest.fixture(scope="module")
def measured(dataset: Dataset, sample: Sample) -> dict[str, ProbeResult]:
    backbone = load_backbone(catalog.default("text"), 256, "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", dataset.folder)
        patch.setattr("advisor.evidence.prompts.LEAST", 8)
        assert "at least 6 s" in (measure_prompts(dataset, backbone, sample, 1.0)[1] or "")
        patch.setattr("advisor.evidence.prompts.LEAST_SECONDS", 0.0)
        patch.setattr("advisor.evidence.prompts.OVERTIME", 1e9)
        found, note = measure_prompts(dataset, backbone, sample, 0.5)
        assert note is None
        patch.setattr("advisor.evidence.prompts.OVERTIME", 0.0)
        patch.setattr("advisor.evidence.prompts.LEAST", 9)
        late, note = measure_prompts(dataset, backbone, sample, 0.5)
        assert late == [] and "Not measured, for lack of time" in (note or "")
    return {one.name: one for one in found}


def test_the_prompts_are_measured_on_items_that_are_no_example(
    dataset: Dataset, sample: Sample, measured: dict[str, ProbeResult]
) -> None:
    assert list(measured) == [ZERO, FEW, NEAR]
    for one in measured.values():
        assert one.measured.n >= 8
        assert 0 <= one.settings["raw"] <= 1 and 0 <= one.settings["content_free"] <= 1 and "gain_error" in one.settings
        assert "sport" in one.settings["prompt"] and one.settings["prompt"].endswith("Class:")
    shown = PromptSetup.of(measured[FEW].settings["ask"]).examples
    train = set(dataset.items["text"].iloc[dataset.where("train")])
    assert len(shown) == 16 and {one.text for one in shown} <= train
    assert measured[FEW].measured.n <= len(sample.rows) - len(shown)
    assert PromptSetup.of(measured[FEW].settings["ask"]).as_dict() == measured[FEW].settings["ask"]


def context_of(dataset: Dataset, folder: Path, rung: Any, settings: dict[str, Any]) -> RunContext:
    entry = catalog.default("text")
    plan = Plan(
        run="test", rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
        fingerprint=dataset.fingerprint, kind="text", backbone=entry.name, backbone_hash=weights_hash(entry),
        input_size=256, settings=settings, budget_seconds=30.0,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    return RunContext(plan, dataset, folder, "cpu", time.monotonic() + 30.0)


@pytest.mark.slow
@pytest.mark.parametrize(("rung", "name"), [("prompting", FEW), ("rag", NEAR)])
def test_a_prompt_is_carried_out_saved_and_asked_again(
    rung: str, name: str, dataset: Dataset, measured: dict[str, ProbeResult], tmp_path: Path
) -> None:
    context = context_of(dataset, tmp_path / "run", rung, settings_of(measured[name]))
    outcome = registry.execute(context)
    assert "SmolLM2" in outcome.sentences[0] and 0 <= outcome.validation["value"] <= 1
    predictor = load_predictor(context.directory)
    answers = predictor.predict(["The goalkeeper saved the penalty", "Fry the onions in butter"])
    assert [answer.label for answer in answers] == ["sport", "cooking"]
    assert all(sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-4) for answer in answers)
    made = report(context.plan, dataset, predictor, context.directory, outcome, 1.0)
    assert made.test.n == len(dataset.where("test"))
    assert read_json(context.directory / "resolved.json")["template"].count("{text}") == 1
    predictor.spec["report_items"] = 4
    few = affordable(predictor, dataset, dataset.where("test"))
    assert len(few) == 4 and len(set(dataset.labels[few])) == 2
    part = report(context.plan, dataset, predictor, context.directory, outcome, 1.0)
    assert part.test.n == 4 and any(f"4 of {made.test.n}" in sentence for sentence in part.sentences)


def test_another_model_than_the_plans_is_refused(
    dataset: Dataset, measured: dict[str, ProbeResult], tmp_path: Path
) -> None:
    settings = {**settings_of(measured[ZERO]), "identity": "0" * 64}
    with pytest.raises(RunError, match="is not the model of the plan"):
        registry.execute(context_of(dataset, tmp_path / "run", "prompting", settings))


@pytest.mark.parametrize("served", ["gpt-large", "gpt-small-float16"])
def test_another_model_of_the_same_family_behind_an_endpoint_is_refused(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: str
) -> None:
    address = "http://127.0.0.1:1/v1"
    monkeypatch.setenv(BASE_URL, address)
    monkeypatch.setenv(MODEL, served)
    ask = PromptSetup("endpoint", "{labels}\nText: {text}\nClass:", class_words(dataset))
    settings = {"by": BY, "ask": ask.as_dict(), "identity": identity.of_endpoint(address, "gpt-small")}
    with pytest.raises(RunError, match=rf"made with gpt-small at 127.0.0.1:1, and this is {served} at"):
        registry.execute(context_of(dataset, tmp_path / "run", "prompting", settings))


def test_long_texts_lose_their_end_by_the_models_own_tokens() -> None:
    model = chat_model()
    short, n_cut = shortened(model, ["one two three four five six", "one", ""], 3)
    assert short == ["one two three", "one", ""] and n_cut == 1


def test_texts_survive_being_packed() -> None:
    texts = ["plain", "", "日本語 🙂", "\ud800 half"]
    read_back = unpacked({name: tensor.numpy() for name, tensor in packed(texts).items()})
    assert [read_back(row) for row in range(3)] == texts[:3]


def test_many_classes_are_narrowed_to_those_of_the_nearest_examples(dataset: Dataset) -> None:
    labels = tuple(f"class {n}" for n in range(30))
    ask = PromptSetup(None, "{labels}\n{examples}\nText: {text}\nClass:", labels, nearest=2)
    near = [[ShownExample(f"text {n}", n) for n in (7, 3, 7, 9)]]
    found = ask.scores(chat_model(), ["a text"], near)
    assert set(np.flatnonzero(np.isfinite(found.raw[0]))) == {3, 7, 9}
    assert class_words(dataset) == ("cooking", "sport")
