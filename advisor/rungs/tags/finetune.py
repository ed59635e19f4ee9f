"""Fine-tuning: the encoder is trained with the frozen head first (LP-FT), and rolled back where that does not help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.core.wording import counted, duration, percent
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saving import earlier
from advisor.rungs.tags import common, frozen
from advisor.rungs.trained import passes
from advisor.training.finished import fit_once
from advisor.training.network import linear
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, FitResult, Settings
from advisor.training.tagging import WordSource, WordTagger, WordTags, groups
from probes.tagging.decoding import Transitions, learned

if TYPE_CHECKING:
    from advisor.rungs.tags.frozen import FrozenTags
    from probes.backbones.text import TextBackbone

#: Shares of the time left: for the frozen head before the training, and for the training.
FROZEN_SHARE, TRAINING_SHARE = 0.15, 0.75
LEARNING_RATE, HEAD_RATE, BATCH, EPOCHS = 2e-4, 1e-3, 16, 8.0
NOT_BETTER = "it was not better than the frozen head on validation sentences"


def execute(context: RunContext) -> Outcome:
    """Fit the frozen head, train everything from there, and save the better one by validation sentences."""
    backbone = common.open_backbone(context)
    fitted = frozen.fit_head(context, backbone, (0.02, 0.2), FROZEN_SHARE * context.seconds_left)
    before = common.validated(context, frozen.save(context, backbone, fitted), (0.2, 0.25))
    transitions = learned(fitted.sample.tags, fitted.sample.names, fitted.weight)
    network, result = trained(context, backbone, fitted, transitions)
    if result.value > before["value"] and not result.diverged:
        tensors = {f"backbone.{name}": t.detach() for name, t in network.backbone.state_dict().items()}
        tensors |= {f"head.{name}": tensor.detach() for name, tensor in network.head.state_dict().items()}
        head = {"type": "word head", "layers": list(fitted.layers), "transition_weight": fitted.weight}
        common.save(context, backbone, "tagger", head, transitions, tensors)
        return _outcome(context, result, before, "")
    plain = common.open_backbone(context)  # the other one was trained in place
    frozen.save(context, plain, fitted, fallback="frozen")
    return _outcome(context, result, before, "the training diverged" if result.diverged else NOT_BETTER)


def trained(
    context: RunContext, backbone: TextBackbone, fitted: FrozenTags, transitions: Transitions
) -> tuple[WordTagger, FitResult]:
    """Train encoder and head, in place, within their share of the time."""
    n_tags = len(fitted.sample.names)
    head = linear(fitted.head.weight.shape[1], n_tags, fitted.head.weight, fitted.head.bias).to(backbone.device)
    network = WordTagger(backbone.module, fitted.layers, head)
    problem = Problem(
        network=network,
        train=WordSource(common.part(context, "train"), backbone),
        val=WordSource(common.part(context, "val", common.MOST_VALIDATION), backbone),
        objective=WordTags(transitions),
        metric=context.dataset.metric,
        device=backbone.device,
        groups=groups,
    )
    resolved = earlier(context)
    settings = Settings.of(resolved) if resolved else settings_of(context)
    described = frozen.described(fitted) | {"rung": "fine-tune", **vars(settings), "n_train": len(problem.train)}
    rungs_common.save_resolved(context, described)
    context.say(f"Training the encoder with its head on {counted(len(problem.train), 'sentence')}.")
    return network, fit_once(problem, settings, callbacks_of(context, (0.25, 0.92)))


def settings_of(context: RunContext) -> Settings:
    """The recipe, as long as its share of the time."""
    wanted = context.plan.settings.get("learning_rate")
    rate = float(wanted) if isinstance(wanted, (int, float)) else LEARNING_RATE
    base = Settings(learning_rate=rate, head_learning_rate=HEAD_RATE, batch_size=BATCH)
    return replace(
        base, seconds=TRAINING_SHARE * context.seconds_left, max_epochs=EPOCHS, warmup=0.1, label_smoothing=0.0,
        layer_decay=0.9, n_evaluations=6, patience=0, seed=context.plan.seed,
    )  # fmt: skip


def callbacks_of(context: RunContext, span: tuple[float, float]) -> Callbacks:
    """Numbers, stop requests and checkpoints of the run."""

    def emit(numbers: dict[str, Any]) -> None:
        share = span[0] + (span[1] - span[0]) * numbers["step"] / max(numbers["steps"], 1)
        context.emit("Training", share, **{key: value for key, value in numbers.items() if key != "seconds"})

    return Callbacks(
        emit=emit, say=context.say, should_stop=context.should_stop, checkpoint=context.files.checkpoint,
        kept=context.kept, trained=context.trained,
    )  # fmt: skip


def _outcome(context: RunContext, result: FitResult, before: dict[str, float], dropped: str) -> Outcome:
    tuned = max(result.value, 0.0)
    value = before["value"] if dropped else tuned
    compared = (
        f"On {counted(int(before['n']), 'validation sentence')} the tuned model reached an entity F1 of "
        f"{percent(tuned)}, the frozen head {percent(before['value'])}."
    )
    length = (
        f"Trained {counted(result.steps, 'step')} ({passes(result.epochs)}) in {duration(result.seconds)} at "
        f"{result.items_per_second:.1f} sentences a second."
    )
    return Outcome(
        "fine-tune", {"value": value, "n": before["n"], "frozen": before["value"], "tuned": tuned},
        (compared, length, *result.sentences), context.device, "float32", result.stopped, dropped,
        gained_nothing=dropped == NOT_BETTER and not result.stopped,
    )  # fmt: skip
