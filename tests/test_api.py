"""The whole line through the Python API: real texts and pictures, real weights, from a file to a prediction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import advisor
from advisor import api
from advisor.advice.advise import reconsider
from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Advice, Constraints, Dataset, Evidence, Prices, RunReport
from advisor.evidence.feature_probes import seen_counts
from advisor.evidence.sample import related
from probes.errors import ProbeError

BUDGET_SECONDS = 8.0


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One workspace for the module: advice is costly, and what was measured is used again."""
    folder = tmp_path_factory.mktemp("line-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module's own workspace, in place of the fresh one every other test gets."""
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    return home


def questions(folder: Path) -> Path:
    """Two topics of the question sample as a CSV without a split."""
    sample = api.read("sample:topics")
    most = sample.items["label"].value_counts().index[:2]
    kept = sample.items.loc[sample.items["label"].isin(most), ["text", "label"]]
    kept = kept.assign(label=[sample.classes[label] for label in kept["label"]])
    path = folder / "questions.csv"
    kept.to_csv(path, index=False)
    return path


def pictures(folder: Path) -> Path:
    """Three digits of scikit-learn's, 40 each, as class folders."""
    from sklearn.datasets import load_digits

    data = load_digits(n_class=3)
    for target in range(3):
        place = folder / "digits" / f"digit {target}"
        place.mkdir(parents=True)
        for index in np.flatnonzero(data.target == target)[:40]:
            Image.fromarray((data.images[index] * 15).astype(np.uint8)).save(place / f"{index}.png")
    return folder / "digits"


@pytest.fixture(scope="module", params=["text", "image"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, home: Path) -> Dataset:
    folder = tmp_path_factory.mktemp("data")
    return advisor.read(questions(folder) if request.param == "text" else pictures(folder))


@pytest.fixture(scope="module")
def advice(dataset: Dataset) -> Advice:
    return advisor.advise(dataset, budget=BUDGET_SECONDS)


@pytest.fixture(scope="module")
def report(dataset: Dataset, advice: Advice) -> RunReport:
    return advisor.train(dataset, rung="frozen", budget=30, advice=advice)


def test_every_rung_has_an_estimate_and_a_reason(advice: Advice) -> None:
    assert [e.rung for e in advice.estimates] == list(RUNG_NAMES)
    for estimate in advice.estimates:
        assert estimate.available and estimate.reason
        assert estimate.low is not None and estimate.value is not None and estimate.high is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        if estimate.rung != "scratch":  # from scratch, word counts may be ahead of the network: they are measured
            assert estimate.provenance == ("predicted" if estimate.rung == "fine-tune" else "measured")


def test_evidence_is_about_training_items_only(dataset: Dataset, advice: Advice) -> None:
    evidence = Evidence.saved(dataset.files.evidence)
    assert isinstance(evidence, Evidence)
    assert evidence.n_train == len(dataset.where("train", "val")) and evidence.n_test == len(dataset.where("test"))
    for probe in evidence.results:
        assert probe.measured.n <= evidence.n_train
        assert seen_counts(probe).value == pytest.approx(probe.measured.value)
    linear, majority = evidence.result("linear"), evidence.result("majority")
    assert linear is not None and majority is not None and linear.measured.value > majority.measured.value


def test_the_same_question_is_answered_from_what_is_kept(dataset: Dataset, advice: Advice) -> None:
    again = advisor.advise(dataset, budget=BUDGET_SECONDS)
    assert again.model_copy(update={"seconds": advice.seconds}) == advice
    assert again.seconds < advice.seconds


def test_a_rung_that_is_not_allowed_is_not_recommended(dataset: Dataset, advice: Advice) -> None:
    narrow = advisor.advise(dataset, budget=BUDGET_SECONDS, rungs=["prompting", "rag"])
    assert narrow.recommended in ("prompting", "rag")
    assert not narrow.estimate("frozen").available and "not allow" in narrow.estimate("frozen").reason
    assert api.plan(dataset, rung="frozen", advice=narrow).promised is not None
    assert Advice.saved(dataset.files.advice) == narrow


def test_advice_of_an_earlier_version_is_asked_anew(dataset: Dataset, advice: Advice) -> None:
    path = Path(dataset.folder) / "advice.json"
    kept = path.read_text()
    try:
        path.write_text(json.dumps({**json.loads(kept), "schema_version": 1, "flips": ["A target above 92.0 %."]}))
        assert Advice.saved(dataset.files.advice) is None
        with pytest.raises(AdviceError, match="Ask for advice again: advisor advise"):
            api.plan(dataset)
        assert advisor.advise(dataset, budget=BUDGET_SECONDS).schema_version == Advice.SCHEMA
        assert Advice.saved(dataset.files.advice) is not None
    finally:
        path.write_text(kept)


@pytest.mark.parametrize(
    "wishes", [{"target": 0.97}, {"tolerance": 0.0}, {"prices": Prices(hour=3.0, label=0.5, point=2.0, currency="EUR")}]
)
def test_another_need_is_decided_from_what_was_measured_as_if_it_had_been_asked_at_first(
    dataset: Dataset, advice: Advice, wishes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = advisor.advise(dataset, budget=BUDGET_SECONDS, **wishes)
    advice.save(dataset.files.advice)
    monkeypatch.setattr("advisor.advice.advise.gather", lambda *_: pytest.fail("nothing is measured"))
    found = reconsider(dataset, advice, advice.question.model_copy(update=wishes))
    assert found == asked.model_copy(update={"seconds": advice.seconds})
    assert Advice.saved(dataset.files.advice) == found, "kept for the plan, the record and the command"
    assert reconsider(dataset, found, advice.question) == advice, "and back"


def test_what_needs_measuring_is_not_decided_without_it(dataset: Dataset, advice: Advice) -> None:
    for field, value in (("rungs", ("frozen",)), ("budget_seconds", 99.0), ("backbone", "other")):
        with pytest.raises(AdviceError, match="measured anew"):
            reconsider(dataset, advice, advice.question.model_copy(update={field: value}))
    assert Advice.saved(dataset.files.advice) == advice


def test_prices_and_constraints_are_part_of_the_question(dataset: Dataset, advice: Advice) -> None:
    prices, musts = Prices(point=1.0, label=2.0, currency="EUR"), Constraints(knowledge_changes=True)
    given = advisor.advise(dataset, budget=BUDGET_SECONDS, prices=prices, constraints=musts)
    assert given.recommended == "rag" and (given.question.prices, given.question.constraints) == (prices, musts)
    assert all(e.blocked or not e.available for e in given.estimates if e.rung != "rag")
    assert advisor.advise(dataset, budget=BUDGET_SECONDS).question == advice.question


def test_a_trained_model_beats_the_largest_class_and_predicts(dataset: Dataset, report: RunReport) -> None:
    evidence = Evidence.saved(dataset.files.evidence)
    majority = evidence.result("majority") if evidence else None
    assert report.rung == "frozen" and report.test.n == len(dataset.where("test"))
    assert majority is not None and report.test.value > majority.measured.value
    assert report.promised is not None
    with pytest.raises(ProbeError, match="no device called 'gpu'"):
        advisor.load(report.run, device="gpu")
    model = advisor.load(report.run)
    column = "text" if dataset.kind == "text" else "path"
    answer = model.predict([dataset.items[column].iloc[0]])[0]
    assert answer.label in dataset.classes and sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert answer.probability == pytest.approx(max(answer.probabilities.values()))


def test_duplicates_and_groups_are_related(dataset: Dataset) -> None:
    numbers = related(dataset)
    parts = dataset.items["part"].to_numpy()
    for number in np.unique(numbers):
        assert len(set(parts[numbers == number])) == 1, "related items straddle a split"


@pytest.mark.parametrize("target", [0.0, -0.2, 1.5, 90])
def test_a_target_that_is_no_share_is_told(target: float) -> None:
    with pytest.raises(AdviceError, match="not a share"):
        advisor.advise("sample:digits", target=target)


def test_an_empty_or_unknown_choice_of_rungs_is_told() -> None:
    with pytest.raises(AdviceError, match="No rung is allowed"):
        advisor.advise("sample:digits", rungs=[])
    with pytest.raises(AdviceError, match=r"rag \(Retrieval\), frozen"):
        advisor.advise("sample:digits", rungs=["freeze"])
