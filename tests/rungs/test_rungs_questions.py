"""Question answering, every rung carried out on a small set with real weights: saved, loaded, asked, reported."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from advisor import api
from advisor.core.errors import BackboneError, DatasetError, RunError
from advisor.core.records import Dataset, Evidence, Plan, ReadOptions, RunReport
from advisor.core.storage import read_json, write_json
from advisor.data.reading import read
from advisor.llm.models import chat_model
from advisor.rungs import registry
from advisor.rungs.context import RunContext
from advisor.rungs.saved import loading
from advisor.rungs.saved.answering import Answerer
from advisor.runs.report.report import report
from probes.backbones import catalog
from probes.reading import NOT_FOUND

PLACES = ["Lima", "Oslo", "Perth", "Quito", "Rome", "Sofia", "Turin", "Ulm", "Vigo", "York", "Bergen", "Cork"]
PEOPLE = ["Ada", "Boris", "Chen", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivan", "Jo", "Kim", "Lars"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for all tests of this file, so that documents are embedded and prompts answered once."""
    return tmp_path_factory.mktemp("shared-home")


@pytest.fixture(autouse=True)
def shared_workspace(home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared workspace instead of a fresh one."""
    monkeypatch.setenv("ADVISOR_HOME", str(home))


@pytest.fixture
def museums(home: Path) -> Dataset:
    """Twelve short documents about museums, two questions each."""
    folder = home / "museums"
    folder.mkdir(exist_ok=True)
    asked = []
    for number, (place, person) in enumerate(zip(PLACES, PEOPLE, strict=True)):
        year = 1900 + 7 * number
        text = f"The museum of {place} was opened in {year}. Its first director was {person} Miller, a baker's child."
        (folder / f"{place.lower()}.txt").write_text(text)
        asked += [
            {"question": f"When was the museum of {place} opened?", "answers": [str(year)], "document": f"{place}.txt"},
            {"question": f"Who first directed the museum of {place}?", "answers": [f"{person} Miller"]},
        ]
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(row) for row in asked))
    return read(folder, ReadOptions(kind="qa"))


def context_of(dataset: Dataset, folder: Path, rung: Any, seconds: float = 4.0, **settings: Any) -> RunContext:
    """A run of a rung with the default language model."""
    model = chat_model()
    plan = Plan(
        run="test", rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
        fingerprint=dataset.fingerprint, kind="qa", backbone=catalog.default("language").name,
        backbone_hash=model.identity, input_size=0, settings=settings, budget_seconds=seconds,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    return RunContext(plan, dataset, folder, "cpu", time.monotonic() + seconds)


def carried_out(context: RunContext) -> tuple[Answerer, RunReport]:
    """The rung's model as a user will load it, and its report."""
    outcome = registry.execute(context)
    model = loading.load(context.directory)
    assert isinstance(model, Answerer)
    made = report(context.plan, context.dataset, model, context.directory, outcome, 1.0, deadline=context.deadline)
    assert RunReport.load(context.directory / "report.json") == made
    assert sum(made.outcomes.values()) == made.test.n == len(context.dataset.where("test"))
    assert read_json(context.directory / "resolved.json")["rung"] == context.plan.rung
    return model, made


def test_advice_measures_what_is_missing_and_plans_what_it_measured(museums: Dataset) -> None:
    advice = api.advise(museums, budget=5.0)
    evidence = Evidence.saved(museums.files.evidence)
    assert evidence is not None and advice.metric == "token F1"
    by_heart, gold = evidence.result("closed book"), evidence.result("gold passage")
    assert by_heart is not None and gold is not None
    assert gold.measured.value > by_heart.measured.value  # nobody knows these museums
    assert any("closed-book" in sentence for sentence in advice.sentences)
    assert not advice.estimate("scratch").available and "tokens" in advice.estimate("scratch").reason
    made = api.plan(museums, rung="rag", advice=advice)
    assert made.settings["prompt"] == gold.settings["prompt"] and made.promised is not None
    search = evidence.result("retrieval")
    assert search is not None and made.settings["threshold"] == search.settings["threshold"]["similarity"]


def test_by_heart_no_passage_is_cited(museums: Dataset, tmp_path: Path) -> None:
    model, made = carried_out(context_of(museums, tmp_path / "run", "prompting"))
    (answer,) = model.answer(["Who first directed the museum of Lima?"])
    assert answer.passages == () and not answer.supported
    assert made.outcomes["misread"] == 0  # nothing was read


def test_retrieval_reads_what_it_cites_and_refuses_what_is_not_there(museums: Dataset, tmp_path: Path) -> None:
    model, made = carried_out(context_of(museums, tmp_path / "run", "rag", k=1, threshold=0.35))
    opened, weather = model.answer(["When was the museum of Oslo opened?", "Is butter cheaper than tin in spring?"])
    cited = opened.passages[0]
    place = museums.documents.set_index("document").loc[cited.document, "text"]
    assert opened.supported and "Oslo" in cited.text and place[cited.start : cited.end] == cited.text
    assert weather.text == NOT_FOUND and not weather.supported
    assert made.recall_at_5 is not None and made.recall_at_5.value > 0.9
    asked = museums.items["answers"].iloc[museums.where("test")]
    assert made.test.n == len(asked) and made.refusing == pytest.approx((asked == "[]").mean())
    assert {mistake.outcome for mistake in made.mistakes} <= {"misread", "not found", "wrongly refused"}


def test_the_reader_marks_answers_inside_the_passages_it_cites(museums: Dataset, tmp_path: Path) -> None:
    model, _ = carried_out(context_of(museums, tmp_path / "run", "frozen", k=2, threshold=-1.0))
    for answer in model.answer(["When was the museum of Rome opened?", "Who first directed the museum of Ulm?"]):
        assert answer.text in answer.passages[0].text and len(answer.passages) == 2


@pytest.mark.slow
def test_fine_tuning_keeps_only_an_adapter_or_nothing(museums: Dataset, tmp_path: Path) -> None:
    context = context_of(museums, tmp_path / "run", "fine-tune", seconds=12.0, k=1, threshold=-1.0)
    model, made = carried_out(context)
    kept = model.spec["head"]["type"] == "adapter"
    assert kept == (made.validation["value"] > made.validation["rag"]) or made.validation["n"] < 8
    assert (context.directory / "model.safetensors").stat().st_size < 30_000_000
    assert model.answer(["When was the museum of York opened?"])[0].passages


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.mark.slow
def test_a_killed_fine_tuning_keeps_its_answers_and_its_length(museums: Dataset, tmp_path: Path) -> None:
    context = context_of(museums, tmp_path / "run", "fine-tune", seconds=30.0, k=1, threshold=-1.0)

    def kill() -> None:
        if (context.directory / "checkpoint" / "state.json").is_file():
            raise Killed

    context.kept = kill  # right after the first checkpoint of the training
    with pytest.raises(Killed):
        registry.execute(context)
    settings, seen = read_json(context.directory / "resolved.json"), []
    again = context_of(museums, tmp_path / "run", "fine-tune", seconds=8.0, k=1, threshold=-1.0)
    again.emit = lambda stage, share, **numbers: seen.append((stage, share))
    outcome = registry.execute(again)
    assert read_json(again.directory / "resolved.json") == settings  # not a share of the 8 s that were left
    assert not [share for stage, share in seen if stage == "Answering validation questions" and share < 0.5]
    assert outcome.validation["n"] > 0


def test_from_scratch_says_why_not(museums: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="20 tokens"):
        registry.execute(context_of(museums, tmp_path / "run", "scratch"))


def test_other_weights_and_missing_documents_are_told(museums: Dataset, tmp_path: Path) -> None:
    context = context_of(museums, tmp_path / "run", "rag", k=1, threshold=-1.0)
    registry.execute(context)
    spec = read_json(context.directory / "model.json")
    other = {**spec, "language_model": {**spec["language_model"], "identity": "0" * 64}}
    write_json(context.directory / "model.json", other)
    with pytest.raises(BackboneError, match="same weights"):
        loading.load(context.directory)
    write_json(context.directory / "model.json", {**spec, "dataset": {"name": "x", "fingerprint": "0" * 64}})
    with pytest.raises(DatasetError, match="Read the dataset again"):
        loading.load(context.directory)


def test_documents_alone_can_be_asked(museums: Dataset, tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("The pool is open from seven to nine.")
    (answer,) = api.ask(tmp_path, "When is the pool open?")
    assert answer.passages[0].document == "rules.txt" and answer.supported
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DatasetError, match="no document"):
        api.ask(empty, "Who?")
