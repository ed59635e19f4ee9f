"""Images and texts: what was measured of each rung, and the few numbers that its gain is regressed on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from advisor.core.ladder import BASE, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Kind, Situation
from advisor.training.few import Way
from advisor.training.modality import modality_of

#: A learning curve is believed to this multiple of the items it was fitted on (docs/design.md, what is known, 6).
FURTHEST = 4.0
#: Items on which a measured gain counts for half; which of these numbers it is, whole datasets left out decide.
SHRINKAGES = (50.0, 200.0, 800.0)
#: The standard normal's 95 % point: the bounds of a 90 % interval.
Z = 1.645
#: A share that was not counted on items is kept half an item of so many off 0 and 1.
NEARLY_EXACT = 10_000


class Measure(NamedTuple):
    """What a probe measured of a rung, and the items that it learned from."""

    value: float | None
    items: float


def _or(better: float | None, usual: float | None) -> float | None:
    return usual if better is None else better


#: What the probes measure of each rung; the registry of the ladder says on which kinds they do.
MEASURES: dict[RungName, Callable[[Situation], Measure]] = {
    "prompting": lambda s: Measure(_or(s.asked_prompting, s.zero_shot), 0.0),
    "rag": lambda s: Measure(_or(s.asked_rag, s.knn), float(s.n_sample)),
    "frozen": lambda s: Measure(_or(s.joined, s.linear), float(s.n_fit or s.n_sample)),
    "scratch": lambda s: Measure(s.tfidf, float(s.n_fit or s.n_sample)),
}


def is_measured(kind: Kind, rung: RungName) -> bool:
    """Whether the probes measure the rung itself."""
    return kind in row_of(rung).measured_on


def counts_words(kind: Kind, rung: RungName) -> bool:
    """Whether the rung is counted words with a linear model: the rung without pre-trained weights, where measured.

    >>> counts_words("text", "scratch"), counts_words("image", "scratch"), counts_words("text", "frozen")
    (True, False, False)
    """
    return not row_of(rung).starts_pretrained and is_measured(kind, rung)


def measured_values(s: Situation) -> dict[RungName, float]:
    """The value of every rung that a probe measured, as measured."""
    values = {rung: measure(s).value for rung, measure in MEASURES.items() if is_measured(s.kind, rung)}
    return {rung: value for rung, value in values.items() if value is not None}


def measured(s: Situation, rung: RungName, n: float) -> float | None:
    """The value that a rung's forecast starts from, moved along the learning curve to `n` labels; None without one.

    A rung that no probe measures starts from the base rung's.
    """
    measure = MEASURES[rung if is_measured(s.kind, rung) else BASE](s)
    if measure.value is None or not row_of(rung).needs_labels:
        return measure.value
    return grown(s, float(measure.value), measure.items, n)


def grown(s: Situation, value: float, items: float, n: float) -> float:
    """A value measured with so many items, at `n`: its error shrinks as the frozen rung's does, up to four times."""
    if not s.curve_b or s.curve_b <= 1e-9 or items <= 0:
        return value
    a, b = s.curve_a or 0.0, s.curve_b
    share = (a + b / math.sqrt(min(n, FURTHEST * max(items, 1.0)))) / (a + b / math.sqrt(items))
    return 1.0 - min(1.0, (1.0 - value) * share)


FEATURE_NAMES = ("labels per class", "distance from pre-training", "measured gain")


def features(s: Situation, rung: RungName, n: float, shrinkage: float) -> np.ndarray:
    """The numbers of a situation that a gain is regressed on, named in `FEATURE_NAMES`. Shape: (3,)."""
    per_class = math.log10(n / max(s.n_classes, 1))
    distance = (50.0 if s.domain is None else s.domain) / 100
    return np.array([per_class, distance, shrunk_gain(s, rung, n, shrinkage)])


def measured_gain(s: Situation, rung: RungName, n: float) -> float | None:
    """The measured gain over the base rung in logits, 0 for what is predicted; None where a measure is missing."""
    base, own = measured(s, BASE, n), measured(s, rung, n)
    if base is None or own is None:
        return None
    if not is_measured(s.kind, rung):
        return 0.0
    return logit(own, effective_items(s)) - logit(base, effective_items(s))


def shrunk_gain(s: Situation, rung: RungName, n: float, shrinkage: float) -> float:
    """The measured gain, shrunk to zero the more the fewer items it was measured on: by half on `shrinkage` items."""
    items = effective_items(s)
    return (measured_gain(s, rung, n) or 0.0) * items / (items + shrinkage)


def tuning_way(s: Situation, n: float) -> Way:
    """How fine-tuning goes with `n` labels, as their number and that of the classes decide."""
    return modality_of(s.kind).few_label_way(n, s.n_classes)


def effective_items(s: Situation) -> float:
    """Items that the sample is worth: fewer than there are where one class has few of them and all count alike.

    Read off the linear probe's interval, which knows the classes.
    """
    if s.linear is None or s.linear_low is None or s.linear_high is None or s.linear_high <= s.linear_low:
        return float(max(s.n_sample, 2))
    p = min(max((s.linear_low + s.linear_high) / 2, 0.02), 0.98)
    worth = p * (1 - p) * (2 * Z / (s.linear_high - s.linear_low)) ** 2
    return min(max(worth, 5.0), float(max(s.n_sample, 5)))


def logit(p: float, n: float) -> float:
    """The logit of a share measured on n items, kept half an item off both ends."""
    edge = 0.5 / max(n, 2)
    p = min(max(p, edge), 1.0 - edge)
    return math.log(p / (1.0 - p))


def logit_error(value: float, low: float, high: float) -> float:
    """The standard error of a share in logits, from the ends of its 90 % interval; an end at 0 or 1 says nothing.

    >>> round(logit_error(0.5, 0.3, 0.7), 2), round(logit_error(0.5, 0.3, 1.0), 2)
    (0.52, 0.52)
    """
    centre = logit(value, NEARLY_EXACT)
    ends = [abs(logit(end, NEARLY_EXACT) - centre) for end in (low, high) if 0.0 < end < 1.0]
    return (sum(ends) / len(ends) if ends else logit(1.0, NEARLY_EXACT)) / Z


def expit(x: float) -> float:
    """The share of a logit."""
    return 1.0 / (1.0 + math.exp(-x))
