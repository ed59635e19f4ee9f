"""What the two rungs that train share: time, the race of learning rates, and the long run with its checkpoint."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.rungs import common
from advisor.rungs.context import RunContext
from advisor.training import recipes, search
from advisor.training.loop import fit
from advisor.training.network import Classifier
from advisor.training.recipes import TrainedRung
from advisor.training.settings import Callbacks, FitResult, Settings, Task

if TYPE_CHECKING:
    from advisor.features import Backbone

#: One look at the validation part may take this share of the training time.
LOOK_SHARE = 0.03
LEAST_LOOK = 128
CHECKPOINT_SECONDS = 10.0


def few(rows: np.ndarray, n: int = 64) -> np.ndarray:
    """Some rows from all over, enough to time a step on."""
    return rows[:: max(1, len(rows) // n)][:n]


def training_seconds(context: RunContext, items_per_second: float) -> float:
    """Seconds left for training when the report's own reading is kept back; a forward pass is a third of a step."""
    return max(1.0, context.seconds_left - common.report_seconds(context, 1 / (3 * items_per_second)))


def look_items(n: int, items_per_second: float, seconds: float) -> int:
    """How many of n validation items a look takes."""
    return int(min(n, max(LEAST_LOOK, LOOK_SHARE * seconds * 3 * items_per_second)))


def carry_out(
    context: RunContext,
    rung: TrainedRung,
    backbone: Backbone,
    network: Classifier,
    val_rows: np.ndarray,
    resolved: dict[str, Any],
    span: tuple[float, float],
) -> tuple[FitResult | None, tuple[str, ...]]:
    """Race, then train within the time left; completes ``resolved.json``. None when stopped before the training."""
    dataset = context.dataset
    train_rows = dataset.where("train")
    task, augmentation = recipes.task_of(dataset, rung, network, backbone, train_rows, val_rows)
    settings = _settings(context, rung, resolved, len(train_rows))
    resuming = "learning_rate" in resolved
    sentences: tuple[str, ...] = ()
    if not resuming:
        chosen, sentences = _learning_rate(context, task, settings, resolved, span[0])
        settings = dataclasses.replace(
            settings,
            learning_rate=chosen,
            head_learning_rate=settings.head_learning_rate * chosen / settings.learning_rate,
            seconds=training_seconds(context, float(resolved["items_per_second"])),
        )
        resolved.update(dataclasses.asdict(settings))
        resolved["augmentation"] = augmentation.reason if augmentation else "None."
        common.save_resolved(context, resolved)
    if context.should_stop():
        return None, sentences
    result = fit(task, settings, _callbacks(context, span))
    _check_decoded(task)
    return result, (*sentences, *_told(context.plan.kind, resolved, result))


def _settings(context: RunContext, rung: TrainedRung, resolved: dict[str, Any], n_train: int) -> Settings:
    """The recipe, or exactly what an interrupted attempt had resolved."""
    if "learning_rate" in resolved:
        names = {field.name for field in dataclasses.fields(Settings)}
        return Settings(**{key: value for key, value in resolved.items() if key in names})
    plan = context.plan
    wanted = plan.settings.get("learning_rate")
    rate = float(wanted) if isinstance(wanted, (int, float)) else None  # "race" asks for the race
    recipe = recipes.settings_for(rung, plan.kind, n_train, context.seconds_left, plan.seed, rate)
    return dataclasses.replace(recipe, autocast=str(resolved["precision"]))


def _learning_rate(
    context: RunContext, task: Task, settings: Settings, resolved: dict[str, Any], share: float
) -> tuple[float, tuple[str, ...]]:
    """The plan's learning rate, else the race's winner, else the recipe's."""
    speed = float(resolved["items_per_second"])
    seconds = training_seconds(context, speed)
    given = isinstance(context.plan.settings.get("learning_rate"), (int, float))
    if given:
        return settings.learning_rate, ()
    if not search.affordable(seconds, speed, settings.batch_size):
        return settings.learning_rate, (search.Race(settings.learning_rate, ()).sentence,)
    ran = search.race(
        task, settings, seconds, context.should_stop, lambda sentence, done: context.emit(sentence, share)
    )
    resolved["race"] = [list(racer) for racer in ran.tried]
    return ran.learning_rate, (ran.sentence,)


def _callbacks(context: RunContext, span: tuple[float, float]) -> Callbacks:
    def emit(numbers: dict[str, Any]) -> None:
        share = span[0] + (span[1] - span[0]) * numbers["step"] / max(numbers["steps"], 1)
        # the reporter stamps the run's own seconds, earlier stages and attempts included
        context.emit("Training", share, **{key: value for key, value in numbers.items() if key != "seconds"})

    return Callbacks(
        emit=emit,
        should_stop=context.should_stop,
        checkpoint=context.directory / "checkpoint",
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )


def _check_decoded(task: Task) -> None:
    """A set of which nothing can be decoded has trained nothing."""
    from advisor.errors import RunError

    if not task.train.ok.any():
        raise RunError("No training image could be decoded. Open the data page to see which files are damaged.")


def _told(kind: str, resolved: dict[str, Any], result: FitResult) -> tuple[str, ...]:
    """How long and at what size, for the report."""
    sentences = [
        f"Trained {result.steps:,} steps, {result.epochs:.1f} epochs, in {result.seconds:.0f} s "
        f"at {result.items_per_second:.0f} items a second; the best state is that of step {result.best_step:,}."
    ]
    size, usual = int(resolved["input_size"]), int(resolved["usual_input_size"])
    if size != usual:
        what = f"images were reduced to {size} px instead of {usual} px" if kind == "image" else ""
        what = what or f"texts were cut at {size} tokens instead of {usual}"
        sentences.append(f"The {what}, so that the time sufficed for enough passes.")
    return tuple(sentences)
