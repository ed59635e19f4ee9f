"""Which layers the frozen head uses: the last features, another layer, or several joined (`probes.joined`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import RunError
from advisor.core.wording import listed, percent, points
from advisor.evidence.sample import related
from advisor.rungs import label_sets
from advisor.rungs.common import Features
from advisor.rungs.context import RunContext
from probes.hooks import LAST, Hooked

if TYPE_CHECKING:
    from probes.heads import Recipe
    from probes.linear import LinearProbe

#: With fewer seconds nothing is compared: the plan's recipe on the plan's layers or the last features.
LEAST_SECONDS = 6.0


@dataclass(frozen=True)
class Choice:
    """The layers of the head, its recipe, and the number its logits are divided by.

    ``thresholds``: of several labels, from which probability on each is given; () where an item has one class.
    ``tried``: (layers, cross-validated value) of every candidate, the last features first. ``predicted`` (n,): out of
    fold on the items compared; None where nothing was.
    """

    layers: tuple[str, ...]
    recipe: Recipe
    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()
    tried: tuple[tuple[tuple[str, ...], float], ...] = ()
    predicted: np.ndarray | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was compared and the result, for the report; nothing where nothing was compared."""
        if len(self.tried) < 2:
            return ()
        values = dict(self.tried)
        best, last = values[self.layers], values.get((LAST,), values[self.layers])
        if self.layers == (LAST,):
            other = max(value for layers, value in self.tried if layers != (LAST,))
            against = f"at most {percent(other)} with other layers"
        else:
            other, against = last, f"{percent(last)} with the {LAST} alone"
        uses = f"The head uses {joined_names(self.layers)}: {percent(best)} cross-validated"
        if percent(best) == percent(other):
            return (
                f"{uses}, as with {'other layers' if other != last else f'the {LAST} alone'}. The log loss on "
                f"held-out items decided, which also counts how sure it is of each answer.",
            )
        lower = although(best, other, "macro F1" if self.thresholds else "accuracy")
        return (f"{uses}, against {against}. The log loss on held-out items decided{lower}.",)


def although(best: float, other: float, metric: str = "accuracy") -> str:
    """That fewer answers were right, where they were: log loss decides.

    >>> although(0.87, 0.895), although(0.9, 0.8)
    (', although accuracy is 2.5 points lower', '')
    """
    lower = points(other, best)
    return f", although {metric} is {lower:.1f} points lower" if lower >= 0.05 else ""


def joined_names(layers: tuple[str, ...]) -> str:
    """Layers in words.

    >>> joined_names(("layer 4", "layer 5", "last features"))
    'layer 4, layer 5 and the last features'
    """
    return listed((name if name[-1].isdigit() else f"the {name}" for name in layers), most=len(layers))


def choose(context: RunContext, every: Hooked, sample: Features, seconds: float) -> Choice:
    """Probe every layer of the sample and cross-validate the joins, within about `seconds`.

    Shape: sample.array (n, every.dim). Raises as `pinned` does.
    """
    from probes.errors import ProbeError
    from probes.heads import Recipe
    from probes.joined import probe_joins

    dataset = context.dataset
    planned, wanted = Recipe.of(context.plan.settings), pinned(context, every)
    fallback = Choice(wanted[0] if wanted else (LAST,), planned)
    if context.seconds_left < LEAST_SECONDS:
        return fallback
    labels = dataset.labels[sample.rows]
    parts = dict(zip(every.names, every.split(sample.array), strict=True))
    groups, n_classes, seed = related(dataset)[sample.rows], len(dataset.classes), context.plan.seed
    try:
        if label_sets.applies(dataset):
            found = label_sets.best_join(parts, dataset.targets[sample.rows], labels, groups, seconds, seed, wanted)
            at = tuple(found.probe.thresholds.tolist())
            return Choice(found.layers, found.probe.recipe, thresholds=at, tried=found.tried)
        joins = probe_joins(parts, labels, dataset.metric, groups, n_classes, seconds, seed, wanted)
    except ProbeError:  # a class too small to hold anything out
        return fallback
    return Choice(
        layers=joins.layers,
        recipe=joins.probe.recipe,
        temperature=honest(joins.probe, labels),
        tried=joins.tried,
        predicted=joins.probe.oof_predicted,
    )


def pinned(context: RunContext, every: Hooked) -> list[tuple[str, ...]] | None:
    """The layers that the plan's ``settings["depths"]`` names; None where it names none, or for another backbone.

    Raises RunError for a layer that the plan's backbone does not have.
    """
    planned = context.plan.settings.get("depths", "auto")
    if not isinstance(planned, (list, tuple)) or every.entry.reference != context.plan.backbone:
        return None
    layers = tuple(name for name in every.names if name in planned)
    unknown = [str(name) for name in planned if name not in every.names]
    if unknown:
        raise RunError(
            f"The plan names layers that {every.entry.title} does not have: {', '.join(unknown)}. It has "
            f"{', '.join(every.names)}."
        )
    if not layers:
        raise RunError(f"The plan names no layer of {every.entry.title}. It has {', '.join(every.names)}.")
    return [layers]


def honest(probe: LinearProbe, labels: np.ndarray) -> float:
    """The temperature of the out-of-fold probabilities."""
    from probes.temperature import fit_temperature

    return fit_temperature(np.log(np.maximum(probe.oof_probability, 1e-7)), labels).temperature
