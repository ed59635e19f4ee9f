"""Which backbone the frozen head is trained on: those whose weights are at hand, compared on the same items.

Finding a better backbone costs one pass over a sample; the whole pass follows only where it wins by more than noise and
there is time. The plan pins its own with ``settings["backbones"] = "pinned"``, or names those to compare.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.wording import duration, percent
from advisor.data.features import input_size, load_backbone
from advisor.rungs import common, stages
from advisor.rungs.common import Features
from advisor.rungs.context import RunContext
from probes.folds import spread_order
from probes.hooks import hooked
from probes.interval import paired_error

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.rungs.frozen_choice import Choice
    from probes.backbones.catalog import Entry

SAMPLE_ITEMS = 400
#: Another backbone must lead by this many standard errors of the paired difference (one-sided 95 %).
NOISE = 1.645
#: With fewer seconds nothing is compared: loading and timing a backbone take about three.
LEAST_SECONDS = 12.0
TIMED_ITEMS = 64


@dataclass(frozen=True)
class Candidate:
    """A backbone with the value of its head on the sample, and the seconds that one item takes."""

    backbone: Backbone
    sample: Features
    choice: Choice
    value: float
    seconds_per_item: float


def choose_once(context: RunContext, own: Backbone, seconds: float) -> tuple[Backbone, tuple[str, ...]]:
    """As `choose`; a run that was interrupted afterwards takes the same backbone without comparing again."""
    stage = stages.kept(context, "backbone")
    if stage is None:
        backbone, sentences = choose(context, own, seconds)
        stages.keep(context, "backbone", {"reference": backbone.entry.reference, "sentences": list(sentences)})
        return backbone, sentences
    sentences, reference = tuple(stage.values["sentences"]), stage.values["reference"]
    if reference == own.entry.reference:
        return own, sentences
    entry = next(entry for entry in wanted(context) if entry.reference == reference)
    return load_backbone(entry, input_size(context.dataset, entry), context.device), sentences


def choose(context: RunContext, own: Backbone, seconds: float) -> tuple[Backbone, tuple[str, ...]]:
    """The best backbone, and what was compared; the plan's own where no other is at hand or affordable."""
    others = [entry for entry in wanted(context) if entry.reference != own.entry.reference]
    if not others or seconds < LEAST_SECONDS:
        return own, ()
    until = time.monotonic() + seconds
    labels = context.dataset.labels
    rows = context.dataset.where("train")
    few = rows[spread_order(labels[rows], context.plan.seed)][:SAMPLE_ITEMS]
    first = _candidate(context, own, few, 0.4 * seconds)
    if first is None or len(first.sample.rows) < len(few):
        return own, ()
    best, leader, remarks = first, first, [f"{own.entry.title} {percent(first.value)}"]
    for entry in others:
        other = _other(context, entry, few, until)
        if isinstance(other, str):
            remarks.append(other)
            continue
        remarks.append(f"{entry.title} {percent(other.value)}")
        leader = max(leader, other, key=lambda one: one.value)
        if _ahead(context, other, best):
            best = other
    n = len(first.sample.rows)
    return best.backbone, (f"Backbones compared on {n:,} items: {', '.join(remarks)}. {_why(best, first, leader)}",)


def _why(best: Candidate, first: Candidate, leader: Candidate) -> str:
    """Which backbone the run goes on with, and the rule that decided."""
    title = best.backbone.entry.title
    if best is not leader:
        lead = f"the lead of {leader.backbone.entry.title} is within noise"
        return f"{title} was {'kept' if best is first else 'chosen'}, because {lead}."
    return f"{title} was kept." if best is first else f"{title} was chosen: its lead is more than noise."


def wanted(context: RunContext) -> list[Entry]:
    """The entries to compare: those the plan names, else those of the catalog whose weights are at hand."""
    from probes.backbones import catalog, weights

    named: Any = context.plan.settings.get("backbones", "at hand")
    modality = kind_row(context.plan.kind).modality
    if isinstance(named, (list, tuple)):
        return [catalog.find(str(name), modality) for name in named]
    if named == "pinned" or "@" in context.plan.backbone:
        return []
    return [entry for entry in catalog.CATALOG if entry.kind == modality and weights.available(entry)[0]]


def _candidate(context: RunContext, backbone: Backbone, rows: np.ndarray, seconds: float) -> Candidate | None:
    """The best head on the sample; None when the classes are too small to compare."""
    from advisor.rungs.frozen_choice import choose as choose_layers

    started = time.monotonic()
    every: Any = hooked(backbone)
    sample = common.gather(context, every, rows, seconds, (0.01, 0.1))
    pace = (time.monotonic() - started) / max(len(sample.rows), 1)
    choice = choose_layers(context, every, sample, 4.0)
    if choice.predicted is None:
        return None
    return Candidate(backbone, sample, choice, dict(choice.tried)[choice.layers], pace)


def _other(context: RunContext, entry: Entry, rows: np.ndarray, until: float) -> Candidate | str:
    """Another backbone on the same sample, or why not: one pass over all items must fit into the time left."""
    from probes.errors import BackboneError

    dataset = context.dataset
    try:
        backbone = load_backbone(entry, input_size(dataset, entry), context.device)
    except BackboneError as error:
        return f"{entry.title} not tried ({str(error).rstrip('.')})"
    started = time.monotonic()
    timed: Any = hooked(backbone)
    common.gather(context, timed, rows[:TIMED_ITEMS], until - started, (0.01, 0.1))
    pace = (time.monotonic() - started) / TIMED_ITEMS
    n_all = len(dataset.where("train", "val", "test", "ood"))
    if pace * n_all > 0.7 * context.seconds_left or started + pace * len(rows) > until:
        return f"{entry.title} not tried (one pass over {n_all:,} items would take {duration(pace * n_all)})"
    candidate = _candidate(context, backbone, rows, until - time.monotonic())
    if candidate is None or len(candidate.sample.rows) < len(rows):
        return f"{entry.title} not tried (not enough time)"
    return candidate


def _ahead(context: RunContext, one: Candidate, other: Candidate) -> bool:
    """Whether one leads the other by more than noise on the same items."""
    assert one.choice.predicted is not None and other.choice.predicted is not None
    labels = context.dataset.labels[one.sample.rows]
    if not np.array_equal(one.sample.rows, other.sample.rows):
        return False
    error = paired_error(
        context.dataset.metric, labels, one.choice.predicted, other.choice.predicted, len(context.dataset.classes)
    )
    return one.value - other.value > NOISE * error
