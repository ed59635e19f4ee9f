"""How few labels are fine-tuned and what it costs, known before any training; a forecast reads it too.

Which way is taken, a modality says (`advisor.training.modality`); `advisor.rungs.few_labels` carries it out.
"""

from __future__ import annotations

from typing import Literal

#: Up to so many labelled items per class (median, test part left out) texts of at most `MOST_CLASSES` classes are tuned
#: by contrast. With 64 it was ahead of cross-entropy from the probe as well, in a third of the seconds
#: (benchmarks/results/2026-11-rungs.md).
FEW_PER_CLASS, MOST_CLASSES = 64, 16
#: With more classes and up to so many of each the frozen model stays. On banking77 (77 classes, frozen 79.8 % on 600
#: other training items) the tuned encoder had 79.5 % after 20 steps and after 96.
TOO_FEW_OF_MANY = 16
#: Steps of a tuning by contrast, and its batch.
STEPS, BATCH = 20, 32
#: Texts that pass through all of it: two folds of half as many steps judge, then all labels are tuned on.
ITEMS = 2 * STEPS * BATCH

#: Up to so many labelled images no part of them is set aside: they are held out in turn, in so many folds.
FEW_IMAGES, IMAGE_FOLDS = 600, 3
#: Steps of a tuning of few images, its batch, and the passes that it makes at least.
IMAGE_STEPS, IMAGE_BATCH, LEAST_PASSES = 100, 16, 4

#: The usual way (against a validation part), in folds (images), by contrast (texts), or the frozen model stays.
Way = Literal["usual", "folds", "contrast", "frozen"]


def image_steps(n: float) -> int:
    """Steps of a tuning of n images."""
    return max(IMAGE_STEPS, round(LEAST_PASSES * n / IMAGE_BATCH))


def items(way: Way, n: float, usual: float) -> float:
    """Items that pass through all steps of a run on n labels; `usual` where it goes the usual way.

    >>> items("contrast", 100, 5000.0), items("folds", 100, 5000.0), items("frozen", 100, 5000.0)
    (1280.0, 4800.0, 0.0)
    """
    # a fold's tuning has its share of the steps, so that the folds together have one tuning's less than their number
    folds = float(IMAGE_FOLDS * image_steps(n) * IMAGE_BATCH)
    return {"usual": usual, "folds": folds, "contrast": float(ITEMS), "frozen": 0.0}[way]
