"""Answering: an item is a question, its label the accepted answers, and documents lie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from advisor.core.kinds import TaskName
from advisor.core.records import Dataset
from advisor.data.inspect.duplicates_text import inspect_questions
from advisor.data.inspect.inspection import Inspection
from advisor.data.profile.findings import Described, taken
from advisor.data.profile.qa import QuestionCounts, question_facts, question_findings
from advisor.data.read.listing import Listing
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.modality import Modality


class Answering:
    """The task of answering; see `advisor.data.task.Task`. Too few questions are refused when they are listed."""

    name: TaskName = "answering"
    has_classes = False
    correctable = True

    def inspect(self, items: pd.DataFrame, modality: Modality, progress: Progress) -> Inspection:
        """Questions are copies of each other when they ask and answer the same."""
        return inspect_questions(items, progress)

    def checked(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Everything is kept: any question can be learned from."""
        return inspection

    def checked_split(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Everything is kept, in whichever part it stands."""
        return inspection

    def classes(self, listing: Listing) -> tuple[str, ...]:
        """None: answers are free text."""
        return ()

    def numbered(self, items: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
        """Every label is 0: the answers lie in a column of their own."""
        return items.assign(label=pd.Series(0, index=items.index, dtype="int64"))

    def counted(self, listing: Listing) -> dict[str, int]:
        """None: answers are free text."""
        return {}

    def describe(self, dataset: Dataset, modality: Modality, measures: pd.DataFrame) -> Described:
        """Questions, answers and documents."""
        counts = QuestionCounts.of(dataset)
        sizes = {column: taken(measures[column]) for column in modality.size_columns}
        sizes |= {name: taken(pd.Series(values)) for name, values in counts.sizes().items()}
        return Described(sizes, question_facts(counts), question_findings(counts))


ANSWERING = Answering()
