"""What a task's test of a model gives the report; `advisor.runs.report.report` has the table of tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from advisor.core.records import Dataset, Plan
from advisor.rungs.saved.loading import Model
from probes.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

#: Mistakes listed at most, those with the highest probability.
MOST_MISTAKES = 40


@dataclass(frozen=True)
class Results:
    """``fields``: those of `RunReport` that the task fills, the test value among them; ``sentences`` come first.

    ``predictions``: one row for each test item, None where the task keeps none.
    """

    fields: dict[str, Any]
    sentences: tuple[str, ...]
    predictions: pd.DataFrame | None = None


class Test(Protocol):
    """Tests a model on the test part."""

    def __call__(self, plan: Plan, dataset: Dataset, model: Model, progress: Progress, deadline: float) -> Results:
        """The results, by `deadline` on the monotonic clock. Raises RunError when nothing can be read."""
