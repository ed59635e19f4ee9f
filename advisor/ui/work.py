"""What the pages have done by another process (`advisor.ui.workers`): reading, measuring, predicting.

Each function is called in that process with ``progress=``. What is long stays in the workspace, where the pages read
it; only what they cannot find there comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor import api, improving
from advisor.batch import on_page
from advisor.core.errors import DatasetError
from advisor.core.option_words import fields
from advisor.core.records import Answer, Dataset, Goal, Passage, Plan, Prediction, ReadOptions
from advisor.core.workspace import Workspace
from advisor.data.preview import Preview
from advisor.data.preview import preview as look_at
from advisor.data.read.pdf_pages import page_of
from advisor.data.reading import open_dataset
from advisor.runs import latency, threshold
from advisor.score.kept import kept_board
from probes.device import device_facts
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.batch.on_page import Seen
    from advisor.rungs.saved.explaining import ImageReasons, WordReasons
    from advisor.rungs.saved.likeness import Likeness
    from advisor.rungs.saved.loading import Model
    from advisor.rungs.saved.predictor import Predictor
    from probes.novelty import Near


#: The fields of the preview, by the options that they set.
FIELDS = {
    "label_column": "Label",
    "text_column": "Text",
    "path_column": "Path of the image",
    "split_column": "Split",
    "group_column": "Group",
    "question_column": "Question",
    "answer_column": "Answer",
    "document_column": "Document with the answer",
    "several_labels": "Rows with several labels",
    "number_ranges": "Ranges of the numbers",
}


@dataclass(frozen=True)
class Reading:
    """A source and how to read it. ``hidden``: what its messages leave out of its path, since its user never saw it.

    ``options``: by the names of `ReadOptions`.
    """

    source: str
    hidden: str
    options: Mapping[str, str]


def read(asked: Reading, progress: Progress) -> str:
    """Read a source; returns the fingerprint."""
    with _speaking_to_a_page(asked):
        return api.read(asked.source, progress=progress, **asked.options).fingerprint  # type: ignore[arg-type]


def preview(asked: Reading, progress: Progress) -> Preview:
    """How a source would be read."""
    with _speaking_to_a_page(asked):
        seen = look_at(asked.source, ReadOptions.model_validate(asked.options), progress)
    return replace(seen, problem=seen.problem.replace(asked.hidden, ""))


@contextmanager
def _speaking_to_a_page(asked: Reading) -> Iterator[None]:
    """Messages inside name the fields of the preview in place of options, and hide what their reader never saw."""
    try:
        with fields(FIELDS):
            yield
    except DatasetError as error:
        raise DatasetError(str(error).replace(asked.hidden, "")) from error


def profile(dataset: Dataset, progress: Progress) -> None:
    """Count and check."""
    api.profile(dataset, progress=progress)


def probe(dataset: Dataset, backbone: str | None, progress: Progress) -> None:
    """Measure the evidence."""
    api.probe(dataset, backbone=backbone, progress=progress)


def advise(dataset: Dataset, question: Goal, progress: Progress) -> None:
    """Measure and advise."""
    api.advise(
        dataset,
        target=question.target,
        tolerance=question.tolerance,
        budget=question.budget_seconds,
        rungs=question.rungs,
        backbone=question.backbone,
        backbones=question.backbones,
        prices=question.prices,
        constraints=question.constraints,
        progress=progress,
    )


def exchange(dataset: Dataset, seconds: float, progress: Progress) -> None:
    """Measure what the pre-trained model is worth in labels."""
    api.exchange(dataset, budget=seconds, progress=progress)


def prompt(dataset: Dataset, template: str, model: str | None, shots: int, question: Goal, progress: Progress) -> None:
    """Measure a prompt, on the evidence that `question` asks for."""
    api.prompt(
        dataset,
        template,
        model=model,
        shots=shots,
        backbone=question.backbone,
        budget=question.budget_seconds,
        progress=progress,
    )


def ask(dataset: Dataset, question: str, model: str, progress: Progress) -> Answer:
    """Answer a question from the documents, with nothing trained."""
    return _with_pages(api.ask(dataset, [question], model=model)[0], dataset)


def answer(run: str, question: str, progress: Progress) -> Answer:
    """Answer a question with a run's model."""
    answers: Sequence[Answer] = _model(run, Workspace.here().folder).answer([question])  # type: ignore[union-attr]
    return _with_pages(answers[0], _trained_on(run)[1])


def _with_pages(answer: Answer, dataset: Dataset) -> Answer:
    """The answer with the page of each passage from a PDF."""
    place_of = dict(zip(dataset.documents["document"], dataset.documents["place"], strict=True))
    source = Path(dataset.source)

    def page(passage: Passage) -> int | None:
        place = source if source.is_file() else source / str(place_of.get(passage.document, ""))
        return page_of(place, passage.text)

    every = {
        name: tuple(passage.model_copy(update={"page": page(passage)}) for passage in found)
        for name, found in (("passages", answer.passages), ("further", answer.further))
    }
    return answer.model_copy(update=every)


def predict(run: str, items: Sequence[Any], progress: Progress) -> list[Prediction]:
    """Predict the label of each item with a run's model; one that cannot be used has a reason in its place."""
    model: Predictor = _model(run, Workspace.here().folder)  # type: ignore[assignment]
    model.threshold = threshold.kept(Workspace.here().run(run).folder)  # it may have been chosen since
    return model.predict(list(items))


def load(run: str, progress: Progress) -> None:
    """Load a run's model ahead of the first question."""
    _model(run, Workspace.here().folder)


def load_likeness(run: str, progress: Progress) -> None:
    """Load what compares items with the training part of a run, ahead of the first one."""
    _likeness(run, Workspace.here().folder)


def held_out(run: str, progress: Progress) -> None:
    """What a run's model says of held-out items; it lies in the run's folder."""
    threshold.held_out_of(Workspace.here().run(run).folder, progress)


def explain(run: str, item: Any, progress: Progress) -> WordReasons | ImageReasons:
    """What in an item decided for its label."""
    return _model(run, Workspace.here().folder).explain(item)  # type: ignore[union-attr]


def neighbours(run: str, rows: Sequence[int], k: int, progress: Progress) -> list[list[int]]:
    """The training rows that are most like each of a dataset's rows, by a run's backbone."""
    return _likeness(run, Workspace.here().folder).of_rows(rows, k)


def likeness(run: str, items: Sequence[Any], progress: Progress) -> list[Near]:
    """How like the training part of a run items are."""
    return _likeness(run, Workspace.here().folder).of_items(items)


def time_models(runs: Sequence[str], progress: Progress) -> None:
    """Time a prediction of each run's model; what is measured lies in the run's folder."""
    for place, run in enumerate(runs):
        dataset = _trained_on(run)[1]
        latency.measure(
            Workspace.here().run(run).folder, dataset,
            progress=lambda sentence, share, place=place: progress(sentence, (place + share) / len(runs)),  # type: ignore[misc]
        )  # fmt: skip


@dataclass(frozen=True)
class Added:
    """A version with labelled items: its fingerprint, and what was added in a sentence."""

    fingerprint: str
    sentence: str


def label_next(
    dataset: Dataset, source: str | None, hidden: str, n: int, column: str | None, progress: Progress
) -> None:
    """Choose the items to label next; they are kept beside the dataset. hidden: what messages leave out of the path."""
    try:
        with fields({"column": "Column of a table"}):
            improving.label_next(dataset, source, n=n, column=column, progress=progress)
    except DatasetError as error:
        raise DatasetError(str(error).replace(hidden, "") if hidden else str(error)) from error


def add_labels(dataset: Dataset, labelled: str, hidden: str, progress: Progress) -> Added:
    """Add labelled items to a dataset."""
    try:
        grown = improving.add_labels(dataset, labelled, progress=progress)
    except DatasetError as error:
        raise DatasetError(str(error).replace(hidden, "")) from error
    return Added(grown.dataset.fingerprint, grown.sentence)


def export(run: str, form: str, progress: Progress) -> None:
    """Write a run's model for other programs, into a folder of the run's own."""
    from advisor import leaving

    leaving.export(run, form, Workspace.here().run(run).exports / form, progress=progress)


def look_at_rows(run: str, source: str, hidden: str, progress: Progress) -> Seen:
    """What the rows of an upload are, for the box that predicts them. ``hidden``: as in `Reading`."""
    return on_page.look(Workspace.here().run(run).folder, source, hidden, progress)


def predict_rows(run: str, source: str, hidden: str, column: str | None, progress: Progress) -> None:
    """Predict the rows of an upload; the answers lie in the run's folder."""
    folder = Workspace.here().run(run).folder
    on_page.predict(folder, _model(run, Workspace.here().folder), source, hidden, column, progress)


def score(progress: Progress) -> None:
    """Score the advice on LadderBench."""
    kept_board(progress)


def device(progress: Progress) -> dict[str, str]:
    """Facts of the device, title by title."""
    return device_facts()


@lru_cache(maxsize=2)
def _likeness(run: str, workspace: object) -> Likeness:
    """The training part of a finished run to compare with."""
    from advisor.rungs.saved.likeness import Likeness

    plan, dataset = _trained_on(run)
    return Likeness(dataset, plan)


def _trained_on(run: str) -> tuple[Plan, Dataset]:
    """The plan of a run and the dataset that it is about."""
    plan = Plan.load(Workspace.here().run(run).plan)
    return plan, open_dataset(plan.fingerprint[:16])


@lru_cache(maxsize=2)
def _model(run: str, workspace: object) -> Model:
    """The model of a finished run; `workspace` tells apart runs of the same name."""
    return api.load(run)
