"""Plan, run, report and prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from advisor.core import notebook
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import RungName, run_title, rung
from advisor.core.records import former
from advisor.core.records.base import Kind, Metric, Record, State
from advisor.core.records.situation import Situation
from advisor.core.wording import between, capital, counted, percent, times
from advisor.core.workspace import RunFiles
from probes.measured import Measured
from probes.reading import LOOPED, loops


class Plan(Record):
    """Everything a run needs to be repeated to the same number.

    ``promised``: the forecast for the run. ``situation``: what the probes had measured under its backbone; the ledger
    keeps it beside the outcome. ``dataset_source``: the source that the dataset was read from. ``climb``: the climb
    that the run is a step of, "" for none.
    """

    run: str
    rung: RungName
    dataset_folder: str
    dataset_name: str
    fingerprint: str
    kind: Kind
    metric: Metric
    backbone: str
    backbone_hash: str
    input_size: int
    settings: dict[str, Any] = {}
    seed: int = 0
    budget_seconds: float = 300.0
    device: str = "auto"
    launcher: Literal["local", "torchrun", "ray"] = "local"
    processes: int = Field(default=1, ge=1)
    promised: Measured | None = None
    situation: Situation | None = None
    dataset_source: str = ""
    climb: str = ""


class TaggedSpan(Record):
    """Characters of a text from `start` up to, but not with, `end`, of a type. ``probability``: None of a truth."""

    start: int
    end: int
    type: str
    text: str
    probability: float | None = None


class Tagged(Record):
    """The spans that a trained model marks in a text, in their order.

    ``problem``: why the input was not tagged, as a sentence; it has no spans then.
    """

    input: str
    spans: tuple[TaggedSpan, ...] = ()
    problem: str = ""


class Mistake(Record):
    """One wrong prediction on the test part.

    Of a question: ``label`` is the first accepted answer, ``predicted`` what was answered, ``passage`` the text that it
    was read from, and ``outcome`` which failed (`probes.failures`). Of a sentence: ``question`` is its text, ``spans``
    what was marked and ``truth`` what there was.
    """

    key: str
    row: int
    label: str
    predicted: str
    probability: float
    question: str = ""
    passage: str = ""
    outcome: str = ""
    spans: tuple[TaggedSpan, ...] = ()
    truth: tuple[TaggedSpan, ...] = ()


class RunReport(Record):
    """The outcome of a run, against its forecast (``promised``). ``confusion[i][j]``: items of class i predicted as j.

    Of questions: ``outcomes`` counts which failed (`probes.failures`: right, misread, not found, wrongly refused, made
    up), beside the share of exact answers and the share of questions with the answer among five passages; ``refusing``
    is what refusing every question would score, the share that the documents do not answer.
    ``dropped``: why the run rolled back to the rung it had started from, whose model was saved; "" where it did not.
    ``gained_nothing``: it rolled back since the training, carried out to its end, was no better on held-out items.
    ``partial``: that the time allowed only a part of the training items, with how many; "" where it allowed all.
    """

    run: str
    rung: RungName
    metric: Metric
    test: Measured
    promised: Measured | None
    classes: tuple[str, ...]
    confusion: list[list[int]]
    per_class: list[dict[str, Any]]
    mistakes: tuple[Mistake, ...]
    ood: Measured | None = None
    exact_match: Measured | None = None
    recall_at_5: Measured | None = None
    refusing: float | None = None
    outcomes: dict[str, int] = {}
    validation: dict[str, float] = {}
    seconds: float
    device: str
    precision: str
    sentences: tuple[str, ...] = ()
    dropped: str = ""
    gained_nothing: bool = False
    partial: str = ""

    @property
    def served(self) -> RungName:
        """The rung of the model that the run kept."""
        start = rung(self.rung).falls_back_to.get(task_of_metric(self.metric))
        return start if self.dropped and start else self.rung

    @property
    def title(self) -> str:
        """What the run is called: by the rung of the model that it kept."""
        return run_title(self.rung, self.served)

    def _repr_html_(self) -> str:
        """The test value against the forecast, what came of the run, and its classes, as a notebook shows them."""
        n = counted(self.test.n, "test item")
        headline = f"{self.title}: {percent(self.test.value)} {self.metric} on {n}"
        numbers = [("Measured", self.test), ("Predicted", self.promised)]
        rows = [[title, percent(number.value), between(number.low, number.high)] for title, number in numbers if number]
        shown = notebook.headline(headline) + notebook.table(["", capital(self.metric), "90 % interval"], rows)
        shown += notebook.listing(self.sentences)
        if not self.per_class:
            return shown
        columns = list(self.per_class[0])
        cells = [[_cell(row.get(column)) for column in columns] for row in self.per_class]
        heads = ["Test items" if column == "n" else capital(column.replace("_", " ")) for column in columns]
        return shown + notebook.table(heads, cells)

    @classmethod
    def upgraded(cls, content: dict[str, Any]) -> dict[str, Any]:
        """With ``dropped`` and ``gained_nothing``."""
        return former.with_gained_nothing(former.with_dropped(content))


def _cell(value: object) -> str:
    """A share as a percentage, and anything else as it is."""
    return percent(value) if isinstance(value, float) else "" if value is None else str(value)


class RunStatus(Record):
    """The state of a run, from its folder and the store.

    ``kept``: the rung of the saved model where it is not the plan's; a run rolls back to the rung it started from when
    training is no better. ``interruptions``: how often its worker died and the run went on. ``doing``: what it does now
    and why, a sentence; ``seconds``: working time so far; ``memory_bytes``: what it holds on its device now. ``name``,
    ``note`` and ``starred``: what its owner noted.
    """

    run: str
    state: State
    rung: RungName
    dataset_name: str
    created: str
    directory: str
    attempts: int = 0
    cause: str = ""
    progress: float = 0.0
    eta_seconds: float | None = None
    stage: str = ""
    kept: RungName | None = None
    interruptions: int = 0
    doing: str = ""
    seconds: float = 0.0
    device: str = ""
    memory_bytes: float | None = None
    items_per_second: float | None = None
    name: str = ""
    note: str = ""
    starred: bool = False

    @property
    def interrupted(self) -> str:
        """Of a run that is under way how often it was interrupted, a sentence; "" where it never was."""
        if not self.interruptions or self.state not in ("running", "stopping"):
            return ""
        return f"Interrupted {times(self.interruptions)}; it goes on from what it had kept."

    @property
    def files(self) -> RunFiles:
        """The files in the run's folder."""
        return RunFiles(Path(self.directory))

    @property
    def title(self) -> str:
        """What the run is called: by the rung of the model that it kept."""
        return run_title(self.rung, self.kept)


class Prediction(Record):
    """One answer of a trained model: the label, its probability, and every class's probability.

    Where an item may have several labels: ``labels`` are those that reach their thresholds, ``label`` is the same in
    words, ``probability`` that of the least probable of them (without any, that the likeliest does not apply), and
    ``probabilities`` of each label by itself, which do not sum to 1. None where an item has one class.

    ``problem``: why an input has no label, as a sentence; empty for one that has. ``note``: what was done to the input
    that its owner may want to know. ``sure``: whether the probability reaches the run's threshold, and ``likely``: the
    classes that it may be, the most probable first; None and () where no threshold is kept (`Threshold`).
    """

    input: str
    label: str | None = None
    probability: float | None = None
    probabilities: dict[str, float] = {}
    problem: str = ""
    note: str = ""
    sure: bool | None = None
    likely: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None


class Threshold(Record):
    """From which probability on a run's model answers, and which classes are likely where it does not.

    ``right``: the share of the answers that is to be right, with ``certainty``. ``least``: of the label's probability.
    ``covers`` and ``right_there``: share answered of the ``n`` held-out items, and share right of these. ``test_…``:
    the same on the test part, which took no part in the choice; None where it is not known.

    ``least_likely``: of a class, so that the likely classes hold the truth in ``holds`` of the doubtful items, those
    with a probability below ``doubtful`` (above 1 for all); ``n_likely``: likely classes of these on average.
    """

    right: float
    certainty: float
    least: float
    covers: float
    right_there: float
    n: int
    least_likely: float
    holds: float
    n_likely: float
    doubtful: float = 2.0
    test_covers: float | None = None
    test_right: float | None = None
    n_test: int = 0
    test_holds: float | None = None
    n_test_doubtful: int = 0


class Passage(Record):
    """A passage that an answer cites: where it stands (characters from `start` to `end`) and how well it fits.

    ``page``: of a PDF, counted from 1, where somebody looked it up. ``likely``: the sentence, or the row of a table,
    that likely answers, in the words that are shown of it; "" where none shares a word with the question.
    """

    document: str
    title: str
    text: str
    start: int
    end: int
    score: float
    page: int | None = None
    likely: str = ""


class Answer(Record):
    """An answer to a question with the passages it rests on, the best first.

    ``supported``: whether a passage supports it; where none does, ``text`` says that it is not in the documents.
    ``probability``: the model's own (0 to 1), None where it gives none. ``problem``: why an input was not asked, as a
    sentence; its text is empty then. ``further``: the next best passages, which were found but not read. A model that
    only repeats itself has given no answer: ``text`` is what it wrote, ``usable`` is "", and ``note`` says so.
    """

    input: str
    text: str
    supported: bool
    probability: float | None = None
    passages: tuple[Passage, ...] = ()
    further: tuple[Passage, ...] = ()
    problem: str = ""

    @property
    def looped(self) -> bool:
        """Whether the model only repeated itself."""
        return loops(self.text)

    @property
    def usable(self) -> str:
        """The text as every page, command, server and table gives it: "" where the model only repeated itself."""
        return "" if self.looped else self.text

    @property
    def note(self) -> str:
        """What there is to say of the answer; "" where it speaks for itself."""
        return LOOPED if self.looped else ""
