"""What a model says of an item, as serving and whole tables give it: label, runner-up, and whether it is sure."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.core.records import Prediction

#: A label is not sure below this probability: it is then more likely wrong than right, as probabilities are calibrated.
LEAST_SURE = 0.5


@dataclass(frozen=True)
class Verdict:
    """The two best classes of an item with their probabilities; ``problem``: why an item has none.

    A model of one class has no runner-up: "" and 0.
    """

    label: str | None = None
    probability: float | None = None
    runner_up: str = ""
    runner_up_probability: float = 0.0
    not_sure: bool = True
    problem: str = ""
    note: str = ""


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
    )
