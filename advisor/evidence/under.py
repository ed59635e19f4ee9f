"""What evidence is gathered under: a backbone for images and texts, a language model for questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.core.records import Dataset, Evidence
from probes.progress import Progress


@dataclass(frozen=True)
class Under:
    """Its name, what kept evidence of it is found by without loading it, and how it is measured.

    ``identities``: what `Evidence.backbone_hash` may be; ``digest``: what file names keep of one.
    """

    name: str
    identities: tuple[str, ...]
    digest: Callable[[str], str]
    measure: Callable[[Dataset, float, Progress], Evidence]
