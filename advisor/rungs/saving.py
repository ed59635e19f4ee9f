"""The two ways in which a rung that trains ends, and how it continues an interrupted attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.core import storage
from advisor.core.ladder import dropped_sentence
from advisor.rungs import common, frozen, stages
from advisor.rungs.comparison import Comparison
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.saved import folder
from advisor.rungs.saved.held_out import HeldOut, keep
from advisor.rungs.trained import RACE
from advisor.training.checkpoints import STATE
from advisor.training.network import Classifier, layers_of, whole_state

if TYPE_CHECKING:
    from advisor.data.features import Backbone

DIVERGED = "the training diverged"
NO_STATE = "no state after the start validated better"
STOPPED = "it was stopped before there was a tuned state to compare"


def earlier(context: RunContext) -> dict[str, Any] | None:
    """The settings of an interrupted attempt, where it had reached its training."""
    begun = (context.files.checkpoint / STATE).is_file() or stages.has(context, RACE)
    if not begun:
        return None
    return storage.read_object(context.files.resolved)


def tried(context: RunContext) -> dict[str, Any]:
    """The settings of a training that was begun; of one that never began, only which rung it was for."""
    resolved = storage.read_object(context.files.resolved) if context.files.resolved.is_file() else {}
    return resolved if "learning_rate" in resolved else {"rung": context.plan.rung}


def save_whole(
    context: RunContext,
    backbone: Backbone,
    network: Classifier,
    resolved: dict[str, Any],
    temperature: float = 1.0,
    held_out: HeldOut | None = None,
    thresholds: tuple[float, ...] = (),
) -> None:
    """Write every weight, the settings of the training, and what is said of held-out items.

    The logits are to be divided by the temperature, or a label is given from its threshold on.
    """
    spec = folder.backbone_spec(context.plan, context.dataset, backbone, weights="all")
    spec["backbone"]["depths"] = list(layers_of(backbone))
    spec["head"] = {"type": "linear", **folder.decided(temperature, thresholds)}
    spec["training"] = resolved
    folder.save(context.directory, spec, whole_state(network))
    if held_out is not None:
        keep(context.directory, held_out)


def roll_back(
    context: RunContext,
    backbone: Backbone,
    fallback: FrozenFit,
    why: str,
    sentences: tuple[str, ...] = (),
    compared: Comparison | None = None,
    stopped: bool = False,
    gained_nothing: bool = False,
) -> Outcome:
    """Save the frozen model instead, and say why. gained_nothing: what was trained is no better (`Outcome`)."""
    # the module was trained in place; the head refers to the backbone by its hash and needs none of it
    frozen.save(context, backbone, fallback, fallback="frozen")
    common.save_resolved(context, {**tried(context), **frozen.settings(backbone, fallback)})
    reasons: tuple[str, ...] = (dropped_sentence(why),)
    values = {"value": fallback.value, "n": float(len(fallback.val.rows)), "frozen": fallback.value}
    if compared is not None:
        reasons, values = (*reasons, compared.sentence), compared.values
    return Outcome(
        rung="fine-tune",
        validation={**values, **fallback.calibration},
        sentences=(*reasons, *sentences, *fallback.sentences),
        device=context.device,
        stopped=stopped or context.should_stop(),
        dropped=why,
        gained_nothing=gained_nothing and not stopped,
        partial=common.partial_sentence(fallback.train),
    )
