"""The input checks of all scores."""

from __future__ import annotations

import numpy as np

from probes.errors import ProbeError


def checked(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features as float64 (n, d) and labels as int64 (n,); ProbeError for fewer than two classes."""
    features, labels = np.asarray(features, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if features.ndim != 2 or len(features) != len(labels):
        raise ProbeError(
            f"A score needs one row of features per label; there are {len(features)} rows and {len(labels)} labels."
        )
    if len(np.unique(labels)) < 2:
        raise ProbeError("A score needs items of at least two classes. Add labelled items.")
    return features, labels
