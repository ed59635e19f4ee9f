"""What a model says of an item, as serving and whole tables give it: label, runner-up, and whether it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.core.records import Prediction

#: A label is not sure below this probability where the run keeps no threshold: it is then more likely wrong than right,
#: as probabilities are calibrated.
LEAST_SURE = 0.5


@dataclass(frozen=True)
class Verdict:
    """The two best classes of an item with their probabilities; ``problem``: why an item has none.

    A model of one class has no runner-up: "" and 0. ``likely``: the classes that an item may be, of a label that is not
    sure; () where the run keeps no threshold.
    """

    label: str | None = None
    probability: float | None = None
    runner_up: str = ""
    runner_up_probability: float = 0.0
    not_sure: bool = True
    problem: str = ""
    note: str = ""
    likely: tuple[str, ...] = ()


def verdict(prediction: Prediction, least: float = LEAST_SURE) -> Verdict:
    """The verdict of a prediction. least: the probability from which on a label is sure.

    >>> verdict(Prediction(input="a", label="cat", probability=0.9, probabilities={"dog": 0.1, "cat": 0.9})).runner_up
    'dog'
    """
    if prediction.label is None or prediction.probability is None:
        return Verdict(problem=prediction.problem)
    others = {label: p for label, p in prediction.probabilities.items() if label != prediction.label}
    second = max(others, key=lambda label: others[label], default="")
    return Verdict(
        label=prediction.label,
        probability=prediction.probability,
        runner_up=second,
        runner_up_probability=others.get(second, 0.0),
        not_sure=prediction.probability < least,
        note=prediction.note,
        likely=prediction.likely if prediction.probability < least else (),
    )


def likely(shares: Mapping[str, float], least: float) -> tuple[str, ...]:
    """The classes from the probability `least` on, the most probable first; that one always is likely.

    >>> likely({"cat": 0.3, "dog": 0.6, "fox": 0.1}, 0.2), likely({"cat": 0.3, "dog": 0.6, "fox": 0.1}, 0.7)
    (('dog', 'cat'), ('dog',))
    """
    order = sorted(shares, key=lambda label: -shares[label])
    return tuple(label for place, label in enumerate(order) if place == 0 or shares[label] >= least)
