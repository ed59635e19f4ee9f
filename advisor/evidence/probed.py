"""A model to be probed: each task gives its own, a backbone for classes and a language model for answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from advisor.core.records import Dataset, Evidence
from probes.progress import Progress

#: Takes evidence that is not complete.
Keep = Callable[[Evidence], None]


def forget(evidence: Evidence) -> None:
    """For a caller who waits for all of it."""


class ProbedModel(Protocol):
    """What `advisor.evidence.gather` asks: how kept evidence of a model is found without loading it, and a new one."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def identities(self) -> tuple[str, ...]:
        """What `Evidence.backbone_hash` may be."""

    def digest(self, identity: str) -> str:
        """The hexadecimal digits of an identity that name the files kept under it."""

    def glance(self, dataset: Dataset, keep: Keep) -> None:
        """Measure the cheapest probes on a few items, for whoever waits; nothing where that is not known of a model.

        Raises BackboneError, ProbeError.
        """

    def measure(self, dataset: Dataset, budget_seconds: float, progress: Progress, keep: Keep = forget) -> Evidence:
        """Load the model and measure the dataset's training part within about `budget_seconds`.

        keep: gets what is measured so far, whenever that has grown.
        """
