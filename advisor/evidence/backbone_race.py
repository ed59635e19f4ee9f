"""Backbones race on one small sample by the linear probe, within a given time.

Successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
AISTATS 2016, https://arxiv.org/abs/1502.07943): each round doubles the items, and the worse half of the challengers
drops out. The default stays to the end, since every lead is measured against it on the same items in the same folds,
which is far sharper than comparing two intervals.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import BackboneTrial, Dataset
from advisor.core.wording import counted, duration
from advisor.data.features import feature_cache, features_of, input_size, load_backbone
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.opening import calibrated
from advisor.evidence.sample import related, sample_rows
from probes.errors import BackboneError, ProbeError, first_line
from probes.interval import paired_error
from probes.measured import Measured
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from probes.backbones.entry import Entry
    from probes.device import Calibration

#: Items of the first round, and the most of any.
FIRST_ITEMS, MOST_ITEMS = 100, 1600
#: Items that a backbone is timed on before its first round, and those before them, which open an engine.
TIMED_ITEMS, OPENING_ITEMS = 16, 2
#: A further round takes at least so many times the items of the one before, and this share of the time left.
WORTH_A_ROUND, ROUND_SHARE = 1.3, 0.7
#: Seconds for one linear probe at most.
MOST_PROBE_SECONDS = 8.0
#: Share of the time left in a round that the default may take: what it reads, the evidence reads again at no cost.
DEFAULT_SHARE = 0.6
#: Half the width of a 90 % interval, in standard errors.
Z = NormalDist().inv_cdf(0.95)

#: Whether more items could change which backbone is taken, by the trials so far, the default's first.
Undecided = Callable[[Sequence[BackboneTrial]], bool]


def race(
    dataset: Dataset,
    default: Entry,
    others: Sequence[Entry],
    seconds: float,
    undecided: Undecided,
    progress: Progress = silent,
    load: Load = load_backbone,
) -> tuple[BackboneTrial, ...]:
    """Every backbone's trial on the training part, the default's first, in about `seconds`.

    The time starts when the default has been loaded and has read the first items, which the evidence needs in any case.
    A backbone that does not load or is too slow says so in its trial. None has a value where nothing can be held out.
    Raises BackboneError where the default does not load.
    """
    challengers = [Racer(entry) for entry in sorted(others, key=lambda entry: entry.size_bytes)]
    run = _Race(dataset, Racer(default), challengers, math.inf, load)
    rows = sample_rows(dataset, FIRST_ITEMS)
    progress(f"Comparing backbones, {counted(len(rows), 'item')}", 0.0)
    run.enter(run.default, rows)
    try:
        run.measure(run.default, rows, len(rows))
        run.until = time.monotonic() + seconds
        run.all_rounds(undecided, progress)
    except ProbeError as error:  # a class too small to hold anything out
        run.default.leave(first_line(error).rstrip("."))
    return run.trials()


@dataclass
class Racer:
    """A backbone in the race. Shape: predicted (n,) out of fold on the rows of its last round, -1 for unreadable ones.

    ``each``: seconds of an item through the network on a free machine; ``pace``: those that one more item takes now,
    decoding included.
    ``calibration``: how it is run, for every racer as is best for the default. ``running``: whether it goes on;
    ``worse``: whether it was in the worse half of a round; ``why`` it was never tried.
    """

    entry: Entry
    backbone: Backbone | None = None
    calibration: Calibration | None = None
    each: float = 0.0
    pace: float = 0.0
    value: Measured | None = None
    lead: Measured | None = None
    predicted: np.ndarray | None = None
    running: bool = True
    worse: bool = False
    why: str = ""

    def leave(self, why: str = "", worse: bool = False) -> None:
        """Out of the race; its weights are let go."""
        self.running, self.worse, self.why, self.backbone = False, worse, why, None


@dataclass
class _Race:
    """A race under way; ``until``: when its time is over."""

    dataset: Dataset
    default: Racer
    challengers: list[Racer]
    until: float
    load: Load

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.until - time.monotonic()

    @property
    def running(self) -> list[Racer]:
        """The challengers still in the race."""
        return [racer for racer in self.challengers if racer.running]

    def trials(self) -> tuple[BackboneTrial, ...]:
        """What is known of every backbone, the default first."""
        return tuple(_trial(racer) for racer in (self.default, *self.challengers))

    def all_rounds(self, undecided: Undecided, progress: Progress) -> None:
        """Round after round, until one is left and clear, the items end, or the time does."""
        seconds, n_all, size = max(self.left, 1e-9), len(self.dataset.where("train", "val")), FIRST_ITEMS
        while size:
            rows = sample_rows(self.dataset, min(size, n_all))
            progress(f"Comparing backbones, {counted(len(rows), 'item')}", min(1.0, 1.0 - self.left / seconds))
            if not self.round(rows):
                return
            self.halve()
            if not self.running or not undecided(self.trials()):
                return
            size = self.next_size(len(rows), min(n_all, MOST_ITEMS))

    def round(self, rows: np.ndarray) -> bool:
        """The default and then every challenger on these rows; False where the default has no time for them."""
        racers = [self.default, *self.running]
        for place, racer in enumerate(racers):
            own = DEFAULT_SHARE if racer is self.default else 1.0 / (len(racers) - place)
            if not self.look(racer, rows, own * self.left) and racer is self.default:
                return False
        return True

    def look(self, racer: Racer, rows: np.ndarray, seconds: float) -> bool:
        """One backbone on these rows; it leaves the race where that takes longer than `seconds`."""
        if racer.predicted is not None and len(racer.predicted) == len(rows):
            return True  # it has read these very rows
        started = time.monotonic()
        try:
            if racer.backbone is None:
                self.enter(racer, rows)
        except BackboneError as error:
            racer.leave(first_line(error).rstrip("."))
            return False
        n_new = len(rows) - (racer.value.n if racer.value else 0)
        if time.monotonic() - started + racer.pace * n_new > seconds:
            needed = f"{counted(len(rows), 'item')} would have taken {duration(racer.pace * len(rows))}"
            racer.leave(needed if racer.value is None else "")
            return False
        self.measure(racer, rows, n_new)
        return True

    def enter(self, racer: Racer, rows: np.ndarray) -> None:
        """Load a backbone, see how fast it is and time a few items. Raises BackboneError.

        A challenger is run as is best for the default on this device, since measuring that again takes a second or two.
        """
        from probes import device as devices

        entry = racer.entry
        load = self.load if racer is self.default else load_backbone  # a memory of one backbone keeps the default
        racer.backbone = load(entry, input_size(self.dataset, entry), devices.pick())
        racer.calibration = self.default.calibration or calibrated(self.dataset, racer.backbone)
        rate = self.rate(racer)
        wide, few = _wide(racer.backbone), rows[: OPENING_ITEMS + TIMED_ITEMS]
        features_of(self.dataset, few[:OPENING_ITEMS], wide, silent, racer.calibration)  # opens an engine
        timed = features_of(self.dataset, few, wide, silent, racer.calibration)
        forward = 1.0 / max(rate, 1e-6)
        racer.pace = forward if timed.cached else max(forward, timed.seconds / max(1, len(few) - OPENING_ITEMS))

    def rate(self, racer: Racer) -> float:
        """Items a second through the network now; also sets what one takes on a free machine."""
        from probes.calibrations import present_pace
        from probes.device import check_pace

        how = racer.calibration
        assert how is not None and racer.backbone is not None  # `enter` came before
        if racer is self.default:
            racer.each = how.seconds_per_item
            return how.items_per_second
        texts = probes_of(self.dataset).texts_to_time(self.dataset)
        now = present_pace(racer.backbone, how, feature_cache(), texts) or check_pace(racer.backbone, how, texts)
        racer.each = now.seconds
        return now.rate

    def measure(self, racer: Racer, rows: np.ndarray, n_new: int) -> None:
        """The linear probe on the last features of these rows, and the lead over the default. Raises ProbeError."""
        from probes.linear import linear_probe

        dataset, backbone = self.dataset, racer.backbone
        assert backbone is not None  # `enter` came before
        found = features_of(dataset, rows, _wide(backbone), silent, racer.calibration)
        if not found.cached and n_new > 0:
            racer.pace = found.seconds / n_new
        ok, labels = found.ok, dataset.labels[rows]
        features = np.ascontiguousarray(np.asarray(found.array)[ok, -backbone.dim :])
        limit = min(MOST_PROBE_SECONDS, max(1.0, self.left / 4))
        probe = linear_probe(
            features, labels[ok], dataset.metric, related(dataset)[rows][ok], seconds_limit=limit,
            n_classes=len(dataset.classes),
        )  # fmt: skip
        racer.value, racer.predicted = probe.measured, np.full(len(rows), -1)
        racer.predicted[ok] = probe.oof_predicted
        base = self.default
        if racer is not base and base.value is not None and base.predicted is not None:
            both = ok & (base.predicted >= 0)
            error = paired_error(
                dataset.metric, labels[both], racer.predicted[both], base.predicted[both], len(dataset.classes)
            )
            lead = racer.value.value - base.value.value
            racer.lead = racer.value.model_copy(
                update={"value": lead, "low": lead - Z * error, "high": lead + Z * error, "n": int(both.sum())}
            )

    def halve(self) -> None:
        """The worse half of the challengers drops out; the last one stays."""
        ranked = sorted(self.running, key=lambda racer: -racer.value.value if racer.value else 0.0)
        for racer in ranked[(len(ranked) + 1) // 2 :]:
            racer.leave(worse=True)

    def next_size(self, n: int, most: int) -> int:
        """Twice the items, or as many as there is time for; 0 where that is no round worth running."""
        each = sum(racer.pace for racer in (self.default, *self.running))
        size = min(2 * n, most, n + int(ROUND_SHARE * self.left / max(each, 1e-9)))
        return size if size > n and size >= min(WORTH_A_ROUND * n, most) else 0


def _wide(backbone: Backbone) -> Any:
    """The backbone with every layer in its features, as the probes of the one that is taken will read them."""
    from probes.hooks import hooked

    return hooked(backbone)


def _trial(racer: Racer) -> BackboneTrial:
    """A racer as the record keeps it."""
    return BackboneTrial(
        backbone=racer.entry.reference,
        title=racer.entry.title,
        value=racer.value,
        lead=racer.lead,
        seconds_per_item=racer.each if racer.value is not None and racer.each > 0 else None,
        stayed=racer.value is not None and not racer.worse,
        sentence=racer.why,
    )
