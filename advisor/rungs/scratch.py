"""From scratch: the same architecture from seeded random weights, with a recipe of its own and a race of rates.

A fair opponent: a higher learning rate, more augmentation and more passes than fine-tuning gets, batch norm that
learns, and input as small as the time demands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.features import load_backbone
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext, RunStopped
from advisor.rungs.finetune import earlier, save_whole
from advisor.rungs.trained import carry_out, few, look_items, training_seconds
from advisor.training import recipes
from advisor.training.network import Classifier, at_size, build, quick_batch_norm
from advisor.training.search import training_speed

if TYPE_CHECKING:
    from advisor.features import Backbone


def execute(context: RunContext) -> Outcome:
    """Train from random weights within the time and save the best validated state."""
    from advisor.errors import RunError

    context.emit("Building the network", 0.01)
    backbone = random_backbone(context, context.plan.input_size)
    resolved = earlier(context) or resolve(context, backbone)
    common.save_resolved(context, resolved)
    sized = random_backbone(context, int(resolved["input_size"]))
    network = fresh_network(context, sized)
    all_rows = common.validation_rows(context.dataset)
    labels = context.dataset.labels[all_rows]
    rows = common.spread(all_rows, labels, context.plan.seed)[: int(resolved["n_validation"])]
    if len(rows) == 0:
        raise RunError("There are no validation items to choose the best state on. Add labelled items to the dataset.")
    rows.sort()
    result, sentences = carry_out(context, "scratch", sized, network, rows, resolved, (0.05, 0.93))
    if result is None:
        raise RunStopped("before the training")
    if result.best_step < 0:
        raise RunError("Training from scratch diverged at every learning rate. Give it more time or another rung.")
    save_whole(context, sized, network, resolved)
    return Outcome(
        rung="scratch",
        validation={"value": result.value, "n": float(len(rows))},
        sentences=("The weights started at random.", *sentences),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=result.stopped,
    )


def random_backbone(context: RunContext, size: int) -> Backbone:
    """The plan's architecture with random weights drawn from the plan's seed."""
    from probes.backbones import catalog

    plan = context.plan
    entry = catalog.find(plan.backbone, plan.kind)
    return at_size(load_backbone(entry, size, context.device, pretrained=False, seed=plan.seed), size)


def fresh_network(context: RunContext, backbone: Backbone) -> Classifier:
    """The architecture with a new head, its batch norm following quickly."""
    network = build(backbone, len(context.dataset.classes), hold_batch_norm=False)
    quick_batch_norm(network)
    return network


def resolve(context: RunContext, backbone: Backbone) -> dict[str, Any]:
    """Choose input size and validation items from a timed step."""
    dataset, plan = context.dataset, context.plan
    train_rows, val_rows = dataset.where("train"), common.validation_rows(dataset)
    timed = few(train_rows)
    task, _ = recipes.task_of(dataset, "scratch", fresh_network(context, backbone), backbone, timed, timed)
    speed = training_speed(task)
    seconds = training_seconds(context, speed)
    usual = backbone.input_size
    size, speed = recipes.size_and_speed("scratch", task, usual, len(train_rows), speed, seconds)
    return {
        "rung": "scratch",
        "input_size": size,
        "usual_input_size": usual,
        "n_train": len(train_rows),
        "n_validation": look_items(len(val_rows), speed, seconds),
        "items_per_second": round(speed, 2),
        "hold_batch_norm": False,
        "precision": recipes.training_precision(context.device),
        "device": context.device,
        "seed": plan.seed,
    }
