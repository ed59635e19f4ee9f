"""Prompting for images by a CLIP model of the user's: class names decide, no label and no weight changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from advisor.core.errors import RunError
from advisor.core.records import Dataset
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.model import Input, Predictor, open_input, save_model, spec_of
from probes.backbones.clip import BATCH, ClipModel
from probes.folds import spread_order
from probes.progress import Progress, silent

#: What `Plan.settings` says where CLIP carries the rung out.
BY = "clip"


def execute(context: RunContext) -> Outcome:
    """Save the class names and the model's place, and score it on the validation part as the time allows."""
    settings, dataset = context.plan.settings, context.dataset
    context.emit("Loading the CLIP model", 0.01)
    model = ClipModel.load(settings["clip"]["folder"], context.device)
    spec = spec_of(context.plan, dataset, weights="clip")
    spec["clip"] = {**settings["clip"], "sha256": model.weights_hash}
    spec["backbone"] = {"name": model.name, "title": model.name, "source": model.weights_hash, "dim": 0}
    spec["input"] = {"size_px": model.size_px}
    predictor = ClipPredictor(spec, model)
    rows = common.validation_rows(dataset)
    rows = rows[spread_order(dataset.labels[rows])] if len(rows) else rows
    started, limit, tell = time.monotonic(), 0.3 * context.seconds_left, context.stage("Asking", 0.1, 0.9)
    parts: list[np.ndarray] = []
    while len(parts) * BATCH < len(rows) and (not parts or time.monotonic() - started < limit):
        tell("", len(parts) * BATCH / len(rows))
        parts.append(predictor.predict_rows(dataset, rows[len(parts) * BATCH :][:BATCH])[0])
    found = np.concatenate(parts) if parts else np.zeros((0, len(dataset.classes)))
    each = (time.monotonic() - started) / len(found) if len(found) else float(settings.get("seconds_per_item", 0.1))
    spec["report_items"] = max(BATCH, int(0.8 * context.seconds_left / max(each, 1e-6)))
    save_model(context.directory, spec, {"nothing": torch.zeros(1)})
    common.save_resolved(context, {"rung": "prompting", "clip": spec["clip"]})
    value = common.value_of(dataset, rows[: len(found)], found)
    told = (f"{model.name} compares each picture with the class names; no label was used.",)
    return Outcome("prompting", {"value": value, "n": float(len(found))}, told, context.device)


class ClipPredictor(Predictor):
    """A CLIP model that answers for pictures."""

    def __init__(self, spec: dict[str, Any], model: ClipModel) -> None:
        super().__init__(spec, None, lambda features: features)
        self.model, self.words = model, list(spec["clip"]["words"])
        self.report_items: int | None = spec.get("report_items")

    @classmethod
    def load(cls, spec: dict[str, Any], device: str) -> ClipPredictor:
        """Raises BackboneError when the folder is gone, RunError when its weights are others."""
        model = ClipModel.load(spec["clip"]["folder"], device)
        if model.weights_hash != spec["clip"]["sha256"]:
            raise RunError(f"The CLIP model in {spec['clip']['folder']} is not the one of this run. Run it again.")
        return cls(spec, model)

    def predict_proba(self, inputs: Sequence[Input]) -> np.ndarray:
        """As `Predictor.predict_proba`."""
        given = [inputs] if isinstance(inputs, (str, Path, Image.Image)) else list(inputs)
        return self._of_images(lambda i: open_input(given[i], self.model.size_px), len(given))[0]

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict_rows`."""
        from advisor.core.errors import DatasetError
        from advisor.data.decode import reader

        read: Any = reader(dataset, min_side=self.model.size_px)

        def image(position: int) -> Image.Image | None:
            try:
                opened: Image.Image = read(int(rows[position]))
            except DatasetError:
                return None
            return opened

        return self._of_images(image, len(rows), progress)

    def _of_images(
        self, read: Callable[[int], Image.Image | None], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        found, ok = np.zeros((n, len(self.classes)), np.float32), np.ones(n, dtype=bool)
        for start in range(0, n, BATCH):
            progress("Predicting", start / n)
            images = {position: read(position) for position in range(start, min(start + BATCH, n))}
            there = [position for position, image in images.items() if image is not None]
            ok[[position for position, image in images.items() if image is None]] = False
            opened = [image for image in images.values() if image is not None]
            found[there] = np.exp(self.model.log_probabilities(opened, self.words))
        return found, ok
