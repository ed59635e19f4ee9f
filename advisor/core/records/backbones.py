"""The comparison of backbones: what each reached on the same items, and how far that is from the default."""

from __future__ import annotations

from advisor.core.records.base import Record
from probes.measured import Measured


class BackboneTrial(Record):
    """One backbone in the comparison: ``backbone`` by its reference, ``title`` for people.

    ``value``: the linear probe's metric on the items that it was given last; ``lead``: that value minus the default's
    on the same items in the same folds, with the 90 % interval of the difference; None for the default itself.
    ``seconds_per_item``: of a forward pass on this device. ``stayed``: whether it was in the last round. A backbone
    that could not be tried has no value, and its sentence says why.
    """

    backbone: str
    title: str
    value: Measured | None = None
    lead: Measured | None = None
    seconds_per_item: float | None = None
    stayed: bool = False
    sentence: str


class Backbones(Record):
    """What the race of backbones found: ``best`` is the one to start from, ``default`` what it had to beat.

    ``n``: the items of the last round; ``toll``: what a backbone must lead by for each doubling of the time per item
    (a share). ``sentence`` says which was taken and why; ``seconds``: what the race took.
    """

    default: str
    best: str
    trials: tuple[BackboneTrial, ...]
    n: int
    toll: float
    sentence: str
    seconds: float
