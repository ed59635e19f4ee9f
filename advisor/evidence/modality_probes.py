"""What is measured on images alone or on texts alone: one protocol, and one lookup for whoever asks.

The implementations lie side by side in `advisor.evidence.image_probes` and `advisor.evidence.text_probes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from advisor.core.kinds import ModalityName, kind_row
from advisor.core.records import Dataset, Domain, ProbeResult
from advisor.evidence.image_probes import IMAGE_PROBES
from advisor.evidence.sample import Sample
from advisor.evidence.text_probes import TEXT_PROBES
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration


class ModalityProbes(Protocol):
    """What a modality adds to the probes of a backbone.

    ``takes_prompts``: whether a user may write a prompt; ``domain_beside``: whether the distance may be measured in a
    thread beside everything else.
    """

    takes_prompts: bool
    domain_beside: bool

    def texts_to_time(self, dataset: Dataset) -> list[str] | None:
        """Texts to time the device with; None where items of one size do."""
        ...

    def properties(self, dataset: Dataset, rows: np.ndarray) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Simple properties of the items by group, for `probes.shortcuts`. Shape: rows (n,), each property (n,)."""
        ...

    def baselines(
        self, dataset: Dataset, sample: Sample, budget_seconds: float, progress: Progress
    ) -> list[ProbeResult]:
        """What models without a backbone reach."""
        ...

    def prompts(
        self, dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float, progress: Progress
    ) -> tuple[list[ProbeResult], str | None]:
        """What a model that reads class names reaches; also what could not be measured, in a sentence."""
        ...

    def domain(
        self, dataset: Dataset, backbone: Backbone, rows: np.ndarray, calibration: Calibration, progress: Progress
    ) -> tuple[Domain | None, str | None]:
        """The distance from the pre-training data; also what could not be measured, in a sentence."""
        ...


PROBES: dict[ModalityName, ModalityProbes] = {"image": IMAGE_PROBES, "text": TEXT_PROBES}


def probes_of(dataset: Dataset) -> ModalityProbes:
    """What is measured on this dataset's items alone."""
    return PROBES[kind_row(dataset.kind).modality]
