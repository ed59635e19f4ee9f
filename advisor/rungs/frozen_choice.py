"""What the frozen head stands on: the last features, another depth, or several depths joined, by cross-validation.

Features of several layers together serve many tasks better than the last ones (Evci et al., "Head2Toe: Utilizing
Intermediate Representations for Better Transfer Learning", ICML 2022, https://arxiv.org/abs/2201.03529). Every depth is
probed on some hundred items, then the joins that this suggests are cross-validated on more of them. Measured on test
parts, at most 2,500 training items, last features against best single depth against best join: trec6 88.3, 90.3, 94.6;
sst2 81.0, 81.7, 82.9; tweet_emotion 70.0, 70.0, 71.6; sign_digits 94.2, 92.5, 95.6; deeppcb_defects 69.2, 79.4, 77.1.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.evidence import related
from advisor.records import Dataset
from advisor.rungs.common import Gathered
from advisor.rungs.context import RunContext
from probes.hooks import LAST, Hooked

if TYPE_CHECKING:
    from probes.depth import ProbedDepths
    from probes.heads import Recipe
    from probes.linear import LinearProbe

#: Items that the joins are compared on.
MOST_ITEMS = 2500
#: Joins this close in value count as equal, and the smaller log loss decides (as in `probes.linear`).
EQUAL = 0.003
#: Below this many seconds nothing is compared: the plan's recipe on the last features.
LEAST_SECONDS = 6.0


@dataclass(frozen=True)
class Chosen:
    """The depths of the head, its recipe, and the number its logits are divided by.

    ``plain``: the recipe for the last features alone. ``tried``: (depths, cross-validated value) of every candidate,
    the first the last features. ``predicted`` (n,) out of fold on the items compared; None where nothing was.
    """

    depths: tuple[str, ...]
    recipe: Recipe
    plain: Recipe
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
            return (f"The head stands on the {LAST}: {last:.1f} % cross-validated, other depths up to {others:.1f} %.",)
        return (
            f"The head stands on {joined_names(self.depths)}: {best:.1f} % cross-validated against {last:.1f} % at the "
            f"{LAST} alone.",
        )


def joined_names(depths: tuple[str, ...]) -> str:
    """Depths in words: "layer 3, layer 4 and the last features"."""
    names = [f"the {name}" if name == LAST else name for name in depths]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def choose(context: RunContext, every: Hooked, sample: Gathered, seconds: float) -> Chosen:
    """Probe every depth of the sample and cross-validate the joins, within about `seconds`.

    Shape: sample.array (n, every.dim). The plan may pin ``settings["depths"]`` to a list of names.
    """
    from probes.errors import ProbeError
    from probes.heads import Recipe

    planned = Recipe.of(context.plan.settings)
    pinned = context.plan.settings.get("depths", "auto")
    wanted = [tuple(pinned)] if isinstance(pinned, (list, tuple)) else None
    fallback = Chosen(wanted[0] if wanted else (LAST,), planned, planned)
    if context.seconds_left < LEAST_SECONDS:
        return fallback
    try:
        return _compared(context.dataset, every, sample, wanted, seconds, context.plan.seed)
    except ProbeError:  # a class too small to hold anything out
        return fallback


def _compared(
    dataset: Dataset,
    every: Hooked,
    sample: Gathered,
    wanted: list[tuple[str, ...]] | None,
    seconds: float,
    seed: int,
) -> Chosen:
    """The candidates' out-of-fold answers, and the best of them."""
    from probes.linear import linear_probe

    started = time.monotonic()
    parts = dict(zip(every.names, every.split(sample.array), strict=True))
    labels, groups = dataset.labels[sample.rows], related(dataset)[sample.rows]
    candidates = wanted if wanted is not None else _suggested(dataset, parts, labels, groups, 0.3 * seconds, seed)
    found: dict[tuple[str, ...], LinearProbe] = {}
    for index, depths in enumerate(dict.fromkeys([(LAST,), *candidates])):
        left = seconds - (time.monotonic() - started)
        if found and left <= 0 and depths not in (wanted or ()):
            break
        share = max(left, 0.5) / (len(candidates) + 1 - index)
        found[depths] = linear_probe(
            join(parts, depths), labels, dataset.metric, groups, seed=seed, seconds_limit=share,
            n_classes=len(dataset.classes),
        )  # fmt: skip
    chosen = wanted[0] if wanted else _best(found, labels)
    probe = found[chosen]
    return Chosen(
        depths=chosen,
        recipe=probe.recipe,
        plain=found[(LAST,)].recipe,
        temperature=honest(probe, labels),
        tried=tuple((depths, tried.measured.value) for depths, tried in found.items()),
        predicted=probe.oof_predicted,
    )


def join(parts: dict[str, np.ndarray], depths: tuple[str, ...]) -> np.ndarray:
    """The columns of these depths side by side. Shape: parts {name: (n, d)} to (n, sum of d)."""
    return np.concatenate([parts[name] for name in depths], axis=1)


def honest(probe: LinearProbe, labels: np.ndarray) -> float:
    """The temperature of the out-of-fold probabilities."""
    from probes.temperature import fit_temperature

    return fit_temperature(np.log(np.maximum(probe.oof_probability, 1e-7)), labels).temperature


def _suggested(
    dataset: Dataset, parts: dict[str, np.ndarray], labels: np.ndarray, groups: np.ndarray, seconds: float, seed: int
) -> list[tuple[str, ...]]:
    """Joins worth trying: the best depth, it with the last features, the best three, the last three and five."""
    from probes.depth import MAX_ITEMS, probe_depths
    from probes.folds import stratified_subset

    chosen = stratified_subset(labels, MAX_ITEMS, seed)
    probed = probe_depths(
        [(name, features[chosen]) for name, features in parts.items()], labels[chosen], dataset.metric, groups[chosen],
        n_classes=len(dataset.classes), seconds_limit=seconds, seed=seed,
    )  # fmt: skip
    return joins(probed)


def joins(probed: ProbedDepths) -> list[tuple[str, ...]]:
    """The candidates that probed depths suggest, each in the network's order, without repeats."""
    names = [depth.name for depth in probed.depths]
    ranked = sorted(probed.depths, key=lambda depth: -depth.probe.measured.value)
    top = names[probed.top]
    sets: list[Any] = [{top}, {top, names[-1]}, {d.name for d in ranked[:3]}, set(names[-3:]), set(names[-5:])]
    return list(dict.fromkeys(tuple(name for name in names if name in wanted) for wanted in sets))


def _best(found: dict[tuple[str, ...], LinearProbe], labels: np.ndarray) -> tuple[str, ...]:
    """The highest value; among equals the smallest log loss."""
    from probes.heads import log_loss

    top = max(probe.measured.value for probe in found.values())
    equal = [depths for depths, probe in found.items() if probe.measured.value >= top - EQUAL]
    return min(equal, key=lambda depths: log_loss(found[depths].oof_probability, labels))
