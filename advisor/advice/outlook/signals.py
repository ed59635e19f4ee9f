"""Images and texts: what was measured of each rung, and the few numbers that its gain is regressed on."""

from __future__ import annotations

import math

import numpy as np

from advisor.core.ladder import RungName
from advisor.core.records import Kind, Situation
from advisor.training.few import Way, way

#: A learning curve is believed to this multiple of the items it was fitted on (docs/design.md, what is known, 6).
FURTHEST = 4.0
#: The measured rung that gains are counted from.
BASE: RungName = "frozen"
#: A lead measured on so many items may be half believed; which of them, whole datasets left out decide.
DOUBTS = (50.0, 200.0, 800.0)
#: The standard normal's 95 % point: the bounds of a 90 % interval.
Z = 1.645


def is_measured(kind: Kind, rung: RungName) -> bool:
    """Whether the probes measure the rung itself."""
    return rung in ("prompting", "rag", "frozen") or (rung == "scratch" and kind == "text")


def measured(s: Situation, rung: RungName, n: float) -> float | None:
    """What was measured of a rung, moved along the learning curve to `n` labels; None where nothing was."""
    seen = float(s.n_fit or s.n_sample)
    if rung == "prompting":
        return s.zero_shot if s.asked_prompting is None else s.asked_prompting
    if rung == "rag":
        found, seen = s.knn if s.asked_rag is None else s.asked_rag, float(s.n_sample)
    elif rung == "scratch" and s.kind == "text":
        found = s.tfidf
    else:
        found = s.linear if s.joined is None else s.joined
    return None if found is None else grown(s, float(found), seen, n)


def grown(s: Situation, value: float, seen: float, n: float) -> float:
    """A value measured with `seen` items, at `n`: its error moves as the frozen rung's curve does, to four times."""
    if not s.curve_b or s.curve_b <= 1e-9 or seen <= 0:
        return value
    a, b = s.curve_a or 0.0, s.curve_b
    share = (a + b / math.sqrt(min(n, FURTHEST * max(seen, 1.0)))) / (a + b / math.sqrt(seen))
    return 1.0 - min(1.0, (1.0 - value) * share)


def lead(s: Situation, rung: RungName, n: float) -> float | None:
    """The measured lead over the frozen rung in logits, 0 for what is predicted; None where a measured rung was not."""
    base, own = measured(s, BASE, n), measured(s, rung, n)
    if base is None or own is None:
        return None
    if not is_measured(s.kind, rung):
        return 0.0
    return logit(own, looked_at(s)) - logit(base, looked_at(s))


FEATURE_NAMES = ("labels per class", "distance from home", "the rung's own sign")


def features(s: Situation, rung: RungName, n: float, doubt: float) -> np.ndarray:
    """The numbers of a situation that a gain is regressed on, named in `FEATURE_NAMES`. Shape: (3,).

    doubt: items on which a measured lead is half believed.
    """
    per_class = math.log10(n / max(s.n_classes, 1))
    home = (50.0 if s.domain is None else s.domain) / 100
    return np.array([per_class, home, own_sign(s, rung, n, doubt)])


def own_sign(s: Situation, rung: RungName, n: float, doubt: float) -> float:
    """The rung's measured lead, the less believed the fewer items it was measured on; 0 of what is predicted."""
    items = looked_at(s)
    return (lead(s, rung, n) or 0.0) * items / (items + doubt)


def tuning_way(s: Situation, n: float) -> Way:
    """How fine-tuning goes with `n` labels, as their number and that of the classes decide."""
    return way(s.kind, n, s.n_classes)


def looked_at(s: Situation) -> float:
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


def expit(x: float) -> float:
    """The share of a logit."""
    return 1.0 / (1.0 + math.exp(-x))
