"""Which network is trained from scratch on images: a short race between the plan's architecture and a small one.

The plan's network suits photographs better, the small one sees several times as many pictures a second, and which
matters more depends on the data and the time. Each trains for the same seconds from its own random weights with the
same recipe; the better validation value wins.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.wording import duration, percent
from advisor.data.features import load_backbone
from advisor.rungs import stages
from advisor.rungs.context import RunContext
from advisor.training import recipes
from advisor.training.network import Classifier, build, quick_batch_norm
from advisor.training.problems import problem_of
from advisor.training.search import reading_speed, training_speed
from advisor.training.settings import Callbacks
from probes.folds import spread_order

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: Share of the training time that each network races for, and the fewest seconds that say anything.
SHARE, LEAST_SECONDS = 0.12, 5.0
#: The small network's input where its usual one leaves too few passes.
SMALLEST_PX = 64
ARCHITECTURES = ("same", "small")


@dataclass(frozen=True)
class Racer:
    """A network after its race. ``size``: its input; ``speed``, ``reading``: items a second trained and read at it."""

    architecture: str
    title: str
    size: int
    usual: int
    speed: float
    reading: float
    value: float = -math.inf
    loss: float = math.inf


#: (network, seconds for its training, values of a race for the report, sentences).
Choice = tuple[Racer, float, dict[str, Any], tuple[str, ...]]


def random_backbone(context: RunContext, architecture: str, size: int | None = None) -> Backbone:
    """The plan's architecture or the small one, with random weights drawn from the plan's seed."""
    from probes.backbones import catalog
    from probes.backbones.small import SMALL

    plan = context.plan
    small = architecture == "small"
    entry = SMALL if small else catalog.find(plan.backbone, kind_row(plan.kind).modality)
    px = size or (SMALL.input_size if small else plan.input_size)
    return load_backbone(entry, px, context.device, pretrained=False, seed=plan.seed)


def fresh_network(context: RunContext, backbone: Backbone) -> Classifier:
    """The architecture with a new head, its batch norm following quickly."""
    network = build(backbone, len(context.dataset.classes), hold_batch_norm=False)
    quick_batch_norm(network)
    return network


def timed(context: RunContext, architecture: str) -> tuple[Racer, float]:
    """The network with its speed and the input size that the time allows; and the seconds for training."""
    from advisor.rungs.trained import some, training_seconds

    rows = context.dataset.where("train")
    backbone = random_backbone(context, architecture)
    few = some(rows)
    context.say(f"A few training steps of {backbone.entry.title} are timed, to see how many fit into the time.")
    problem, _ = problem_of(context.dataset, "scratch", fresh_network(context, backbone), backbone, few, few)
    reading, first = reading_speed(problem), training_speed(problem)
    seconds = training_seconds(context, reading)
    usual = backbone.input_size
    size, speed = recipes.size_and_speed("scratch", context.plan.kind, problem.train, usual, len(rows), first, seconds)
    if architecture == "small" and speed * seconds < recipes.items_wanted("scratch", len(rows)):
        size, speed = SMALLEST_PX, speed * (size / SMALLEST_PX) ** 2
    # a smaller input is read faster by as much
    return Racer(architecture, backbone.entry.title, size, usual, speed, reading * speed / first), seconds


def raced(context: RunContext, racers: list[Racer], val_rows: np.ndarray, seconds: float) -> list[Racer]:
    """The racers with their values after `seconds` each; those that a stop kept from starting are as they were."""
    return [_run_once(context, racer, val_rows, seconds) for racer in racers]


def _run_once(context: RunContext, racer: Racer, val_rows: np.ndarray, seconds: float) -> Racer:
    """As `_run`; one that had ended before the run was interrupted is not run again."""
    name = f"raced-{racer.architecture}"
    stage = stages.kept(context, name)
    if stage is not None:
        return _racer(stage.values)
    if context.should_stop():
        return racer
    raced = _run(context, racer, val_rows, seconds)
    if not context.should_stop():  # one that was cut short is to run again
        stages.keep(context, name, _plain(raced))
    return raced


def _plain(racer: Racer) -> dict[str, Any]:
    """A racer as JSON holds it; infinite numbers as null."""
    values = dataclasses.asdict(racer)
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def _racer(values: dict[str, Any]) -> Racer:
    return Racer(**{k: v for k, v in values.items() if v is not None})


def _timed_once(context: RunContext, architectures: list[str]) -> tuple[list[Racer], float]:
    """The networks as timed, and the seconds for training; the same again in a run that was interrupted."""
    stage = stages.kept(context, "timed")
    if stage is not None:
        return [_racer(values) for values in stage.values["racers"]], float(stage.values["seconds"])
    both = [timed(context, name) for name in architectures]
    racers, seconds = [racer for racer, _ in both], min(seconds for _, seconds in both)
    stages.keep(context, "timed", {"racers": [_plain(racer) for racer in racers], "seconds": seconds})
    return racers, seconds


def _run(context: RunContext, racer: Racer, val_rows: np.ndarray, seconds: float) -> Racer:
    from advisor.training.loop import fit

    context.emit(f"Racing {racer.title}", 0.02)
    context.say(
        f"{racer.title} trains from random weights for {duration(seconds)}; the network that validates better goes on."
    )
    dataset, rows = context.dataset, context.dataset.where("train")
    backbone = random_backbone(context, racer.architecture, racer.size)
    network = fresh_network(context, backbone)
    problem, _ = problem_of(dataset, "scratch", network, backbone, rows, val_rows)
    settings = dataclasses.replace(
        recipes.settings_for("scratch", dataset.kind, len(rows), seconds, context.plan.seed),
        n_evaluations=0,
        patience=0,
        first_look=False,
        autocast=recipes.training_precision(context.device),
    )
    result = fit(problem, settings, Callbacks(emit=_watched(context, racer), should_stop=context.should_stop))
    if result.diverged:
        return racer
    return dataclasses.replace(racer, value=result.value, loss=result.loss)


def _watched(context: RunContext, racer: Racer) -> Callable[[dict[str, Any]], None]:
    """Reports the numbers of a racer as a fit of its own."""

    def emit(numbers: dict[str, Any]) -> None:
        shown = {key: value for key, value in numbers.items() if key not in ("seconds", "eta_seconds")}
        context.emit(f"Racing {racer.title}", 0.02, **shown, fit=racer.title)

    return emit


def same(context: RunContext, val_rows: np.ndarray) -> Choice:
    """The plan's architecture, without a race."""
    racer, seconds = timed(context, "same")
    return racer, seconds, {}, ()


def choose(context: RunContext, val_rows: np.ndarray) -> Choice:
    """The winner of a race.

    The plan may pin ``settings["architecture"]`` to "same" or "small".
    """
    wanted = context.plan.settings.get("architecture", "race")
    names = [wanted] if wanted in ARCHITECTURES else list(ARCHITECTURES)
    racers, seconds = _timed_once(context, names)
    each = SHARE * seconds
    if len(racers) == 1:
        return racers[0], seconds, {}, ()
    if each < LEAST_SECONDS:
        chosen = max(racers, key=lambda racer: racer.speed)
        return chosen, seconds, {}, (f"There was no time for a race of networks; {chosen.title} trains fastest.",)
    some = np.sort(val_rows[spread_order(context.dataset.labels[val_rows], context.plan.seed)][:256])
    racers = raced(context, racers, some, each)
    best = max(racers, key=lambda racer: (racer.value, -racer.loss))
    values = ", ".join(f"{racer.title} {percent(max(racer.value, 0))} at {racer.size} px" for racer in racers)
    sentence = (
        f"Networks raced for {duration(each)} each, compared on {len(some):,} validation items: {values}. {best.title} "
        f"won."
    )
    return best, seconds - 2 * each, {f"race {r.title}": max(r.value, 0.0) for r in racers}, (sentence,)
