"""Which backbone to start from: those at hand, or those named, compared with the default on the same items.

A challenger is taken when the lower end of its lead (one-sided 95 %, shared among all that were tried) is above the
toll for its slowness: a quarter of a point for each doubling of the time per item. The evidence is then gathered with
it, so that the advice is a pair of backbone and rung, and a plan trains on what was advised.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from advisor.core.kinds import kind_row
from advisor.core.records import Backbones, BackboneTrial, Dataset
from advisor.core.wording import counted, duration, percent
from advisor.data.features import load_backbone
from advisor.evidence.backbone_race import Z, race
from probes.errors import BackboneError
from probes.progress import Progress, silent
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Load
    from probes.backbones.catalog import Kind
    from probes.backbones.entry import Entry

#: What may be compared beside named backbones: all whose weights are on this machine, or none.
AT_HAND, NONE = "at-hand", "none"
#: Share of the budget for the race; with fewer seconds than the least, nothing is compared.
SHARE, LEAST_SECONDS = 0.25, 6.0
#: What each doubling of the time per item must bring, a share of the metric: a quarter of a point.
TOLL = 0.0025
#: Raise it whenever the same backbones on the same items would give another comparison.
VERSION = 1


@stage("race")
def compared(
    dataset: Dataset, words: str, budget_seconds: float, progress: Progress = silent, load: Load = load_backbone
) -> Backbones | None:
    """The comparison that `words` ask for (`contenders`), kept or measured in a share of the budget.

    None where there is nothing to compare, or the budget is too short for it. Raises BackboneError for a named backbone
    that is unknown or not here.
    """
    others = contenders(dataset, words)
    seconds = SHARE * budget_seconds
    if not others or seconds < LEAST_SECONDS:
        return None
    default = _default(dataset)
    place = dataset.files.backbones(_key(default, others, budget_seconds))
    known = Backbones.saved(place)
    if known is not None:
        return known
    started = time.monotonic()
    trials = race(dataset, default, others, seconds, _undecided, progress, load)
    found = settled(_worded(trials), time.monotonic() - started)
    found.save(place)
    return found


def contenders(dataset: Dataset, words: str) -> list[Entry]:
    """The backbones to compare with the default: names between commas, those at hand, or none.

    At hand are those of the catalog whose weights are here, and the user's own in the folder that ``ADVISOR_WEIGHTS``
    names. Raises BackboneError for a name that is unknown, of another kind, or whose weights are not here.
    """
    from probes.backbones import catalog, weights

    modality: Kind = kind_row(dataset.kind).modality
    if kind_row(dataset.kind).task != "classification" or words == NONE:
        return []
    default = _default(dataset)
    if words == AT_HAND:
        listed = [entry for entry in catalog.CATALOG if entry.kind == modality and weights.available(entry)[0]]
        names = {entry.name for entry in catalog.CATALOG}
        own = [folder for folder in weights.own_models(modality) if folder.name not in names]
        found = [*listed, *(catalog.find(str(folder), modality) for folder in own)]
    else:
        found = [catalog.find(name.strip(), modality) for name in words.split(",") if name.strip()]
        missing = next((why for here, why in map(weights.available, found) if not here), None)
        if missing is not None:
            raise BackboneError(missing)
    return [entry for entry in dict.fromkeys(found) if entry.reference != default.reference]


def no_time(dataset: Dataset, words: str, budget_seconds: float) -> str | None:
    """That backbones at hand were not compared because the budget is too short; None where that is not so."""
    if SHARE * budget_seconds >= LEAST_SECONDS or not contenders(dataset, words):
        return None
    least = duration(LEAST_SECONDS / SHARE)
    return f"Backbones were not compared: that takes a budget of {least}, and this one is {duration(budget_seconds)}."


def settled(trials: Sequence[BackboneTrial], seconds: float, latency_ms: float | None = None) -> Backbones:
    """The comparison with the backbone to start from, and the sentence that says why.

    trials: the default's first. latency_ms: a prediction's longest time; no slower backbone is taken.
    """
    default, challengers = trials[0], trials[1:]
    measured = [trial for trial in challengers if trial.lead is not None]
    z = certainty(len(measured))
    able = [trial for trial in measured if trial.stayed and not _too_slow(trial, latency_ms)]
    ahead = [trial for trial in able if _low(trial, z) > toll(trial, default)]
    best = max(ahead, key=_lead, default=default)
    return Backbones(
        default=default.backbone,
        best=best.backbone,
        trials=tuple(trials),
        n=max(trial.value.n if trial.value else 0 for trial in trials),
        toll=TOLL,
        sentence=f"Start from {best.title}. {best.sentence}"
        if best is not default
        else _kept(default, challengers, latency_ms, z),
        seconds=seconds,
    )


def certainty(n: int) -> float:
    """Standard errors that a lead must have among n challengers: one of many leads by chance alone (Bonferroni).

    >>> [round(certainty(n), 2) for n in (1, 4)]
    [1.64, 2.24]
    """
    return NormalDist().inv_cdf(1 - 0.05 / max(n, 1))


def toll(trial: BackboneTrial, default: BackboneTrial) -> float:
    """What a backbone must lead by for its extra time per item, a share."""
    return TOLL * max(0.0, math.log2(max(times(trial, default), 1e-9)))


def times(trial: BackboneTrial, default: BackboneTrial) -> float:
    """How many times as long as the default an item takes; 1 where that is not known."""
    if not trial.seconds_per_item or not default.seconds_per_item:
        return 1.0
    return trial.seconds_per_item / default.seconds_per_item


def _default(dataset: Dataset) -> Entry:
    from probes.backbones import catalog

    return catalog.default(kind_row(dataset.kind).modality)


def _key(default: Entry, others: Sequence[Entry], budget_seconds: float) -> str:
    """What a comparison depends on: the backbones, their files as they are now, the budget and this version."""
    from probes.backbones.weights import weights_path

    facts: list[object] = [VERSION, budget_seconds]
    for entry in (default, *others):
        file = weights_path(entry).stat()
        facts.append([entry.reference, file.st_size, file.st_mtime_ns, entry.pooling, entry.prefixes.item])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _undecided(trials: Sequence[BackboneTrial]) -> bool:
    """Whether more items could change which backbone is taken."""
    default = trials[0]
    z = certainty(sum(trial.lead is not None for trial in trials[1:]))
    return any(
        abs(_lead(trial) - toll(trial, default)) <= _lead(trial) - _low(trial, z)
        for trial in trials[1:]
        if trial.lead is not None and trial.stayed
    )


def _lead(trial: BackboneTrial) -> float:
    return trial.lead.value if trial.lead else -math.inf


def _low(trial: BackboneTrial, z: float) -> float:
    """The lower end of a lead at z standard errors; its own interval has `Z`."""
    return -math.inf if trial.lead is None else trial.lead.value - z / Z * (trial.lead.value - trial.lead.low)


def _too_slow(trial: BackboneTrial, latency_ms: float | None) -> bool:
    return latency_ms is not None and 1000 * (trial.seconds_per_item or 0.0) > latency_ms


def _worded(trials: Sequence[BackboneTrial]) -> list[BackboneTrial]:
    """The trials, each with what it says in a sentence."""
    return [trial.model_copy(update={"sentence": _sentence(trial, trials[0])}) for trial in trials]


def _sentence(trial: BackboneTrial, default: BackboneTrial) -> str:
    if trial.value is None:
        return f"{trial.title} was not tried: {trial.sentence or 'there was no time left'}."
    items = counted(trial.value.n, "item")
    if trial.lead is None:
        return f"{trial.title}, the default, reaches {percent(trial.value.value)} on {items}."
    points, low, high = (100 * bound for bound in (trial.lead.value, trial.lead.low, trial.lead.high))
    side = "above" if points >= 0 else "below"
    ratio = times(trial, default)
    return (
        f"{trial.title} is {abs(points):.1f} points {side} {default.title} ({low:+.1f} to {high:+.1f}) on the same "
        f"{items} {_pace(ratio)}."
    )


def _pace(ratio: float) -> str:
    """The time of one backbone over another's in words.

    >>> _pace(1.02), _pace(0.9), _pace(1.2), _pace(2.34)
    ('in the same time', 'in 10 % less time', 'in 20 % more time', 'in 2.3 times the time')
    """
    if abs(ratio - 1.0) < 0.05:
        return "in the same time"
    if ratio >= 1.5:
        return f"in {ratio:.1f} times the time"
    return f"in {percent(abs(ratio - 1.0), 0)} {'less' if ratio < 1.0 else 'more'} time"


def _kept(default: BackboneTrial, others: Sequence[BackboneTrial], latency_ms: float | None, z: float) -> str:
    """That the default stays, and why the best of the others does not replace it."""
    leader = max((trial for trial in others if trial.lead is not None), key=_lead, default=None)
    if default.value is None:
        return f"Start from {default.title}: nothing can be compared on this set. {default.sentence}"
    if leader is None:
        why = others[0].sentence if others else ""
        return f"Start from {default.title}: no other backbone could be compared. {why}".rstrip()
    if _lead(leader) <= 0:
        return f"Start from {default.title}: no other backbone did better. {leader.sentence}"
    return f"Start from {default.title}: {_doubt(leader, latency_ms, z)}. {leader.sentence}"


def _doubt(leader: BackboneTrial, latency_ms: float | None, z: float) -> str:
    """Why a lead is not enough, as a clause: the time of a prediction, chance alone, or the time that it takes more."""
    if _too_slow(leader, latency_ms):
        return f"{leader.title} takes longer than {latency_ms:g} ms a prediction"
    if _low(leader, z) <= 0:
        return f"the lead of {leader.title} may be noise"
    if not leader.stayed:
        return f"{leader.title} dropped out before it was certain of its lead"
    return f"the lead of {leader.title} may not pay for its time"
