"""Fine-tuning few images: LP-FT for a fixed number of steps, from the frozen head's layers and the last features.

A validation part of a fifth of a few hundred images can choose nothing: with 10 to 100 of them, the best of twelve
states was up to 17 points worse on the test part than the frozen head that it had beaten. So no state is chosen: the
weights of the last quarter of the steps are averaged, and `advisor.rungs.few_labels` compares on every labelled image.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.rungs import common
from advisor.rungs.context import RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.trained import CHECKPOINT_SECONDS, LEAST_STEPS, recipe, some, training_seconds
from advisor.rungs.tuning import Tuned, Tuning, copy_of
from advisor.training import recipes
from advisor.training.few import IMAGE_FOLDS, image_steps
from advisor.training.loop import fit
from advisor.training.network import at_layers, at_size, build
from advisor.training.problems import problem_of
from advisor.training.search import reading_speed, training_speed
from probes.hooks import LAST

if TYPE_CHECKING:
    from advisor.data.features import Backbone


def resolve(context: RunContext, backbone: Backbone, fallback: FrozenFit, rows: np.ndarray) -> dict[str, Any]:
    """Input size and steps that the time allows, from a timed step; ``n_folds`` 0 where it allows nothing.

    A plan with ``settings["steps"]`` has as many, whatever the clock says.
    """
    dataset = context.dataset
    network = build(backbone, len(dataset.classes), True)
    problem, augmentation = problem_of(dataset, "fine-tune", network, backbone, some(rows), some(rows))
    reading, timed = reading_speed(problem), training_speed(problem)
    seconds = training_seconds(context, reading)
    each = seconds / IMAGE_FOLDS  # a fold's tuning has its share of the steps, so together they take one tuning less
    size, speed = recipes.size_and_speed(
        "fine-tune", dataset.kind, problem.train, backbone.input_size, len(rows), timed, each
    )
    settings = recipe(context, "fine-tune", {"precision": recipes.training_precision(context.device)}, len(rows))
    fixed = settings.steps is not None
    affordable = int(0.9 * each * speed / settings.batch_size)
    steps = settings.steps if settings.steps is not None else min(image_steps(len(rows)), affordable)
    settings = dataclasses.replace(settings, steps=steps, seconds=None, n_evaluations=0, patience=0, first_look=False)
    return {
        "objective": "cross-entropy",
        **dataclasses.asdict(settings),
        "n_folds": IMAGE_FOLDS if fixed or steps >= LEAST_STEPS else 0,
        "depths": list(dict.fromkeys([*fallback.choice.layers, LAST])),
        "probe": fallback.choice.recipe.settings,
        "augmentation": augmentation.reason if augmentation else "None.",
        "hold_batch_norm": recipes.hold_batch_norm("fine-tune", len(rows)),
        "items_per_second": round(speed, 2),
        "read_per_second": round(reading * speed / timed, 2),
        "input_size": size,
        "usual_input_size": backbone.input_size,
        "precision": settings.autocast,
    }


def tuned(
    context: RunContext, backbone: Backbone, fallback: FrozenFit, resolved: dict[str, Any], tuning: Tuning
) -> Tuned | None:
    """A copy of the backbone with a head, tuned on the rows inside; None if it diverged.

    The head uses the frozen head's layers and the last features: with early layers alone, those above them make no
    difference, and there is little to tune (cats and dogs, 50 labels: 67.9 % from block 4 alone). Its length is fixed,
    so that one resumed after a kill ends in the same weights.
    """
    dataset = context.dataset
    view = at_layers(at_size(copy_of(backbone), int(resolved["input_size"])), resolved["depths"])
    inside = tuning.rows[tuning.inside]
    start = common.gather(context, view, inside, context.seconds_left, (0.25, 0.25))
    head = common.fit_linear(dataset, start, fallback.choice.recipe)
    network = build(view, len(dataset.classes), bool(resolved["hold_batch_norm"]), head)
    problem, _ = problem_of(dataset, "fine-tune", network, view, inside, tuning.rows)
    callbacks = tuning.callbacks(context, resolved, tuning.folder(context), CHECKPOINT_SECONDS)
    result = fit(problem, tuning.settings(resolved), callbacks)
    return None if result.best_step < 0 else Tuned(network, view, result.logits)


def phrase(resolved: dict[str, Any]) -> str:
    """How it was tuned, as the beginning of a sentence."""
    return (
        f"With few labels no image was set aside: the layers were tuned from the frozen head in {resolved['steps']} "
        f"steps of {resolved['batch_size']}, the weights averaged over the last quarter"
    )
