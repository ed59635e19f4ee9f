"""LEEP: how well the classes of the pre-trained head predict the user's.

Nguyen, Hassner, Seeger and Archambeau, "LEEP: A New Measure to Evaluate Transferability of Learned Representations",
ICML 2020, https://arxiv.org/abs/2002.12462.
"""

from __future__ import annotations

import numpy as np

from probes.errors import ProbeError


def leep(source_probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean log-likelihood of the labels given only the source classes; at most 0.

    With theta(x) the head's probabilities, P(y, z) = 1/n sum over items of class y of theta(x)_z, and
    P(y | z) = P(y, z) / P(z): the mean of log sum_z P(y_i | z) theta(x_i)_z. Shape: source_probabilities (n, S), rows
    summing to 1; labels (n,) class indices.
    """
    theta = np.asarray(source_probabilities, dtype=np.float64)
    if len(theta) == 0 or len(theta) != len(labels):
        raise ProbeError(
            f"LEEP needs one row of probabilities per label; there are {len(theta)} rows and {len(labels)} labels."
        )
    classes, own = np.unique(labels, return_inverse=True)
    joint = np.zeros((len(classes), theta.shape[1]))
    np.add.at(joint, own, theta)
    conditional = joint / np.maximum(joint.sum(axis=0), 1e-300)  # (C, S)
    return float(np.log(np.maximum(np.sum(conditional[own] * theta, axis=1), 1e-300)).mean())
