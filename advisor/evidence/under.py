"""What evidence is gathered under: a backbone for images and texts, a language model for questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.records import Dataset, Evidence
from probes.progress import Progress


@dataclass(frozen=True)
class Under:
    """Its name and the digest of its weights, which the kept evidence is found by, and how it is measured."""

    name: str
    digest: str
    measure: Callable[[Dataset, float, Progress], Evidence]
