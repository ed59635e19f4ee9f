"""The whole line with several labels: real texts and pictures, from a file to predictions, tables, export, server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import advisor
from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import Advice, Dataset, RunReport
from advisor.rungs.saved.predictor import Predictor
from tests.data.several import digits, questions
from tests.serve.serving import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # every rung is trained


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One workspace for the module: what was measured and trained is used again."""
    folder = tmp_path_factory.mktemp("several-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module's own workspace."""
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    return home


@pytest.fixture(scope="module")
def texts(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Questions with several labels."""
    return api.read(questions(tmp_path_factory.mktemp("several-texts")))


@pytest.fixture(scope="module")
def advice(texts: Dataset) -> Advice:
    """Measured once."""
    return advisor.advise(texts, budget=5, backbones="none")


@pytest.fixture(scope="module")
def frozen(texts: Dataset, advice: Advice) -> RunReport:
    """A frozen run."""
    return advisor.train(texts, rung="frozen", advice=advice, budget=30)


def test_advice_measures_four_rungs_and_says_that_the_interval_is_a_priors(texts: Dataset, advice: Advice) -> None:
    by_rung = {estimate.rung: estimate for estimate in advice.estimates}
    assert all(by_rung[rung].available for rung in by_rung)
    assert {by_rung[r].provenance for r in ("prompting", "rag", "frozen", "scratch")} == {"measured"}
    assert any("prior's" in sentence for sentence in advice.sentences)
    evidence = advisor.probe(texts, budget=5, backbones="none")
    linear, every = evidence.result("linear"), evidence.result("majority")
    assert linear is not None and every is not None and linear.measured.value > every.measured.value
    assert set(linear.per_class) == set(texts.classes)
    assert evidence.n_test_per_class == tuple(texts.label_counts(texts.where("test")).tolist())


def test_the_report_has_every_label_with_its_interval(frozen: RunReport, texts: Dataset) -> None:
    assert frozen.metric == "macro F1" and frozen.confusion == []
    assert [row["class"] for row in frozen.per_class] == list(texts.classes)
    for row in frozen.per_class:
        assert row["f1"] is None or row["f1_low"] <= row["f1"] <= row["f1_high"]
    assert frozen.test.value == pytest.approx(np.mean([r["f1"] for r in frozen.per_class if r["f1"] is not None]))


def test_predictions_hold_labels_above_their_thresholds(frozen: RunReport) -> None:
    model = advisor.load(frozen.run)
    assert isinstance(model, Predictor) and model.thresholds is not None
    answers = model.predict(["Who wrote this book?", "Tell me a joke about computers, please, and make it a long one."])
    for one in answers:
        given = [c for c, at in zip(model.classes, model.thresholds, strict=True) if one.probabilities[c] >= at]
        assert one.labels == tuple(given) and one.label == (", ".join(given) or "none of the labels")


@pytest.mark.parametrize("rung", ["prompting", "rag", "scratch", "fine-tune"])
def test_every_other_rung_is_carried_out_and_loaded(texts: Dataset, advice: Advice, rung: str) -> None:
    report = advisor.train(texts, rung=rung, advice=advice, budget=30)
    assert 0 <= report.test.low <= report.test.value <= report.test.high <= 1
    assert report.test.n == len(texts.where("test"))
    model = advisor.load(report.run)
    assert isinstance(model, Predictor) and model.predict(["What is a computer?"])[0].labels is not None


def test_a_table_gets_its_labels(frozen: RunReport, texts: Dataset, tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    pd.DataFrame({"text": texts.items["text"].head(20)}).to_csv(table, index=False)
    advisor.predict_table(frozen.run, table, tmp_path / "out.csv")
    out = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    model = advisor.load(frozen.run)
    assert isinstance(model, Predictor)
    wanted = [" | ".join(one.labels or ()) for one in model.predict(texts.items["text"].head(20).tolist())]
    assert out["predicted_labels"].tolist() == wanted
    assert out["n_labels"].tolist() == [len(cell.split(" | ")) if cell else 0 for cell in wanted]


def test_the_exported_model_gives_the_same_labels(frozen: RunReport, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    exported = advisor.export(frozen.run, "onnx", tmp_path / "out")
    assert exported.parity is not None and exported.parity.n_same == exported.parity.n
    how = json.loads((tmp_path / "out" / "preprocessing.json").read_text("utf-8"))
    model = advisor.load(frozen.run)
    assert isinstance(model, Predictor) and model.thresholds is not None
    assert how["thresholds"] == pytest.approx(model.thresholds.tolist())


def test_the_server_answers_with_labels(frozen: RunReport) -> None:
    model = advisor.load(frozen.run)
    assert isinstance(model, Predictor)
    with serving(model) as server:
        status, said = server.predict(["Who are you?", "Tell me a joke."], probabilities=True)
    assert status == 200 and len(said["predictions"]) == 2
    for one in said["predictions"]:
        assert set(one["labels"]) <= set(one["probabilities"]) == set(model.classes)


def test_pictures_go_the_line_too(tmp_path: Path) -> None:
    dataset = api.read(digits(tmp_path), several_labels="each-or-none")
    report = advisor.train(
        dataset, rung="frozen", budget=30, advice=advisor.advise(dataset, budget=5, backbones="none")
    )
    model = advisor.load(report.run)
    assert isinstance(model, Predictor)
    one = model.predict([dataset.items["path"].iloc[0]])[0]
    assert one.labels is not None and set(one.probabilities) == set(dataset.classes)


def test_what_is_not_offered_says_so(texts: Dataset) -> None:
    with pytest.raises(DatasetError, match="several labels per item, which are not corrected here"):
        advisor.fix(texts, suggested=True)
