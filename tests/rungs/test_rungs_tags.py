"""Every rung on tagged sentences: trained on real lines, saved, loaded again, and marking words where they stand."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import DatasetError
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Dataset, Plan
from advisor.data.reading import read
from advisor.exports.export import export
from advisor.rungs import registry
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.loading import load
from advisor.rungs.saved.tagging import Tagger
from advisor.runs.report.report import report
from advisor.serve.served import Served
from advisor.using import predict_table
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from tests.tagged_docs import parameters, written

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # five rungs are trained, for 40 seconds each at most


@pytest.fixture(scope="module")
def lines(home: Path) -> Dataset:
    """100 documented parameters with their names and types."""
    return read(written(home / "parameters.conll", parameters(100)))


def run(dataset: Dataset, rung: RungName, folder: Path, seconds: float = 60.0) -> tuple[Plan, Outcome]:
    """Carry out a rung."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = catalog.default("text")
    plan = Plan(
        run=folder.name, rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name,
        fingerprint=dataset.fingerprint, kind=dataset.kind, metric=dataset.metric, backbone=entry.reference,
        backbone_hash=weights_hash(entry), input_size=entry.usual_input, budget_seconds=seconds,
    )  # fmt: skip
    context = RunContext(plan, dataset, folder, "cpu", time.monotonic() + seconds)
    return plan, registry.execute(context)


@pytest.fixture(scope="module")
def runs(lines: Dataset, home: Path) -> dict[RungName, tuple[Plan, Outcome, Path]]:
    folders = {rung: home / "tag-runs" / rung for rung in RUNG_NAMES}
    return {rung: (*run(lines, rung, folder, 40.0), folder) for rung, folder in folders.items()}


@pytest.mark.parametrize("rung", RUNG_NAMES)
def test_a_rungs_model_marks_words_where_they_stand(
    rung: RungName, runs: dict[RungName, tuple[Plan, Outcome, Path]]
) -> None:
    _, outcome, folder = runs[rung]
    model = load(folder)
    assert isinstance(model, Tagger) and outcome.validation["n"] > 0
    text = "axis : int, optional"
    one, again = model.predict([text, text.split()])
    assert all(text[span.start : span.end] == span.text for span in one.spans)
    assert all(0 <= (span.probability or 0.0) <= 1 for span in (*one.spans, *again.spans))
    if rung in ("frozen", "fine-tune", "scratch"):
        assert ("axis", "name") in [(span.text, span.type) for span in one.spans]


def test_trained_rungs_find_most_of_it_and_the_report_has_each_type(
    runs: dict[RungName, tuple[Plan, Outcome, Path]], lines: Dataset
) -> None:
    plan, outcome, folder = runs["frozen"]
    written_report = report(plan, lines, load(folder), folder, outcome, 1.0)
    assert written_report.test.value > 0.8
    assert {row["class"] for row in written_report.per_class} == {"name", "type"}
    assert all(row["f1_low"] <= row["f1"] <= row["f1_high"] for row in written_report.per_class)
    for mistake in written_report.mistakes:
        assert mistake.spans != mistake.truth


def test_fine_tuning_is_never_kept_where_it_validates_worse(runs: dict[RungName, tuple[Plan, Outcome, Path]]) -> None:
    validation = runs["fine-tune"][1].validation
    assert validation["value"] >= validation["frozen"]


def test_inputs_that_are_no_texts_have_their_reason(runs: dict[RungName, tuple[Plan, Outcome, Path]]) -> None:
    model = load(runs["scratch"][2])
    one, other = model.predict_each(["axis : int", 3])
    assert not one.problem and "is not text" in other.problem
    with pytest.raises(DatasetError):
        model.predict([" "])


@pytest.mark.parametrize("rung", ["frozen", "fine-tune"])
def test_the_exported_model_marks_the_same_words(
    rung: RungName,
    runs: dict[RungName, tuple[Plan, Outcome, Path]],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    exported = export(runs[rung][2], "onnx", tmp_path / "out")
    assert exported.parity is not None and exported.parity.good and exported.parity.gives == "marks"
    assert {"model.onnx", "predict.py", "tags.json", "words.py", "cuts.py", "tokenizer.json"} <= set(exported.files)


def test_whole_tables_and_the_server_give_the_same_spans(
    runs: dict[RungName, tuple[Plan, Outcome, Path]], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    texts = ["axis : int, optional", "nothing here at all", "loc : array_like"]
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "new.csv", index=False)
    folder = runs["scratch"][2]
    done = predict_table(folder, tmp_path / "new.csv", tmp_path / "out.csv")
    rows = pd.read_csv(tmp_path / "out.csv")
    served = Served(load(folder))
    answered = served.shown(served.answers(texts), False)
    assert done.n_rows == 3 and done.n_problems == 0
    for cell, sentence in zip(rows["spans"], answered.sentences, strict=True):
        assert [(s["start"], s["end"], s["type"]) for s in json.loads(cell)] == [
            (s.start, s.end, s.type) for s in sentence.spans
        ]
    assert served.classes == ("name", "type")
