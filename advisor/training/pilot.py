"""A pilot: a rung's own training, run for some seconds on a subsample, scored once at its end.

Nothing is chosen on the validation rows (no early stopping, no race), so the value is free of selection. It is the
value of a short run; the estimate says how it carries over to a full one.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Evidence
from advisor.data.features import features_of, load_backbone
from advisor.training.loop import fit
from advisor.training.modality import modality_of
from advisor.training.network import build, quick_batch_norm
from advisor.training.problems import problem_of
from advisor.training.recipes import RECIPES, hold_batch_norm, settings_for, training_precision
from advisor.training.settings import Callbacks, TrainedRung
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry
    from probes.heads import Head


def pilot_size(dataset: Dataset, evidence: Evidence) -> int:
    """The input of a short run: the evidence's tokens, or pixels up to a limit."""
    return modality_of(dataset.kind).pilot_size(evidence.input_size)


@dataclass(frozen=True)
class PilotResult:
    """The metric on the validation rows and the predictions it comes from. Shape: predicted (n_val,) class indices."""

    value: float
    predicted: np.ndarray
    epochs: float


def pilot(
    dataset: Dataset,
    rung: TrainedRung,
    entry: Entry,
    input_size: int,
    train_rows: np.ndarray,
    val_rows: np.ndarray,
    seconds: float,
    init_head: Head | None = None,
    seed: int = 0,
    progress: Progress = silent,
    device: str | None = None,
) -> PilotResult:
    """Train `rung` on `train_rows` for `seconds` (loading and scoring included) and score it on `val_rows` once.

    Shape: train_rows, val_rows (n,) row numbers. ``init_head`` (raw features to logits, at this input size) starts
    fine-tuning from the linear probe. Raises BackboneError when there are no weights.
    """
    from probes import device as devices

    started = time.monotonic()
    fresh = RECIPES[rung].fresh
    backbone = load_backbone(entry, input_size, device or devices.pick(), pretrained=not fresh, seed=seed)
    network = build(backbone, len(dataset.classes), hold_batch_norm(rung, len(train_rows)), init_head)
    if fresh:
        quick_batch_norm(network)
    problem, _ = problem_of(dataset, rung, network, backbone, train_rows, val_rows)
    recipe = settings_for(rung, dataset.kind, len(train_rows), 0.0, seed)
    settings = dataclasses.replace(
        recipe,
        batch_size=min(recipe.batch_size, 16),  # a pilot has few steps; smaller batches make more of them
        seconds=max(seconds - (time.monotonic() - started), 0.5),
        n_evaluations=0,
        patience=0,
        first_look=False,
        autocast=training_precision(backbone.device),
    )
    result = fit(problem, settings, Callbacks(emit=_reporting(rung, progress)))
    return PilotResult(max(result.value, 0.0), result.logits.argmax(axis=1), result.epochs)


def tuned_and_frozen(
    dataset: Dataset, evidence: Evidence, entry: Entry, input_size: int, train_rows: np.ndarray, val_rows: np.ndarray,
    seconds: float,
) -> tuple[PilotResult, np.ndarray]:  # fmt: skip
    """Fine-tuning from the linear probe's head, fitted on the same items, and what that head itself predicts there.

    Their difference is the gain, and the split's luck cancels. Shape: train_rows, val_rows (n,) row numbers, the
    second answer (n_val,) class indices. Training items without features are left out. Raises as `pilot` does.
    """
    from probes.heads import Recipe, fit_head

    backbone = load_backbone(entry, input_size, evidence.device)
    features = features_of(dataset, np.concatenate([train_rows, val_rows]), backbone)
    array, ok = np.asarray(features.array), features.ok[: len(train_rows)]
    kept, probe = train_rows[ok], evidence.result("linear")
    recipe, balanced = Recipe.of(probe.settings if probe else {}), dataset.metric != "accuracy"
    head = fit_head(array[: len(train_rows)][ok], dataset.labels[kept], recipe, balanced, len(dataset.classes))
    frozen = head.logits(array[len(train_rows) :]).argmax(axis=1)
    return pilot(dataset, "fine-tune", entry, input_size, kept, val_rows, seconds, head), frozen


def _reporting(rung: str, progress: Progress) -> Callable[[dict[str, Any]], None]:
    def emit(numbers: dict[str, Any]) -> None:
        share = numbers["step"] / max(numbers["steps"], 1)
        progress(f"Piloting {rung}, step {numbers['step']} of {numbers['steps']}", share)

    return emit
