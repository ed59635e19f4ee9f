"""What a task draws on the pages: a protocol, and one lookup; the tasks lie side by side."""

from __future__ import annotations

from typing import Protocol

from advisor.core import wording
from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport
from advisor.ui.cards import Card, Topic
from advisor.ui.tasks import answering, classification, multilabel, tagging


class TaskView(Protocol):
    """What the pages ask of a task.

    ``CALIBRATES``: whether its evidence says which precision is fastest here. ``TOPICS``: what it measures, in
    the order of the cards. ``TRY_FIRST``: whether a model is tried before its figures, and what was found
    stands before the advice: that helps whoever asks, whatever a model makes of it.
    """

    CALIBRATES: bool
    TRY_FIRST: bool
    TOPICS: tuple[Topic, ...]

    def extent(self, dataset: Dataset) -> str:
        """What a dataset has besides its items, counted: classes, documents."""
        ...

    def summary(self, dataset: Dataset, profile: Profile) -> str:
        """The first sentence of the Profile page."""
        ...

    def profile(self, dataset: Dataset, profile: Profile) -> None:
        """The figures of the Profile page, and examples."""
        ...

    def choose_backbone(self, key: str, present: str | None = None) -> str | None:
        """A field for the model that is measured, where the user chooses it; else `present`."""
        ...

    def answer(self, evidence: Evidence) -> str:
        """The first sentence of the Evidence page."""
        ...

    def before_advice(self, evidence: Evidence) -> str:
        """What was found that does not hang on a rung, for the top of the Advice page; "" for nothing."""
        ...

    def reached(self, report: RunReport) -> str:
        """What a finished run reached, in a few words."""
        ...

    def answer_of(self, report: RunReport) -> str:
        """What a finished run reached, in sentences: the first of its page."""
        ...

    def value(self, report: RunReport) -> None:
        """The picture below the first sentence of a finished run."""
        ...

    def evidence(self, dataset: Dataset, evidence: Evidence) -> list[Card]:
        """The cards of the Evidence page, by use."""
        ...

    def try_model(self, run: str, plan: Plan) -> None:
        """The section of a finished run in which its model is tried."""
        ...

    def errors(self, report: RunReport, plan: Plan) -> None:
        """The sections of a finished run on where its model is wrong."""
        ...


VIEWS: dict[TaskName, TaskView] = {
    "classification": classification,
    "answering": answering,
    "multilabel": multilabel,
    "tagging": tagging,
}


def view_of(kind: str) -> TaskView:
    """What the task of a kind of dataset draws."""
    return VIEWS[kind_row(kind).task]


def describe(dataset: Dataset) -> str:
    """Name, items and extent of a dataset in one line."""
    items = kind_row(dataset.kind).counted(dataset.n_used)
    return f"{wording.short(dataset.name, 60)} · {items} · {view_of(dataset.kind).extent(dataset)}"
