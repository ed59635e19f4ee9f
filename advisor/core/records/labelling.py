"""Which unlabelled items to label next, and what that is expected to bring."""

from __future__ import annotations

from typing import Literal

from advisor.core.records.base import Kind, Record


class ToLabel(Record):
    """One item to label: its key and content's digest, its path or text, and what the probe makes of it.

    ``guess`` with its ``probability``, and ``margin``: how much likelier it is than the runner-up.
    """

    key: str
    digest: str
    item: str
    guess: str
    probability: float
    margin: float


class LabelsGain(Record):
    """Points of the metric that so many more labels at random are expected to bring, off the learning curve.

    ``low`` and ``high``: where the curve's 80 % band ends. The labels chosen bring about as much or more.
    """

    n_now: int
    n_then: int
    points: float
    low: float
    high: float


class NextLabels(Record):
    """The items to label next, the most useful first.

    ``n_pool``: unlabelled items looked at; ``n_left_out``: unlabelled items that could not be used, or that the dataset
    has already; ``method``: typical items of new clusters, or uncertain ones that differ; ``gain`` None: not known.
    """

    fingerprint: str
    dataset_name: str
    kind: Kind
    classes: tuple[str, ...]
    backbone: str
    source: str
    n_pool: int
    n_left_out: int
    method: Literal["typical", "doubtful"]
    items: tuple[ToLabel, ...]
    gain: LabelsGain | None = None
    sentences: tuple[str, ...] = ()
    seconds: float = 0.0
