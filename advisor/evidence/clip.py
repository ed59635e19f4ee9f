"""What a CLIP model reaches from class names alone, where the user has one: the folder that ADVISOR_CLIP names."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, ProbeResult
from advisor.evidence.feature_probes import class_name_answers, result
from advisor.evidence.sample import Sample
from advisor.llm.asking import class_words
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone

FOLDER = "ADVISOR_CLIP"
NAME, TITLE = "prompt-clip", "Class names alone, by CLIP"
STEP, LEAST, MOST = 16, 32, 500


def measure_clip(
    dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float, progress: Progress = silent
) -> tuple[list[ProbeResult], str | None]:
    """Zero-shot by CLIP on a stratified part of the sample; nothing where no folder is named, a note where it fails."""
    from advisor.data.features import reader
    from probes import device
    from probes.backbones.clip import ClipModel
    from probes.errors import BackboneError
    from probes.folds import spread_order

    folder = os.environ.get(FOLDER, "")
    if not folder:
        return [], None
    progress("Loading the CLIP model", 0.0)
    try:
        model = ClipModel.load(folder, device.pick())
    except BackboneError as error:
        return [], f"CLIP was not measured. {error}"
    read: Any = reader(dataset, model.size_px)
    words = class_words(dataset)
    order = spread_order(sample.labels)[:MOST]
    started = time.monotonic()
    parts: list[np.ndarray] = []
    while len(parts) * STEP < len(order) and (len(parts) * STEP < LEAST or time.monotonic() - started < seconds):
        some = order[len(parts) * STEP :][:STEP]
        parts.append(model.log_probabilities([read(int(sample.rows[p])) for p in some], words).argmax(axis=1))
    predicted = np.concatenate(parts)
    try:
        answer = _result(dataset, backbone, sample, order[: len(predicted)], predicted, time.monotonic() - started)
    except BackboneError as error:  # it is compared with class names matched to ImageNet's
        return [], f"CLIP was not measured. {error}"
    details = {
        "method": f"Class names matched by {model.name} (CLIP)",
        "identity": model.weights_hash,
        "clip": {"folder": folder, "words": list(words)},
    }
    return [answer.model_copy(update={"settings": {**answer.settings, **details}})], None


def _result(
    dataset: Dataset, backbone: Backbone, sample: Sample, at: np.ndarray, predicted: np.ndarray, took: float
) -> ProbeResult:
    """The value, and its gain over the class names matched to ImageNet's on the same items."""
    from probes.interval import measured_score, paired_error, score

    metric, n_classes = dataset.metric, len(dataset.classes)
    part = sample.part(at)
    other = class_name_answers(dataset, backbone, part)[0]
    gain = score(metric, part.labels, predicted, n_classes) - score(metric, part.labels, other, n_classes)
    return result(
        dataset, part, NAME, TITLE, measured_score(metric, part.labels, predicted, n_classes, took), predicted,
        seconds_per_item=took / len(at), gain=gain,
        gain_error=paired_error(metric, part.labels, predicted, other, n_classes),
    )  # fmt: skip
