"""How texts with few labels are fine-tuned, as far as labels and classes decide it: known before any training.

Carried out by `advisor.rungs.few_labels`; estimates look here for what a run costs, and whether it changes anything.
"""

from __future__ import annotations

from typing import Literal

#: Up to so many labelled items per class (median, test part left out) texts of at most `MOST_CLASSES` classes are tuned
#: by contrast. With 64 it was ahead of cross-entropy from the probe as well, in a third of the seconds (docs/rungs.md).
FEW_PER_CLASS, MOST_CLASSES = 64, 16
#: With more classes and up to so many of each the frozen model stays. On banking77 (77 classes, frozen 79.8 % on 600
#: other training items) the tuned encoder had 79.5 % after 20 steps and after 96.
TOO_FEW_OF_MANY = 16
#: Steps of a tuning by contrast, and its batch.
STEPS, BATCH = 20, 32
#: Texts that pass through all of it: two folds of half as many steps judge, then all labels are tuned on.
ITEMS = 2 * STEPS * BATCH

Way = Literal["usual", "contrast", "frozen"]


def way(kind: str, per_class: float, n_classes: int) -> Way:
    """How fine-tuning goes with so many labels per class: the usual way, by contrast, or the frozen model stays.

    >>> way("text", 8, 4), way("text", 8, 77), way("text", 100, 4), way("image", 8, 4)
    ('contrast', 'frozen', 'usual', 'usual')
    """
    if kind != "text" or per_class > (FEW_PER_CLASS if n_classes <= MOST_CLASSES else TOO_FEW_OF_MANY):
        return "usual"
    return "contrast" if n_classes <= MOST_CLASSES else "frozen"
