"""What the command shows of a task: one module for each, and one lookup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rich.console import Console

from advisor.cli import show_answers, show_classes, show_label_sets, show_tags
from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Dataset, Evidence, RunReport
from probes.progress import Progress


class ShownTask(Protocol):
    """How a task's parts are drawn on a terminal."""

    def scope(self, dataset: Dataset) -> str:
        """What the items stand against, such as "in 3 classes"."""
        ...

    def evidence(self, to: Console, dataset: Dataset, evidence: Evidence) -> None:
        """The measured numbers as tables, and what they were measured with."""
        ...

    def report(self, to: Console, report: RunReport) -> None:
        """What a run came to beyond its test value."""
        ...

    def applied(self, model: Any, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
        """What a saved model of the task says of new inputs: the document for --json, and how to print it."""
        ...


TASKS: dict[TaskName, ShownTask] = {
    "classification": show_classes,
    "answering": show_answers,
    "multilabel": show_label_sets,
    "tagging": show_tags,
}


def shown_task(kind: str) -> ShownTask:
    """How the task of this kind of data is shown."""
    return TASKS[kind_row(kind).task]
