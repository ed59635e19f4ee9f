"""Fine-tuning: the frozen rung's head first, on the layers that it uses, then all layers at a low rate (LP-FT).

Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022,
https://arxiv.org/abs/2202.10054. The frozen rung is carried out too, on the same validation items, and a tuned
model that is not better there is rolled back to it: fine-tuning loses to the frozen head on many small sets
(docs/design.md, what is known, 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from advisor.core.kinds import kind_row
from advisor.core.stopping import Stopped
from advisor.core.wording import counted, percent
from advisor.rungs import common, few_labels, frozen, frozen_stage, stages
from advisor.rungs.comparison import compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.held_out import of_logits
from advisor.rungs.saving import DIVERGED, NO_STATE, STOPPED, earlier, roll_back, save_whole
from advisor.rungs.trained import LEAST_STEPS, carry_out, look_items, some, training_seconds
from advisor.training import recipes
from advisor.training.modality import modality_of
from advisor.training.network import Classifier, at_layers, at_size, build, layers_of
from advisor.training.problems import problem_of
from advisor.training.search import reading_speed, training_speed
from advisor.training.settings import FitResult
from advisor.training.sources import logits_of
from probes.folds import spread_order
from probes.heads import Head
from probes.hooks import LAST
from probes.memory import is_out_of_memory

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: The frozen head may take this share of the time; features from the advice are cached and cost nothing.
FROZEN_SHARE = 0.35
#: Features at a smaller input size, for the head to start from.
START_SHARE = 0.15
OUT_OF_MEMORY = "it ran out of memory"
NOT_BETTER = "it was not better on the validation items"


def execute(context: RunContext) -> Outcome:
    """Fit the frozen head, fine-tune from it within the time, and save the one that is better on held-out items."""
    context.emit("Loading the backbone", 0.01)
    backbone = common.open_backbone(context)
    seconds = FROZEN_SHARE * context.seconds_left
    fallback = frozen_stage.fit(context, backbone, common.validation_rows(context.dataset), seconds, (0.03, 0.2))
    context.say(to_beat(context, fallback))
    try:
        return _compared(context, backbone, fallback)
    except Stopped:
        return roll_back(context, backbone, fallback, STOPPED, stopped=True)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # outside of the handler, so that no traceback keeps what filled the memory
    return roll_back(context, backbone, fallback, OUT_OF_MEMORY)


def to_beat(context: RunContext, fallback: FrozenFit) -> str:
    """The value of the frozen head, what it is for, and what comes next."""
    timed = "A few training steps are timed, to see how many fit into the time."
    if not len(fallback.val.rows):
        return timed
    dataset, n = context.dataset, counted(len(fallback.val.rows), "validation item")
    again = " With so few labels, both are compared again on all of them." if few_labels.applies(dataset) else ""
    return (
        f"Tuning has to beat the {percent(fallback.value)} {dataset.metric} of the frozen model on {n}.{again} {timed}"
    )


def _compared(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> Outcome:
    """Fine-tune, and save what is better on held-out items. Raises what the allocator raises without enough memory."""
    if few_labels.applies(context.dataset):
        return few_labels.execute(context, backbone, fallback)
    resolved = earlier(context) or _once_resolved(context, backbone, fallback)
    common.save_resolved(context, resolved)
    if len(fallback.val.rows) == 0:
        return roll_back(context, backbone, fallback, "there are no validation items to compare on")
    if steps_left(context, resolved) < LEAST_STEPS:  # the time goes to features, which may not be complete
        fallback = with_the_rest(context, backbone, fallback)
        return roll_back(context, backbone, fallback, "there was no time to fine-tune")
    sized = at_layers(at_size(backbone, int(resolved["input_size"])), resolved.get("depths", [LAST]))
    rows = tuning_rows(context, fallback, int(resolved["n_validation"]))
    network = start_network(context, backbone, sized, fallback)
    result, sentences = carry_out(context, "fine-tune", sized, network, rows, resolved, (0.3, 0.93))
    why = _nothing_gained(result)
    if why:
        stopped = result is None or result.stopped
        return roll_back(context, backbone, fallback, why, sentences, stopped=stopped, gained_nothing=True)
    assert result is not None
    context.emit("Comparing with the frozen head", 0.93)
    context.say("The tuned model and the frozen one answer the same validation items; the better one is kept.")
    own = frozen.logits(context, fallback)
    if result.stopped:  # whoever stops does not wait: on the items that were evaluated anyway
        own, logits = own[np.isin(fallback.val.rows, rows)], result.logits
    else:  # on all: evaluations while training may take only a few, and few decide by chance
        rows = fallback.val.rows
        logits = logits_of(network, modality_of(context.dataset.kind).source(context.dataset, rows, sized))
    compared = compare(context.dataset, rows, own, logits)
    if not compared.kept:
        return roll_back(context, backbone, fallback, NOT_BETTER, sentences, compared, result.stopped, True)
    temperature, calibration, calibrated = common.calibrated(context.dataset, rows, logits)
    held_out = of_logits(context.dataset, rows, logits, temperature)
    at = common.thresholds(context.dataset, rows, logits)
    save_whole(context, sized, network, resolved, temperature, held_out, at)
    return Outcome(
        rung="fine-tune",
        validation={**compared.values, **calibration},
        sentences=(compared.sentence, *sentences, *calibrated),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=result.stopped,
    )


def with_the_rest(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> FrozenFit:
    """The frozen head again in the time that tuning would have had; the former one where it saw more items, or is
    better on the validation items: with little time the layers are chosen on a sample, and may be chosen worse.
    """
    again = frozen.fit(context, backbone, fallback.val.rows, 0.8 * context.seconds_left, (0.2, 0.9))
    fuller = len(again.train.rows) >= len(fallback.train.rows)
    return again if fuller and again.value >= fallback.value else fallback


def steps_left(context: RunContext, resolved: dict[str, Any]) -> float:
    """Steps of tuning that the time allows; infinite where the plan fixes them or an attempt had begun."""
    if "learning_rate" in resolved or isinstance(context.plan.settings.get("steps"), int):
        return float("inf")
    settings = recipes.settings_for("fine-tune", context.plan.kind, int(resolved["n_train"]), context.seconds_left, 0)
    seconds = training_seconds(context, float(resolved["read_per_second"]))
    return seconds * float(resolved["items_per_second"]) / settings.batch_size


def _nothing_gained(result: FitResult | None) -> str:
    """Why there is nothing to compare, or "" where there is. A best state at step 0 is the frozen head again."""
    if result is None:
        return STOPPED
    if result.best_step < 0:
        return STOPPED if result.stopped else DIVERGED
    return NO_STATE if result.best_step == 0 else ""


def _once_resolved(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> dict[str, Any]:
    """As `resolve`; a run that was interrupted in its race goes on at the same size and pace."""
    stage = stages.kept(context, "settings")
    if stage is not None:
        return dict(stage.values)
    resolved = resolve(context, backbone, fallback)
    stages.keep(context, "settings", resolved)
    return resolved


def resolve(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> dict[str, Any]:
    """Choose the input size and how many validation items an evaluation takes, from a timed step."""
    dataset, plan = context.dataset, context.plan
    train_rows = dataset.where("train")
    network = build(backbone, len(dataset.classes), True)
    problem, _ = problem_of(dataset, "fine-tune", network, backbone, some(train_rows), some(fallback.val.rows))
    reading, timed = reading_speed(problem), training_speed(problem)
    seconds = training_seconds(context, reading)
    usual = backbone.input_size
    size, speed = recipes.size_and_speed(
        "fine-tune", dataset.kind, problem.train, usual, len(train_rows), timed, seconds
    )
    reading *= speed / timed
    return {
        "rung": "fine-tune",
        "input_size": size,
        "usual_input_size": usual,
        "n_train": len(train_rows),
        "n_validation": look_items(len(fallback.val.rows), reading, seconds),
        "items_per_second": round(speed, 2),
        "read_per_second": round(reading, 2),
        "hold_batch_norm": recipes.hold_batch_norm("fine-tune", len(train_rows)),
        "depths": list(fallback.choice.layers),
        "probe": fallback.choice.recipe.settings,
        "precision": recipes.training_precision(context.device),
        "device": context.device,
        "seed": plan.seed,
    }


def tuning_rows(context: RunContext, fallback: FrozenFit, n: int) -> np.ndarray:
    """The validation rows that both are compared on: readable, classes in their shares, the same after a resume."""
    rows = fallback.val.rows
    return np.sort(rows[spread_order(context.dataset.labels[rows], context.plan.seed)][:n])


def start_network(context: RunContext, backbone: Backbone, sized: Backbone, fallback: FrozenFit) -> Classifier:
    """The backbone with the frozen head, refitted where the training sees another input size or other layers."""
    dataset = context.dataset
    if sized.input_size != backbone.input_size or layers_of(sized) != fallback.choice.layers:
        head = _refitted(context, sized, fallback)
    else:
        head = common.fit_linear(dataset, fallback.train, fallback.choice.recipe)
    hold = recipes.hold_batch_norm("fine-tune", len(dataset.where("train")))
    return build(sized, len(dataset.classes), hold, head)


def _refitted(context: RunContext, sized: Backbone, fallback: FrozenFit) -> Head:
    """The frozen head on features of another input size, as many as a share of the time allows."""
    stage = stages.kept(context, "start")
    if stage is not None:
        return Head(stage.tensors["weight"].numpy(), stage.tensors["bias"].numpy())
    rows = context.dataset.where("train")
    size = f"{sized.input_size} {kind_row(context.plan.kind).unit}"
    context.say(f"Training sees {size}; the head that it starts from is fitted at this size.")
    start = common.gather(context, sized, rows, START_SHARE * context.seconds_left, (0.2, 0.3))
    head = common.fit_linear(context.dataset, start, fallback.choice.recipe)
    stages.keep(
        context, "start", {"n": len(start.rows)}, {k: torch.from_numpy(np.array(v)) for k, v in vars(head).items()}
    )
    return head
