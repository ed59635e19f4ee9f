"""Images and texts: what was measured of each rung, and the few numbers that its gain is regressed on."""

from __future__ import annotations

import math

import numpy as np

from advisor.ladder import RungName
from advisor.records import Kind, Situation

#: A learning curve is believed to this multiple of the items it was fitted on (DESIGN.md, what is known, 6).
FURTHEST = 4.0
#: The measured rung that gains are counted from.
BASE: RungName = "frozen"


def is_measured(kind: Kind, rung: RungName) -> bool:
    """Whether the probes measure the rung itself."""
    return rung in ("prompting", "rag", "frozen") or (rung == "scratch" and kind == "text")


def measured(s: Situation, rung: RungName, n: float) -> float | None:
    """What was measured of a rung, moved along the learning curve to `n` labels; None where nothing was."""
    seen = float(s.n_fit or s.n_sample)
    if rung == "prompting":
        return s.zero_shot if s.asked_prompting is None else s.asked_prompting
    if rung == "rag":
        found, seen = (s.knn, float(s.n_sample)) if s.asked_rag is None else (s.asked_rag, float(s.n_sample))
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
    return logit(own, s.n_sample) - logit(base, s.n_sample)


def features(s: Situation, rung: RungName, n: float) -> np.ndarray:
    """The numbers of a situation that a gain is regressed on, named in `FEATURE_NAMES`. Shape: (p,)."""
    base = measured(s, BASE, n)
    assert base is not None
    top = logit(base, s.n_sample)
    per_class = math.log10(n / max(s.n_classes, 1))
    a, b = s.curve_a or 0.0, s.curve_b or 0.0
    slope = b * n**-0.5 / max(a + b * n**-0.5, 1e-6)
    linear = logit(s.linear if s.linear is not None else base, s.n_sample)
    depth = logit(s.depth_top, s.n_sample) - linear if s.depth_top is not None else 0.0
    words = logit(s.tfidf, s.n_sample) - linear if s.tfidf is not None else 0.0
    near = logit(s.knn, s.n_sample) - linear if s.knn is not None else 0.0
    home = (50.0 if s.domain is None else s.domain) / 100
    pilot = 0.0
    if s.pilot_gain is not None and s.pilot_items:
        weight = 1.0 / (1.0 + (s.pilot_error or 0.05) ** 2 / 0.05**2)
        pilot = max(s.pilot_gain, 0.0) * weight / 0.1
    own = lead(s, rung, n) or 0.0
    return np.array(
        [top, per_class, math.log10(s.n_classes), slope, depth, words if s.kind == "text" else near, home, pilot, own]
    )


FEATURE_NAMES = (
    "frozen value", "labels per class", "classes", "share of the error that labels remove", "lead of the best depth",
    "lead of words or neighbours", "distance from home", "gain in the pilot", "measured lead",
)  # fmt: skip


def logit(p: float, n: int) -> float:
    """The logit of a share measured on n items, kept half an item off both ends."""
    edge = 0.5 / max(n, 2)
    p = min(max(p, edge), 1.0 - edge)
    return math.log(p / (1.0 - p))


def expit(x: float) -> float:
    """The share of a logit."""
    return 1.0 / (1.0 + math.exp(-x))
