"""Tuned against frozen on the same held-out items, and the rule by which one is kept.

The rule: the tuned model is kept when it scores higher there or, where both score the same, when its log loss is lower
(each at its own temperature). A significance test would be the wrong rule. Over the 22 development sets
(data/gains.csv: fine-tuning removed 25 % of the frozen error on average, and lost on two, by 0.4 and 0.8 points), the
expected points of test value lost against knowing the better one, by validation items:

| rule                            | 40 items | 100  | 300  | 1,000 |
|---------------------------------|----------|------|------|-------|
| always tuned                    | 0.08     | 0.07 | 0.08 | 0.08  |
| gain > 0                        | 0.77     | 0.37 | 0.12 | 0.03  |
| gain > 0.5 standard errors      | 1.40     | 0.72 | 0.23 | 0.06  |
| gain > 1.64 standard errors     | 3.42     | 2.23 | 0.87 | 0.23  |
| always frozen                   | 6.21     | 6.21 | 6.21 | 6.21  |

"Always tuned" would lose least, but would return a model that measured worse; "gain > 0" never does that, and kept one
that is truly worse by half a point in 2 % of the cases at 40 to 100 items. With few labels the held-out items are few
as well, so the usual gain of tuning on other data counts too: `Prior`.

With few labels of uneven classes it must not count where tuning gives up the rare ones. On 13 tasks of LadderBench with
about 50 labels, two to ten of them in most classes, the two tunings that had more items right and less balanced
accuracy lost 12 points each on the test part; without them the prior cost 1.0 points a task instead of 2.9, where
"gain > 0" cost 3.0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.core.records import Dataset
from advisor.core.wording import percent, points
from advisor.rungs import label_sets
from probes.interval import paired_error, score
from probes.temperature import tempered_loss

#: A log loss lower by less than this share decides nothing: the frozen head may use other layers.
SAME_LOSS = 0.1


@dataclass(frozen=True)
class Prior:
    """The gain of tuning on other data: its mean and standard deviation (shares).

    ``folds``: standard deviation between the gain of tunings on a part of the items, which are compared, and of the one
    on all of them, which is kept; sampling left out.
    """

    gain: float
    spread: float
    folds: float = 0.0

    def bar(self, error: float) -> float:
        """The measured gain, of this standard error, above which the expected one is positive.

        Of two normal estimates the mean weighs each by its inverse variance, so the bar is
        -gain (error^2 + folds^2) / spread^2.
        """
        return -self.gain * (error**2 + self.folds**2) / self.spread**2


@dataclass(frozen=True)
class Comparison:
    """Values of both on the same ``n`` items, the gain's paired standard error, and whether the tuned one is kept.

    ``for_the_frequent``: more items are right, and yet the balanced accuracy is lower: rare classes pay for it.
    """

    frozen: float
    tuned: float
    error: float
    n: int
    kept: bool
    for_the_frequent: bool = False

    @property
    def gain(self) -> float:
        """What tuning gained."""
        return self.tuned - self.frozen

    @property
    def sentence(self) -> str:
        """Both values, the gain and its error in points."""
        return (
            f"Fine-tuning reached {percent(self.tuned)} on {self.n:,} held-out items, the frozen head "
            f"{percent(self.frozen)}: a gain of {points(self.tuned, self.frozen):+.1f} points (standard error "
            f"{100 * self.error:.1f})."
        )

    @property
    def values(self) -> dict[str, float]:
        """For the outcome's validation numbers."""
        value = self.tuned if self.kept else self.frozen
        return {
            "value": value, "n": float(self.n), "frozen": self.frozen, "tuned": self.tuned, "gain_error": self.error,
        }  # fmt: skip


def compare(
    dataset: Dataset, rows: np.ndarray, frozen: np.ndarray, tuned: np.ndarray, prior: Prior | None = None
) -> Comparison:
    """Compare the logits (n, C) of both on rows (n,) that neither has learned from. Raises ProbeError without rows.

    prior: the tuned one is also kept where the prior and the measurement together expect a gain. Not where more items
    are right while the balanced accuracy is lower: that is no bad luck with few items, but rare classes given up.
    """
    if label_sets.applies(dataset):
        before, after, error, better = label_sets.compared(dataset, rows, frozen, tuned)
        return Comparison(before, after, error, len(rows), better)
    truth, n_classes, metric = dataset.labels[rows], len(dataset.classes), dataset.metric
    answers = frozen.argmax(axis=1), tuned.argmax(axis=1)
    values = [score(metric, truth, answer, n_classes) for answer in answers]
    kept = values[1] > values[0]
    if values[1] == values[0]:
        kept = tempered_loss(tuned, truth) < (1 - SAME_LOSS) * tempered_loss(frozen, truth)
    error = paired_error(metric, truth, answers[1], answers[0], n_classes)
    right = [int((answer == truth).sum()) for answer in answers]
    for_the_frequent = values[1] < values[0] and right[1] > right[0]
    usual = prior is not None and not for_the_frequent and values[1] - values[0] > prior.bar(error)
    return Comparison(values[0], values[1], error, len(rows), bool(kept or usual), for_the_frequent)
