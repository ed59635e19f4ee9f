"""What a model says of items that it has not learned from, beside the model; and the threshold that was chosen on them.

Read without torch: the dashboard's server draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.records import Threshold
from advisor.core.workspace import RunFiles


@dataclass(frozen=True)
class HeldOut:
    """Shape: rows of the dataset (n,), truth (n,) class indices, probabilities (n, C)."""

    rows: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """The probability of each item's label, (n,)."""
        highest: np.ndarray = self.probabilities.max(axis=1)
        return highest

    @property
    def right(self) -> np.ndarray:
        """Whether each label is right, (n,) bool."""
        same: np.ndarray = self.probabilities.argmax(axis=1) == self.truth
        return same

    @property
    def of_truth(self) -> np.ndarray:
        """The probability of each item's true class, (n,)."""
        shares: np.ndarray = self.probabilities[np.arange(len(self.truth)), self.truth]
        return shares


def keep(folder: Path, held_out: HeldOut) -> None:
    """Write it into a run's folder."""
    import pandas as pd

    probabilities = held_out.probabilities.astype(np.float32)
    frame = pd.DataFrame(
        {
            "row": held_out.rows.astype(np.int64),
            "truth": held_out.truth.astype(np.int32),
            "probabilities": list(probabilities),
        }
    )
    storage.write_bytes(RunFiles(folder).held_out, frame.to_parquet(index=False))


def kept(folder: Path) -> HeldOut | None:
    """What lies in a run's folder; None where nothing does. Raises StorageError where it is damaged."""
    import pandas as pd

    path = RunFiles(folder).held_out
    if not path.is_file():
        return None
    storage.check_manifest(path.parent, path.name)
    try:
        frame = pd.read_parquet(BytesIO(path.read_bytes()))
        truth = frame["truth"].to_numpy(np.int64)
        shares = np.array(frame["probabilities"].tolist(), np.float32).reshape(len(frame), -1)
        held_out = HeldOut(frame["row"].to_numpy(np.int64), truth, shares)
        sound = len(frame) == 0 or (
            truth.min() >= 0 and truth.max() < shares.shape[1] and bool(np.isfinite(shares).all())
        )
    except Exception as error:  # pandas and pyarrow raise many kinds
        raise StorageError(f"{path} is damaged. Delete it, and it is measured again when it is needed.") from error
    if not sound:
        raise StorageError(f"{path} is damaged. Delete it, and it is measured again when it is needed.")
    return held_out


def kept_threshold(folder: Path) -> Threshold | None:
    """The threshold in a model's folder; None where none is kept. Raises StorageError where it is damaged."""
    path = RunFiles(folder).threshold
    return Threshold.load(path) if path.is_file() else None
