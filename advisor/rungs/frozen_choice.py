"""What the frozen head stands on: the last features, another depth, or several joined (`probes.joined`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import RunError
from advisor.evidence import related
from advisor.rungs.common import Gathered
from advisor.rungs.context import RunContext
from probes.hooks import LAST, Hooked

if TYPE_CHECKING:
    from probes.heads import Recipe
    from probes.linear import LinearProbe

#: Below this many seconds nothing is compared: the plan's recipe on the plan's depths or the last features.
LEAST_SECONDS = 6.0


@dataclass(frozen=True)
class Chosen:
    """The depths of the head, its recipe, and the number its logits are divided by.

    ``tried``: (depths, cross-validated value) of every candidate, the first the last features. ``predicted`` (n,) out
    of fold on the items compared; None where nothing was.
    """

    depths: tuple[str, ...]
    recipe: Recipe
    temperature: float = 1.0
    tried: tuple[tuple[tuple[str, ...], float], ...] = ()
    predicted: np.ndarray | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was compared and what it gave, for the report; nothing where nothing was compared."""
        if len(self.tried) < 2:
            return ()
        values = dict(self.tried)
        best, last = 100 * values[self.depths], 100 * values[(LAST,)]
        if self.depths == (LAST,):
            others = max(100 * value for depths, value in self.tried if depths != (LAST,))
            return (
                f"The head stands on the {LAST}, whose log loss is the least: {last:.1f} % cross-validated, other "
                f"depths up to {others:.1f} %.",
            )
        return (
            f"The head stands on {joined_names(self.depths)}, whose log loss is the least: {best:.1f} % "
            f"cross-validated against {last:.1f} % at the {LAST} alone.",
        )


def joined_names(depths: tuple[str, ...]) -> str:
    """Depths in words.

    >>> joined_names(("layer 4", "layer 5", "last features"))
    'layer 4, layer 5 and the last features'
    """
    names = [name if name[-1].isdigit() else f"the {name}" for name in depths]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def choose(context: RunContext, every: Hooked, sample: Gathered, seconds: float) -> Chosen:
    """Probe every depth of the sample and cross-validate the joins, within about `seconds`.

    Shape: sample.array (n, every.dim). Raises as `pinned` does.
    """
    from probes.errors import ProbeError
    from probes.heads import Recipe
    from probes.joined import probe_joins

    dataset = context.dataset
    planned, wanted = Recipe.of(context.plan.settings), pinned(context, every)
    fallback = Chosen(wanted[0] if wanted else (LAST,), planned)
    if context.seconds_left < LEAST_SECONDS:
        return fallback
    labels = dataset.labels[sample.rows]
    parts = dict(zip(every.names, every.split(sample.array), strict=True))
    groups, n_classes, seed = related(dataset)[sample.rows], len(dataset.classes), context.plan.seed
    try:
        found = probe_joins(parts, labels, dataset.metric, groups, n_classes, seconds, seed, wanted)
    except ProbeError:  # a class too small to hold anything out
        return fallback
    return Chosen(
        depths=found.layers,
        recipe=found.probe.recipe,
        temperature=honest(found.probe, labels),
        tried=found.tried,
        predicted=found.probe.oof_predicted,
    )


def pinned(context: RunContext, every: Hooked) -> list[tuple[str, ...]] | None:
    """The depths that the plan's ``settings["depths"]`` names; None where it names none, or for another backbone.

    Raises RunError for a depth that the plan's backbone does not have.
    """
    given = context.plan.settings.get("depths", "auto")
    if not isinstance(given, (list, tuple)) or every.entry.reference != context.plan.backbone:
        return None
    depths = tuple(name for name in every.names if name in given)
    strange = [str(name) for name in given if name not in every.names]
    if strange or not depths:
        raise RunError(
            f"The plan names depths that {every.entry.title} does not have: {', '.join(strange) or 'none at all'}. "
            f"It has {', '.join(every.names)}."
        )
    return [depths]


def honest(probe: LinearProbe, labels: np.ndarray) -> float:
    """The temperature of the out-of-fold probabilities."""
    from probes.temperature import fit_temperature

    return fit_temperature(np.log(np.maximum(probe.oof_probability, 1e-7)), labels).temperature
