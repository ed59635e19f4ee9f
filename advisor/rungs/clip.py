"""Prompting for images by the user's CLIP model: class names decide, without labels; no weights change."""

from __future__ import annotations

import time

import numpy as np
import torch

from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder
from advisor.rungs.saved.clip import ClipPredictor
from probes.backbones.clip import BATCH, ClipModel
from probes.folds import spread_order

#: What `Plan.settings` says where CLIP carries the rung out.
BY = "clip"


def execute(context: RunContext) -> Outcome:
    """Save the class names and the model's folder, and score it on as many validation items as the time allows."""
    settings, dataset = context.plan.settings, context.dataset
    context.emit("Loading the CLIP model", 0.01)
    model = ClipModel.load(settings["clip"]["folder"], context.device)
    spec = folder.spec_of(context.plan, dataset, weights="clip")
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
    probabilities = np.concatenate(parts) if parts else np.zeros((0, len(dataset.classes)))
    n = len(probabilities)
    each = (time.monotonic() - started) / n if n else float(settings.get("seconds_per_item", 0.1))
    spec["report_items"] = max(BATCH, int(0.8 * context.seconds_left / max(each, 1e-6)))
    folder.save(context.directory, spec, {"nothing": torch.zeros(1)})
    common.save_resolved(context, {"rung": context.plan.rung, "clip": spec["clip"]})
    value = common.value_of(dataset, rows[:n], probabilities)
    sentence = f"{model.name} compares each image with the class names; no labels were used."
    return Outcome(context.plan.rung, {"value": value, "n": float(n)}, (sentence,), context.device)
