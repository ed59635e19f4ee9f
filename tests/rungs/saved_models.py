"""The model in a run's folder, of the sort that a test wants."""

from __future__ import annotations

from pathlib import Path

from advisor.rungs.saved.loading import load
from advisor.rungs.saved.predictor import Predictor


def load_predictor(directory: Path) -> Predictor:
    """A model that predicts labels."""
    model = load(directory)
    assert isinstance(model, Predictor)
    return model
