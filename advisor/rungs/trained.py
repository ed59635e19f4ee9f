"""What the two rungs that train share: time, the race, and the long training with its checkpoint, once per seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from advisor.core.kinds import kind_row
from advisor.core.wording import counted, duration
from advisor.rungs import common, stages
from advisor.rungs.context import RunContext
from advisor.training import adapters, checkpoints, recipes, search, states
from advisor.training.laps import Laps
from advisor.training.network import Classifier
from advisor.training.problem import Problem
from advisor.training.problems import insert_adapters, problem_of
from advisor.training.seeds import repeated
from advisor.training.settings import Callbacks, Candidate, FitResult, Settings, TrainedRung

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: One evaluation on the validation part may take this share of the training time.
LOOK_SHARE = 0.03
LEAST_LOOK = 128
#: Steps below which tuning is noise.
LEAST_STEPS = 12
CHECKPOINT_SECONDS = 10.0
#: The stage that ends with every setting resolved, and with the network as its race left it.
RACE = "race"
#: The folder of the laps beside the checkpoint, while the race is under way.
LAPS = "laps"
#: Share of the steps whose weights are averaged at the end; the loop keeps the mean only where it validates better. Not
#: in the recipes: a pilot and a benchmark choose nothing on the items that they are scored on.
AVERAGED_SHARE = 0.25


def some(rows: np.ndarray, n: int = 64) -> np.ndarray:
    """Some rows from all over the part, enough to time a step."""
    return rows[:: max(1, len(rows) // n)][:n]


def training_seconds(context: RunContext, read_per_second: float) -> float:
    """Seconds left for training, without those in which the report reads its items, so many a second."""
    return max(1.0, context.seconds_left - common.report_seconds(context, 1 / read_per_second))


def look_items(n: int, read_per_second: float, seconds: float) -> int:
    """How many of n validation items one evaluation takes."""
    return int(min(n, max(LEAST_LOOK, LOOK_SHARE * seconds * read_per_second)))


def carry_out(
    context: RunContext,
    rung: TrainedRung,
    backbone: Backbone,
    network: Classifier,
    val_rows: np.ndarray,
    resolved: dict[str, Any],
    span: tuple[float, float],
) -> tuple[FitResult | None, tuple[str, ...]]:
    """Race, then train `network` within the time left; completes ``resolved.json``. None when stopped before."""
    train_rows = context.dataset.where("train")
    problem, augmentation = problem_of(context.dataset, rung, network, backbone, train_rows, val_rows)
    if "learning_rate" in resolved:  # an interrupted attempt had come this far
        start = equip(problem, bool(resolved["adapters"]), int(resolved["seed"]))
        sentences = _raced(context, problem)
    else:
        resolved["augmentation"] = augmentation.reason if augmentation else "None."
        start, sentences = _prepare(context, rung, problem, resolved, span)
    if context.should_stop():
        return None, sentences
    n_seeds = int(resolved["n_seeds"])
    context.say(_plan_sentence(resolved, len(train_rows), context.plan.kind))
    if resolved.get("race"):
        span = (_in_race(span, 1.0), span[1])
    after = common.report_seconds(context, 1 / float(resolved["read_per_second"]))
    result, repeats = repeated(
        problem,
        Settings.of(resolved),
        n_seeds,
        start,
        lambda index: _callbacks(context, span, index, n_seeds, after),
        lambda: context.seconds_left,
    )
    _check_decoded(problem)
    if resolved["adapters"]:
        adapters.merge(network)
    return result, (*sentences, *repeats, *_sentences(context.plan.kind, resolved, result))


def _prepare(
    context: RunContext, rung: TrainedRung, problem: Problem, resolved: dict[str, Any], span: tuple[float, float]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Race, put the winner's weights into the problem's network, plan lengths and seeds; the start and sentences.

    All of it is kept, so that a run that is interrupted afterwards does not race again.
    """
    settings = recipe(context, rung, resolved, len(problem.train))
    speed, reading = float(resolved["items_per_second"]), float(resolved["read_per_second"])
    candidate = Candidate(settings.learning_rate, settings.layer_share)
    raced, entrant = search.Race(candidate), None
    laps = Laps(context.files.checkpoint / LAPS, context.kept)
    if not isinstance(context.plan.settings.get("learning_rate"), (int, float)):  # "race", or nothing said
        entrants = recipes.candidates(rung, context.plan.kind, settings.learning_rate)
        seconds = training_seconds(context, reading)
        # an interrupted race goes on with those that took part in it
        entrants = laps.candidates or search.affordable(entrants, settings, len(problem.val), speed, seconds)
        if entrants:
            watched = _Watched(context, span)
            context.say(
                f"{len(entrants)} settings race for {search.ROUND_STEPS} steps each: "
                f"{'; '.join(map(str, entrants))}. {goes_on(len(entrants))}"
            )
            raced, entrant = search.race(
                problem,
                settings,
                entrants,
                context.should_stop,
                watched.tell,
                _entered(settings),
                laps,
                watched.numbers,
            )
    start = equip(problem, raced.winner.adapters, settings.seed)
    changed = states.learned(entrant.network) if entrant is not None else {}
    states.copy_into(problem.network, changed)
    seconds = training_seconds(context, reading)
    n_seeds = 1 if settings.steps else recipes.n_seeds(rung, len(problem.train), speed * seconds)
    settings = dataclasses.replace(raced.winner.settings(settings), seconds=seconds / n_seeds)
    resolved.update(dataclasses.asdict(settings))
    resolved.update(adapters=raced.winner.adapters, n_seeds=n_seeds, race=raced.record)
    pinned = isinstance(context.plan.settings.get("learning_rate"), (int, float))
    sentences = () if pinned else (raced.sentence,)
    common.save_resolved(context, resolved)
    stages.keep(context, RACE, {"sentences": list(sentences)}, changed)
    checkpoints.clear(laps.folder)
    return start, sentences


def goes_on(n: int) -> str:
    """What becomes of the better half of n settings.

    >>> goes_on(2)
    'The one with the lower validation loss is trained.'
    """
    if n <= 2:
        return "The one with the lower validation loss is trained."
    return "Those with the lower validation loss go on for twice as many."


def _in_race(span: tuple[float, float], done: float) -> float:
    """The share of the run when so much of its race is done."""
    return span[0] + search.RACE_SHARE * done * (span[1] - span[0])


class _Watched:
    """Reports a race: its stage, and the numbers of each candidate as a fit of its own."""

    def __init__(self, context: RunContext, span: tuple[float, float]) -> None:
        self.context, self.span = context, span
        self.stage, self.share = "Race", span[0]

    def tell(self, stage: str, done: float) -> None:
        self.stage, self.share = stage, _in_race(self.span, done)
        self.context.emit(stage, self.share)

    def numbers(self, candidate: Candidate, numbers: dict[str, Any]) -> None:
        """The time left is that of the run, which the training after the race may fill."""
        shown = {key: value for key, value in numbers.items() if key != "seconds"}
        shown["eta_seconds"] = round(self.context.seconds_left, 1)
        self.context.emit(self.stage, self.share, **shown, fit=str(candidate))


def _plan_sentence(resolved: dict[str, Any], n_train: int, kind: str) -> str:
    """What is about to be trained, on what, and how it is judged."""
    rate, layers = float(resolved["learning_rate"]), float(resolved.get("layer_share", 1.0))
    what = "all layers" if layers == 1.0 else f"the top {100 * layers:.0f} % of the blocks"
    what = f"{'LoRA adapters' if resolved['adapters'] else what} at learning rate {rate:.2g}"
    won = ", which won the race," if resolved.get("race") else ""
    times = f" with {resolved['n_seeds']} seeds in turn" if int(resolved["n_seeds"]) > 1 else ""
    return (
        f"Training {what}{won} on {kind_row(kind).counted(n_train)}{times}. "
        f"{counted(int(resolved['n_validation']), 'validation item')} judge it on the way, and the best state is kept."
    )


def _raced(context: RunContext, problem: Problem) -> tuple[str, ...]:
    """Put what the race changed back into the problem's network; the race's sentences."""
    stage = stages.kept(context, RACE)
    if stage is None:  # an attempt of a version that kept checkpoints only
        return ()
    states.copy_into(problem.network, stage.tensors)
    return tuple(stage.values["sentences"])


def recipe(context: RunContext, rung: TrainedRung, resolved: dict[str, Any], n_train: int) -> Settings:
    """The recipe's settings, at the plan's learning rate and of its length in steps where it names them."""
    plan = context.plan
    wanted = plan.settings.get("learning_rate")
    rate = float(wanted) if isinstance(wanted, (int, float)) else None
    settings = recipes.settings_for(rung, plan.kind, n_train, context.seconds_left, plan.seed, rate)
    steps = plan.settings.get("steps")  # a plan that fixes them repeats to the same number whatever the clock says
    return dataclasses.replace(
        settings,
        autocast=str(resolved["precision"]),
        steps=int(steps) if isinstance(steps, int) else None,
        average_last=AVERAGED_SHARE,
    )


def equip(problem: Problem, with_adapters: bool, seed: int) -> dict[str, Tensor]:
    """Put adapters into the problem's network where asked; a copy of the state that training starts from."""
    if with_adapters:
        insert_adapters(problem, seed)
    return states.snapshot(problem.network)


def _entered(settings: Settings) -> Callable[[Problem, Candidate], Problem]:
    def entered(problem: Problem, candidate: Candidate) -> Problem:
        if candidate.adapters:
            equip(problem, True, settings.seed)
        return problem

    return entered


def _callbacks(
    context: RunContext, span: tuple[float, float], index: int, n_seeds: int, seconds_after: float
) -> Callbacks:
    """For one seed: its part of the span, its own checkpoint."""
    width = (span[1] - span[0]) / n_seeds
    folder = context.files.checkpoint

    def emit(numbers: dict[str, Any]) -> None:
        share = span[0] + width * (index + numbers["step"] / max(numbers["steps"], 1))
        fit = f"seed {index + 1}" if n_seeds > 1 else ""
        context.emit("Training", share, **of_run(numbers, n_seeds - index - 1, seconds_after, fit))

    return Callbacks(
        emit=emit,
        should_stop=context.should_stop,
        checkpoint=folder / f"seed-{index}" if index else folder,
        checkpoint_seconds=CHECKPOINT_SECONDS,
        kept=context.kept,
        trained=context.trained,
    )


def of_run(numbers: Mapping[str, Any], fits_after: float, seconds_after: float, fit: str = "") -> dict[str, Any]:
    """The numbers of a fit for the run's metrics, with the time left for the whole run.

    ``fits_after``: how many fits of this one's length follow; ``seconds_after``: seconds after the last. ``fit``: the
    name of the fit where a run has several. The fit's own seconds are left out: the run adds its own.

    >>> of_run({"step": 3, "seconds": 2.0, "eta_seconds": 8.0}, 1.5, 4.0, "fold 1")
    {'step': 3, 'eta_seconds': 27.0, 'fit': 'fold 1'}
    """
    whole = numbers["seconds"] + numbers["eta_seconds"]
    left = numbers["eta_seconds"] + fits_after * whole + seconds_after
    shown = {key: value for key, value in numbers.items() if key != "seconds"} | {"eta_seconds": round(left, 1)}
    return shown | {"fit": fit} if fit else shown


def _check_decoded(problem: Problem) -> None:
    """Raises RunError where no training item could be decoded: nothing was trained then."""
    from advisor.core.errors import RunError

    if not problem.train.ok.any():
        raise RunError("No training image could be decoded. Open the data page to see which files are damaged.")


def passes(epochs: float) -> str:
    """Epochs in words.

    >>> passes(0.04), passes(3.27)
    ('under 0.1 epochs', '3.3 epochs')
    """
    return f"{epochs:.1f} epochs" if epochs >= 0.1 else "under 0.1 epochs"


def _sentences(kind: str, resolved: dict[str, Any], result: FitResult) -> tuple[str, ...]:
    """How long and at what size, for the report."""
    sentences = [
        f"Trained {counted(result.steps, 'step')} ({passes(result.epochs)}) in {duration(result.seconds)} at "
        f"{result.items_per_second:.0f} items a second; the best state was at step {result.best_step:,}."
    ]
    size, usual, row = int(resolved["input_size"]), int(resolved["usual_input_size"]), kind_row(kind)
    if size != usual:
        sentences.append(
            f"The {row.items} were read at {size} {row.unit} instead of {usual}, to leave time for enough epochs."
        )
    return (*sentences, *result.sentences)
