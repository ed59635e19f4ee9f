"""What a pilot of some seconds says about the whole run: the gain over the frozen rung, with its spread.

A pilot sees a few hundred items for a few seconds. In a sweep on three sets (600 items, 80 steps) fine-tuning stood
below its own frozen start after 20 steps in 5 of 9 runs and above it at the end in all 9, so a pilot that ends below
its start says that it was short, and nothing else. A pilot's gain is combined with what fine-tuning removed of the
frozen rung's error elsewhere (`FINE_TUNE`), each weighted by its precision (the normal-normal posterior mean).
`docs/estimates.md` has the runs behind the constants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Shift:
    """An expected change of the metric and its standard deviation, both in the metric's unit (shares)."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Prior:
    """What a full run removed of the error still left, as a share of that error: mean and standard deviation."""

    share: float
    spread: float


#: Fine-tuning removes this share of the frozen rung's error; it never adds to it, since it rolls back.
FINE_TUNE = Prior(share=0.25, spread=0.25)
#: Training from scratch closes this share of the gap between its pilot and the frozen rung.
SCRATCH = Prior(share=0.45, spread=0.30)
#: A pilot's gain differs from the full run's by this share of the error, besides its own sampling noise.
PILOT_SPREAD = 0.25
#: Below this many passes over the data within the budget, less of the gain is to be had.
ENOUGH_EPOCHS = 3.0
FLOOR = 0.004


def fine_tune_gain(frozen: float, pilot_gain: float, pilot_spread: float, epochs: float) -> Shift:
    """Gain of fine-tuning over the frozen rung at full size.

    frozen: its expected value; pilot_gain, pilot_spread: the paired difference a pilot showed and its standard error;
    epochs: passes over the training part that the training budget pays for.
    """
    error = max(1.0 - frozen, 0.0)
    if pilot_gain <= 0:  # too short to say anything
        pilot_spread = math.inf
    prior_spread = FINE_TUNE.spread * error + FLOOR
    seen_spread = math.hypot(pilot_spread, PILOT_SPREAD * error) + FLOOR
    weight = prior_spread**2 / (prior_spread**2 + seen_spread**2)
    mean = (weight * pilot_gain if weight else 0.0) + (1 - weight) * FINE_TUNE.share * error
    reach = min(1.0, epochs / ENOUGH_EPOCHS)
    spread = prior_spread * math.sqrt(1 - weight)
    return Shift(mean=min(max(mean, 0.0) * reach, error), spread=spread)


def scratch_growth(pilot: float, frozen: float) -> Shift:
    """What training from scratch gains from its pilot to a full run; the gap to the frozen rung is the yardstick."""
    gap = max(frozen - pilot, 0.0)
    return Shift(mean=SCRATCH.share * gap, spread=SCRATCH.spread * max(gap, 0.1))
