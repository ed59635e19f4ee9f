"""Which backbone the frozen head stands on: those whose weights are at hand, compared on the same items.

A better backbone costs one pass over a sample to find, and the whole pass only where it wins by more than noise and the
time allows. The plan pins its own with ``settings["backbones"] = "pinned"``, or names those to compare.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.data.features import input_size, load_backbone
from advisor.rungs import common, stages
from advisor.rungs.common import Gathered
from advisor.rungs.context import RunContext
from probes.folds import spread_order
from probes.hooks import hooked
from probes.interval import paired_error

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.rungs.frozen_choice import Chosen
    from probes.backbones.catalog import Entry

SAMPLE_ITEMS = 400
#: Another backbone must lead by this many standard errors of the paired difference (one-sided 95 %).
NOISE = 1.645
#: Below this many seconds for comparing, nothing is compared: loading and timing a backbone take about three.
LEAST_SECONDS = 12.0
TIMED_ITEMS = 64


@dataclass(frozen=True)
class Tried:
    """A backbone with what its head reached on the sample, and the seconds that one item takes."""

    backbone: Backbone
    sample: Gathered
    chosen: Chosen
    value: float
    seconds_per_item: float


def choose_once(context: RunContext, own: Backbone, seconds: float) -> tuple[Backbone, tuple[str, ...]]:
    """As `choose`; a run that was interrupted after it stands on the same backbone without comparing again."""
    stage = stages.kept(context, "backbone")
    if stage is None:
        backbone, told = choose(context, own, seconds)
        stages.keep(context, "backbone", {"reference": backbone.entry.reference, "sentences": list(told)})
        return backbone, told
    told, reference = tuple(stage.values["sentences"]), stage.values["reference"]
    if reference == own.entry.reference:
        return own, told
    entry = next(entry for entry in wanted(context) if entry.reference == reference)
    return load_backbone(entry, input_size(context.dataset, entry), context.device), told


def choose(context: RunContext, own: Backbone, seconds: float) -> tuple[Backbone, tuple[str, ...]]:
    """The backbone to stand on, and what was compared; the plan's own where nothing else is at hand or affordable."""
    others = [entry for entry in wanted(context) if entry.reference != own.entry.reference]
    if not others or seconds < LEAST_SECONDS:
        return own, ()
    until = time.monotonic() + seconds
    labels = context.dataset.labels
    rows = context.dataset.where("train")
    few = rows[spread_order(labels[rows], context.plan.seed)][:SAMPLE_ITEMS]
    first = _tried(context, own, few, 0.4 * seconds)
    if first is None or len(first.sample.rows) < len(few):
        return own, ()
    best, told = first, [f"{own.entry.title} {100 * first.value:.1f} %"]
    for entry in others:
        found = _other(context, entry, few, until)
        if isinstance(found, str):
            told.append(found)
            continue
        told.append(f"{entry.title} {100 * found.value:.1f} %")
        if _ahead(context, found, best):
            best = found
    n = len(first.sample.rows)
    return best.backbone, (
        f"Backbones compared on {n:,} items: {', '.join(told)}; {best.backbone.entry.title} is taken.",
    )


def wanted(context: RunContext) -> list[Entry]:
    """The entries to compare: those the plan names, else those of the catalog whose weights are at hand."""
    from probes.backbones import catalog, weights

    named: Any = context.plan.settings.get("backbones", "at hand")
    if isinstance(named, (list, tuple)):
        return [catalog.find(str(name), context.plan.kind) for name in named]
    if named == "pinned" or "@" in context.plan.backbone:
        return []
    return [entry for entry in catalog.CATALOG if entry.kind == context.plan.kind and weights.available(entry)[0]]


def _tried(context: RunContext, backbone: Backbone, rows: np.ndarray, seconds: float) -> Tried | None:
    """The best head on the sample; None when the classes are too small to compare."""
    from advisor.rungs.frozen_choice import choose as choose_depths

    started = time.monotonic()
    every: Any = hooked(backbone)
    sample = common.gather(context, every, rows, seconds, (0.01, 0.1))
    pace = (time.monotonic() - started) / max(len(sample.rows), 1)
    chosen = choose_depths(context, every, sample, 4.0)
    if chosen.predicted is None:
        return None
    return Tried(backbone, sample, chosen, dict(chosen.tried)[chosen.depths], pace)


def _other(context: RunContext, entry: Entry, rows: np.ndarray, until: float) -> Tried | str:
    """Another backbone on the same sample, or why not: it must be able to pass over everything in the time left."""
    from probes.errors import BackboneError

    dataset = context.dataset
    try:
        backbone = load_backbone(entry, input_size(dataset, entry), context.device)
    except BackboneError as error:
        return f"{entry.title} left out ({error})"
    started = time.monotonic()
    timed: Any = hooked(backbone)
    common.gather(context, timed, rows[:TIMED_ITEMS], until - started, (0.01, 0.1))
    pace = (time.monotonic() - started) / TIMED_ITEMS
    n_all = len(dataset.where("train", "val", "test", "ood"))
    if pace * n_all > 0.7 * context.seconds_left or started + pace * len(rows) > until:
        return f"{entry.title} left out, as a pass over {n_all:,} items would take {pace * n_all:.0f} s"
    found = _tried(context, backbone, rows, until - time.monotonic())
    if found is None or len(found.sample.rows) < len(rows):
        return f"{entry.title} left out, as the time did not suffice"
    return found


def _ahead(context: RunContext, one: Tried, other: Tried) -> bool:
    """Whether one leads the other by more than noise on the same items."""
    assert one.chosen.predicted is not None and other.chosen.predicted is not None
    labels = context.dataset.labels[one.sample.rows]
    if not np.array_equal(one.sample.rows, other.sample.rows):
        return False
    error = paired_error(
        context.dataset.metric, labels, one.chosen.predicted, other.chosen.predicted, len(context.dataset.classes)
    )
    return one.value - other.value > NOISE * error
