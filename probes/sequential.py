"""When is a growing sample large enough? A stopping rule for looks at 400, 800, 1,600 ... items.

The sample serves one decision: which cheap rung to take, and how good it is. So it stops growing when

1. the best rung's 90 % interval lies within one point of its value, or
2. the best rung is clearly ahead of every other (the 90 % interval of the paired difference on the same items excludes
   zero, or lies within one point, so that either will do), and it has stopped learning: doubling the sample moved its
   score on the same items by less than two points, at the upper end of the 90 % interval of that difference.

Several looks at level 0.90 each are optimistic (Armitage, McPherson and Rowe, "Repeated significance tests on
accumulating data", JRSS A 1969): over four looks, a lead that does not exist is called clear up to about one time in
four instead of one in ten. That costs little, since two rungs so close are nearly equally good; the numbers shown are
those of the last look.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from probes.interval import TRAINED, measured_score, paired_error, score

#: Half an interval, or a difference, that no longer matters; and the most that a doubling may bring.
PRECISE = 0.01
STILL_LEARNING = 0.02
Z = 1.645


def reason_to_stop(
    metric: str,
    truth: np.ndarray,
    answers: Mapping[str, np.ndarray],
    before: tuple[np.ndarray, Mapping[str, np.ndarray]] | None,
    n_classes: int,
) -> str | None:
    """Why this look is the last, as the end of a sentence; None while the sample should grow.

    Shape: truth (n,), answers: each rung's predictions (n,). `before`: the positions (m,) of the last look's items in
    this one, and its answers (m,). Raises ProbeError when n is 0.
    """
    values = {name: score(metric, truth, answer, n_classes) for name, answer in answers.items()}
    best = max(values, key=lambda name: values[name])
    measured = measured_score(metric, truth, answers[best], n_classes, 0.0, design_effect=TRAINED)
    half = (measured.high - measured.low) / 2
    if half <= PRECISE:
        return f"the best of them ({best}) is known to within {100 * half:.1f} points"
    if before is None or not all(_told_apart(metric, truth, answers, best, name, n_classes) for name in answers):
        return None
    positions, earlier = before
    gain, error = _difference(metric, truth[positions], answers[best][positions], earlier[best], n_classes)
    if gain + Z * error > STILL_LEARNING:
        return None
    return f"the best of them ({best}) is clear, and the last doubling moved it by {100 * gain:+.1f} points"


def _told_apart(
    metric: str, truth: np.ndarray, answers: Mapping[str, np.ndarray], best: str, other: str, n_classes: int
) -> bool:
    """Whether the best rung is clearly ahead of the other, or clearly no worse."""
    if other == best:
        return True
    lead, error = _difference(metric, truth, answers[best], answers[other], n_classes)
    return lead - Z * error > 0 or lead + Z * error < PRECISE


def _difference(
    metric: str, truth: np.ndarray, one: np.ndarray, other: np.ndarray, n_classes: int
) -> tuple[float, float]:
    """The difference of two scores on the same items, and its standard error."""
    difference = score(metric, truth, one, n_classes) - score(metric, truth, other, n_classes)
    return difference, paired_error(metric, truth, one, other, n_classes)
