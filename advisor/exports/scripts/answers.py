"""What is said of an item by the probabilities of its classes, by the rules that the model was checked with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CLASSES: list[str] = json.loads((HERE / "classes.json").read_text("utf-8"))
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))


def answer(row: Any) -> dict[str, Any]:
    """The label by an item's probabilities (C,); where it is not sure, also the classes that the item may be.

    Where an item may have several labels: those that reach their thresholds, and the probability of each label.
    """
    if at := HOW.get("thresholds"):
        labels = [name for name, share, least in zip(CLASSES, row, at, strict=True) if share >= least]
        return {"labels": labels, "probabilities": dict(zip(CLASSES, map(float, row), strict=True))}
    top, least = float(row.max()), HOW["likely_from"]
    said = {"label": CLASSES[row.argmax()], "probability": top, "sure": top >= HOW["not_sure_below"]}
    if said["sure"] or least is None:
        return said
    return said | {"likely": [CLASSES[i] for i in (-row).argsort() if row[i] >= min(least, top)]}
