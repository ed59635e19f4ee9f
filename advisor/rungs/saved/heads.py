"""What turns a backbone's features into class probabilities: a linear layer, a vote of neighbours, or class names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.errors import RunError, StorageError
from probes.heads import softmax
from probes.multilabel.linear import sigmoid
from probes.multilabel.neighbours import vote_labels

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: Features (n, d) to probabilities (n, C).
Head = Callable[[np.ndarray], np.ndarray]

#: Cosine similarities lie within a few hundredths of each other; divided by this they spread over the classes.
TEMPERATURE = 0.05


def linear_head(weight: np.ndarray, bias: np.ndarray, shares: Head = softmax) -> Head:
    """Logits as probabilities, which `shares` makes of them. Shape: weight (C, d), bias (C,)."""

    def head(features: np.ndarray) -> np.ndarray:
        if features.shape[1] != weight.shape[1]:
            raise StorageError(
                f"The model's head reads {weight.shape[1]:,} features and its backbone gives {features.shape[1]:,}. "
                f"Copy the run again, or train again."
            )
        return shares(features @ weight.T + bias)

    return head


def shares_of(head: dict[str, Any]) -> Head:
    """What makes probabilities of a head's logits (n, C): each one's sigmoid where there are thresholds, else softmax.

    Raises StorageError as `temperature_of`.
    """
    if "thresholds" in head:
        return sigmoid
    temperature = temperature_of(head)
    return lambda logits: softmax(logits / temperature)


def thresholds_of(spec: dict[str, Any]) -> np.ndarray | None:
    """From which probability on each of several labels is given, (C,); None where an item has one class.

    Raises StorageError where they do not fit the labels.
    """
    at = spec.get("head", {}).get("thresholds")
    if at is None:
        return None
    values = np.asarray(at, dtype=np.float64)
    if values.shape != (len(spec["classes"]),) or not np.isfinite(values).all():
        raise StorageError(
            f"The model has {len(spec['classes'])} labels and thresholds of another shape. Copy the run again, or "
            f"train again."
        )
    return values


def temperature_of(head: dict[str, Any]) -> float:
    """What logits are divided by. Raises StorageError for what is no number above 0: it would make every share NaN."""
    value = head.get("temperature", 1.0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise StorageError(
            f"The model's temperature is {value!r} and must be above 0. Copy the run again, or train again."
        )
    return float(value)


def neighbours_head(memory: np.ndarray, labels: np.ndarray, k: int, n_classes: int) -> Head:
    """The k nearest of the memory (m, d) with labels (m,) vote."""
    from probes.neighbours import vote

    return lambda features: vote(features, memory, labels, k, n_classes)


def names_head(backbone: Backbone, arrays: dict[str, np.ndarray], top: int) -> Head:
    """Class names decide: ConSE where ImageNet's names are embedded too (images), else the cosine with the text."""
    scores = name_scores(backbone, arrays, top)
    return lambda features: softmax(scores(features) / TEMPERATURE)


def name_scores(backbone: Backbone, arrays: dict[str, np.ndarray], top: int) -> Head:
    """The similarity of each item with each class name, (n, d) to (n, C)."""
    from probes.zero_shot import conse, nearest_names

    names = arrays["class_embeddings"]
    if "imagenet_embeddings" not in arrays:
        return lambda features: nearest_names(features, names)
    source: Any = backbone
    known = arrays["imagenet_embeddings"]
    return lambda features: np.asarray(conse(source.source_probabilities(features), known, names, top=top))


def named_labels_head(backbone: Backbone, arrays: dict[str, np.ndarray], top: int) -> Head:
    """The names of several labels: each one's similarity on a logistic curve of its own, "slopes" and "shifts" (C,)."""
    scores = name_scores(backbone, arrays, top)
    return lambda features: sigmoid(scores(features) * arrays["slopes"] + arrays["shifts"])


def build_head(spec: dict[str, Any], arrays: dict[str, np.ndarray], backbone: Backbone) -> Head:
    """The head a model.json describes, from the arrays beside it. Raises RunError for a kind it does not know."""
    head = spec["head"]
    if head["type"] == "linear":
        weight, bias, n_classes = arrays["head.weight"], arrays["head.bias"], len(spec["classes"])
        if weight.ndim != 2 or weight.shape[0] != n_classes or bias.shape != (n_classes,):
            raise StorageError(
                f"The model has {n_classes} classes and a head of other shapes ({weight.shape} and {bias.shape}). "
                f"Copy the run again, or train again."
            )
        return linear_head(weight, bias, shares_of(head))
    if head["type"] == "neighbours":
        if "thresholds" in head:
            return lambda features: vote_labels(features, arrays["memory"], arrays["targets"], int(head["k"]))
        return neighbours_head(arrays["memory"], arrays["labels"], int(head["k"]), len(spec["classes"]))
    if head["type"] == "class names":
        if "thresholds" in head:
            return named_labels_head(backbone, arrays, int(head.get("top", 10)))
        return names_head(backbone, arrays, int(head.get("top", 10)))
    raise RunError(f"The model's head is of type {head['type']!r}, which this program does not know. Update it.")
