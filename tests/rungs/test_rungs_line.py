"""Every rung, carried out on small real data with real weights: trained, saved, loaded, asked, reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from advisor.core.errors import BackboneError, DatasetError, RunError, StorageError
from advisor.core.kinds import kind_row
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Dataset, Plan, RunReport
from advisor.core.stopping import Stopped
from advisor.core.storage import read_json, write_json
from advisor.data.reading import read
from advisor.rungs import registry, trained
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.loading import load
from advisor.runs.report.report import report
from advisor.training import few
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from tests.data.dataset_trees import write
from tests.rungs.saved_models import load_predictor

SPORT = [
    "The team won the match",
    "A late goal decided the game",
    "The striker missed a penalty",
    "Our coach praised the keeper",
]
FOOD = [
    "The soup needs more salt",
    "Bake the bread for an hour",
    "This cake is far too sweet",
    "Chop the onions and fry them",
]


def digits(folder: Path) -> Dataset:
    """Three digits, 26 pictures each, as class folders."""
    from sklearn.datasets import load_digits

    data = load_digits(n_class=3)
    for index in range(78):
        place = folder / "digits" / f"digit {data.target[index]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((16 * data.images[index]).clip(0, 255).astype(np.uint8)).save(place / f"{index}.png")
    return read(folder / "digits")


def sentences(folder: Path) -> Dataset:
    """Sport and food, 40 sentences."""
    import pandas as pd

    rows = [
        (f"{text}, {more}.", label)
        for label, texts in (("sport", SPORT), ("cooking", FOOD))
        for text in texts
        for more in ("said my brother", "and nobody minded", "which took a while", "on Sunday", "they told us")
    ]
    path = folder / "sentences.csv"
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    return read(path)


def context_of(dataset: Dataset, folder: Path, rung: Any, seconds: float = 5.0, **more: Any) -> RunContext:
    """A run of a rung at 64 px."""
    entry = catalog.default(kind_row(dataset.kind).modality)
    settings = more.pop("settings", {})
    plan = Plan(
        run="test", rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
        fingerprint=dataset.fingerprint, kind=dataset.kind, backbone=entry.name, backbone_hash=weights_hash(entry),
        input_size=64 if dataset.kind == "image" else 256, settings=settings, budget_seconds=seconds,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    return RunContext(plan, dataset, folder, "cpu", time.monotonic() + seconds, **more)


def finished(context: RunContext, outcome: Outcome) -> RunReport:
    """The report of a run, with the model read back from its folder."""
    return report(context.plan, context.dataset, load_predictor(context.directory), context.directory, outcome, 1.0)


@pytest.mark.parametrize("rung", RUNG_NAMES)
def test_every_rung_for_images_ends_in_a_model_and_a_report(rung: str, tmp_path: Path) -> None:
    context = context_of(digits(tmp_path), tmp_path / "run", rung)
    outcome = registry.execute(context)
    made = finished(context, outcome)
    assert RunReport.load(context.directory / "report.json") == made
    assert made.rung == outcome.rung == rung
    assert np.sum(made.confusion) == made.test.n == len(context.dataset.where("test"))
    assert 0 <= outcome.validation["value"] <= 1
    assert read_json(context.directory / "resolved.json")["rung"] == rung
    check_predictor(context)


def check_predictor(context: RunContext) -> None:
    """The model answers for paths and pictures alike, in probabilities, and for the user's own names."""
    predictor = load_predictor(context.directory)
    path = context.dataset.items["path"].iloc[0]
    by_path, by_picture = predictor.predict([path, Image.open(path)])
    assert by_path.label == by_picture.label and by_path.label in predictor.classes
    assert by_path.probabilities == pytest.approx(by_picture.probabilities, abs=1e-5)
    probabilities = predictor.predict_proba([path] * 3)
    assert probabilities.shape == (3, 3) and np.allclose(probabilities.sum(1), 1, atol=1e-4)


@pytest.mark.parametrize("rung", ["prompting", "rag", "frozen", "fine-tune"])
def test_rungs_for_texts_end_in_a_model_and_a_report(rung: str, tmp_path: Path) -> None:
    context = context_of(sentences(tmp_path), tmp_path / "run", rung)
    made = finished(context, registry.execute(context))
    assert made.test.n == len(context.dataset.where("test")) and len(made.per_class) == 2
    predictor = load_predictor(context.directory)
    answers = predictor.predict(["The goalkeeper saved the penalty", "Fry the onions in butter"])
    assert [answer.label for answer in answers] == ["sport", "cooking"]
    assert answers[0].input == "The goalkeeper saved the penalty"
    assert (predictor.predict("Fry the onions")[0].probability or 0) > 0.5  # one bare input is a list of one
    assert predictor.predict_proba([]).shape == (0, 2)


def test_fine_tuning_never_validates_below_frozen_and_saves_what_it_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "FEW_IMAGES", 0)  # the usual way, against a validation part
    dataset = digits(tmp_path)
    context = context_of(dataset, tmp_path / "run", "fine-tune", 6.0)
    outcome = registry.execute(context)
    spec = read_json(context.directory / "model.json")
    values = outcome.validation
    assert values["value"] >= values["frozen"]
    if spec["weights"] == "head":
        assert values.get("tuned", 0.0) <= values["frozen"]
    else:
        assert values["tuned"] >= values["frozen"]  # between equals the lower log loss decides
        rows = dataset.where("val")
        probabilities, _ = load_predictor(context.directory).predict_rows(dataset, rows)
        assert np.mean(probabilities.argmax(1) == dataset.labels[rows]) == pytest.approx(values["value"])


def test_tuning_that_changes_nothing_is_dropped_for_the_frozen_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "FEW_IMAGES", 0)
    settings = {"learning_rate": 1e-12, "steps": 3}
    context = context_of(digits(tmp_path), tmp_path / "run", "fine-tune", 60.0, settings=settings)
    outcome = registry.execute(context)
    spec = read_json(context.directory / "model.json")
    assert spec["weights"] == "head" and spec["fallback"] == "frozen" and spec["rung"] == "fine-tune"
    assert "rolled back to the frozen model" in outcome.sentences[0]
    assert not any(name.startswith("backbone.") for name in tensor_names(context.directory))


def tensor_names(folder: Path) -> list[str]:
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as content:
        return list(content.keys())


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def kill_after(steps: int, seen: list[dict[str, Any]]) -> Callable[..., None]:
    def emit(stage: str, share: float, **numbers: Any) -> None:
        seen.append({"stage": stage, **numbers})
        if stage == "Training" and numbers.get("step", 0) >= steps:
            raise Killed

    return emit


@pytest.mark.slow  # tests/runs kills a real worker and waits for its end
def test_a_killed_training_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained, "CHECKPOINT_SECONDS", 0.0)
    dataset, folder, given = digits(tmp_path), tmp_path / "run", {"settings": {"learning_rate": 1e-3}}
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    with pytest.raises(Killed):
        registry.execute(context_of(dataset, folder, "scratch", 90.0, emit=kill_after(2, before), **given))
    resolved = read_json(folder / "resolved.json")

    def enough() -> bool:
        return any("val_loss" in line for line in after)

    emit = kill_after(10**9, after)
    again = context_of(dataset, folder, "scratch", 90.0, emit=emit, should_stop=enough, **given)
    assert registry.execute(again).stopped
    first = [line["step"] for line in before if line["stage"] == "Training"][-1]
    assert min(line["step"] for line in after if line["stage"] == "Training") >= first
    assert read_json(folder / "resolved.json") == resolved  # nothing was timed or chosen again
    assert load_predictor(folder).rung == "scratch"


def test_a_stop_before_there_is_a_model_is_told_and_a_later_one_keeps_the_best(tmp_path: Path) -> None:
    dataset = digits(tmp_path)
    with pytest.raises(Stopped):
        registry.execute(context_of(dataset, tmp_path / "early", "frozen", should_stop=lambda: True))
    stages: list[str] = []
    late = context_of(
        dataset, tmp_path / "late", "fine-tune", 60.0,
        emit=lambda stage, share, **numbers: stages.append(stage),
        should_stop=lambda: any(stage.startswith("Training") for stage in stages),
    )  # fmt: skip
    assert registry.execute(late).stopped
    assert load_predictor(late.directory).classes == dataset.classes


def test_a_damaged_missing_or_foreign_model_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no model"):
        load_predictor(tmp_path)
    context = context_of(sentences(tmp_path), tmp_path / "run", "prompting")
    registry.execute(context)
    spec = read_json(context.directory / "model.json")
    write_json(context.directory / "model.json", {**spec, "backbone": {**spec["backbone"], "sha256": "0" * 64}})
    with pytest.raises(BackboneError, match="Get the same weights"):
        load_predictor(context.directory)
    write_json(context.directory / "model.json", {**spec, "backbone": {**spec["backbone"], "name": "resnet18"}})
    with pytest.raises(BackboneError):
        load_predictor(context.directory)
    broken: list[Any] = [[], {}, {name: value for name, value in spec.items() if name != "classes"}]
    for damaged in broken:
        write_json(context.directory / "model.json", damaged)
        with pytest.raises(StorageError, match="damaged"):
            load(context.directory)
    write_json(context.directory / "model.json", spec)
    weights = context.directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(StorageError, match="damaged"):
        load_predictor(context.directory)


def test_weights_that_are_not_the_plans_are_refused(tmp_path: Path) -> None:
    context = context_of(sentences(tmp_path), tmp_path / "run", "frozen")
    context.plan = context.plan.model_copy(update={"backbone_hash": "0" * 64})
    with pytest.raises(RunError, match="is not the model of the plan"):
        registry.execute(context)


def test_an_unreadable_image_is_named_and_the_others_are_predicted(tmp_path: Path) -> None:
    context = context_of(digits(tmp_path), tmp_path / "run", "frozen")
    registry.execute(context)
    broken = write(tmp_path / "broken.png", b"no picture")
    good = context.dataset.items["path"].iloc[0]
    answered, refused = load_predictor(context.directory).predict([good, broken])
    assert answered.label in context.dataset.classes and not answered.problem
    assert refused.label is None and "broken.png cannot be used" in refused.problem
    with pytest.raises(DatasetError, match=r"broken\.png"):
        load_predictor(context.directory).predict_proba([good, broken])
    with pytest.raises(DatasetError, match=r"broken\.png"):
        load_predictor(context.directory).predict([broken, broken])
