"""Fine-tuning: the head from the linear probe first, then all layers at a low learning rate (LP-FT).

Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022,
https://arxiv.org/abs/2202.10054. The frozen rung is carried out too, on the same validation items, and a tuned
model that is not better there is dropped for it: fine-tuning loses to the frozen head on many small sets
(DESIGN.md, what is known, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import storage
from advisor.rungs import common, frozen
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.model import base_spec, save_model
from advisor.rungs.trained import carry_out, few, look_items, training_seconds
from advisor.training import recipes
from advisor.training.network import Classifier, at_size, build
from advisor.training.search import training_speed, whole_state
from advisor.training.settings import FitResult
from advisor.training.sources import logits_of

if TYPE_CHECKING:
    from advisor.features import Backbone

#: The frozen head may take this share of the time; features from the advice are cached and cost nothing.
FROZEN_SHARE = 0.35
#: Features at a smaller input size, for the head to start from.
START_SHARE = 0.15
NOTHING_TO_COMPARE = "there are no validation items to compare on"


def execute(context: RunContext) -> Outcome:
    """Fit the frozen head, fine-tune from it within the time, and save whichever validates better."""
    context.emit("Loading the backbone", 0.01)
    backbone = common.open_backbone(context)
    seconds = FROZEN_SHARE * context.seconds_left
    fallback = frozen.fit(context, backbone, common.validation_rows(context.dataset), seconds, (0.03, 0.2))
    resolved = earlier(context) or resolve(context, backbone, fallback)
    common.save_resolved(context, resolved)
    if len(fallback.val.rows) == 0:
        return roll_back(context, backbone, fallback, Compared(fallback.value, 0, None, None), NOTHING_TO_COMPARE)
    sized = at_size(backbone, int(resolved["input_size"]))
    rows = tuning_rows(context, fallback, int(resolved["n_validation"]))
    network = start_network(context, backbone, sized, fallback)
    result, sentences = carry_out(context, "fine-tune", sized, network, rows, resolved, (0.3, 0.93))
    compared = compare(context, sized, network, fallback, result)
    if compared.tuned is None or compared.tuned <= compared.frozen:
        return roll_back(context, backbone, fallback, compared, compared.why, sentences)
    save_whole(context, sized, network, resolved)
    told = f"On {compared.n:,} validation items fine-tuning reached {100 * compared.tuned:.1f} %, the frozen head "
    told += f"{100 * compared.frozen:.1f} %."
    return outcome(context, compared, compared.tuned, (told, *sentences), str(resolved["precision"]))


def compare(
    context: RunContext, backbone: Backbone, network: Classifier, fallback: FrozenFit, result: FitResult | None
) -> Compared:
    """Both on every readable validation item: the looks along the way may take a few only, and few decide by chance.

    A best state at step 0 is the frozen head once more, so nothing was gained by tuning.
    """
    rows = fallback.val.rows
    if result is None or result.best_step <= 0:
        return Compared(fallback.value, len(rows), None, result)
    context.emit("Comparing with the frozen head", 0.93)
    logits = logits_of(network, recipes.source_of(context.dataset, rows, backbone, None))
    return Compared(fallback.value, len(rows), common.value_of(context.dataset, rows, logits), result)


@dataclass(frozen=True)
class Compared:
    """Frozen against tuned on the same ``n`` validation items; ``result`` is None when nothing was trained.

    ``tuned`` is None when training gave nothing to compare.
    """

    frozen: float
    n: int
    tuned: float | None
    result: FitResult | None

    @property
    def why(self) -> str:
        """Why the tuned model is not kept."""
        if self.result is None:
            return "it was stopped before the training"
        if self.result.best_step < 0:
            return "the training diverged"
        if self.tuned is None:
            return "no state after the start validated better"
        return (
            f"it was not better there ({100 * self.tuned:.1f} % against {100 * self.frozen:.1f} % "
            f"on {self.n:,} validation items)"
        )


def earlier(context: RunContext) -> dict[str, Any] | None:
    """The settings an interrupted attempt had resolved, when its checkpoint is there."""
    if not (context.directory / "checkpoint" / "state.json").is_file():
        return None
    found: dict[str, Any] = storage.read_json(context.directory / "resolved.json")
    return found


def resolve(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> dict[str, Any]:
    """Choose input size, batch size and how many validation items a look takes, from a timed step."""
    dataset, plan = context.dataset, context.plan
    train_rows = dataset.where("train")
    network = build(backbone, len(dataset.classes), True)
    task, _ = recipes.task_of(dataset, "fine-tune", network, backbone, few(train_rows), few(train_rows))
    speed = training_speed(task)
    seconds = training_seconds(context, speed)
    usual = backbone.input_size
    size, speed = recipes.size_and_speed("fine-tune", task, usual, len(train_rows), speed, seconds)
    return {
        "rung": "fine-tune",
        "input_size": size,
        "usual_input_size": usual,
        "n_train": len(train_rows),
        "n_validation": look_items(len(fallback.val.rows), speed, seconds),
        "items_per_second": round(speed, 2),
        "hold_batch_norm": recipes.hold_batch_norm("fine-tune", len(train_rows)),
        **fallback.recipe.settings,
        "precision": recipes.training_precision(context.device),
        "device": context.device,
        "seed": plan.seed,
    }


def tuning_rows(context: RunContext, fallback: FrozenFit, n: int) -> np.ndarray:
    """The validation rows that both are compared on: readable, classes in their shares, the same after a resume."""
    rows = fallback.val.rows
    return np.sort(common.spread(rows, context.dataset.labels[rows], context.plan.seed)[:n])


def start_network(context: RunContext, backbone: Backbone, sized: Backbone, fallback: FrozenFit) -> Classifier:
    """The backbone with the probe's head on it, refitted on features at the training's own input size."""
    dataset = context.dataset
    n_train = len(dataset.where("train"))
    hold = recipes.hold_batch_norm("fine-tune", n_train)
    if sized.input_size == backbone.input_size:
        head: Any = common.fit_linear(dataset, fallback.train, fallback.recipe)
    else:
        seconds = START_SHARE * context.seconds_left
        small = common.gather(context, sized, dataset.where("train"), seconds, (0.2, 0.3))
        head = common.fit_linear(dataset, small, fallback.recipe)
    return build(sized, len(dataset.classes), hold, head)


def save_whole(
    context: RunContext, backbone: Backbone, network: Classifier, resolved: dict[str, Any], temperature: float = 1.0
) -> None:
    """Write every weight and how it came about; ``temperature`` is what `common.calibrated` gave for its logits."""
    spec = base_spec(context.plan, context.dataset, backbone, weights="all")
    spec["head"] = {"type": "linear", "temperature": temperature}
    spec["training"] = resolved
    save_model(context.directory, spec, whole_state(network))


def roll_back(
    context: RunContext,
    backbone: Backbone,
    fallback: FrozenFit,
    compared: Compared,
    why: str,
    sentences: tuple[str, ...] = (),
) -> Outcome:
    """Save the frozen model instead and say so."""
    # the module was trained in place; the head refers to the backbone by its hash and needs none of it
    frozen.save(context, backbone, fallback, fallback="frozen")
    told = f"Fine-tuning was dropped for the frozen model: {why}."
    return outcome(context, compared, compared.frozen, (told, *sentences))


def outcome(
    context: RunContext, compared: Compared, value: float, sentences: tuple[str, ...], precision: str = "float32"
) -> Outcome:
    """The outcome with the two values that were compared."""
    result = compared.result
    validation = {"value": value, "n": float(compared.n), "frozen": compared.frozen}
    if compared.tuned is not None:
        validation["tuned"] = compared.tuned
    stopped = result.stopped if result is not None else context.should_stop()
    return Outcome("fine-tune", validation, sentences, context.device, precision, stopped)
