"""A pilot: a rung's own training, run for some seconds on a subsample, scored once at its end.

Nothing is chosen on the validation rows (no early stopping, no race), so the value is free of selection; it is the
value of so short a run, and the estimate says how it is carried to a full one.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Evidence
from advisor.data.features import features_of, load_backbone
from advisor.training.network import build, quick_batch_norm
from advisor.training.recipes import TrainedRung, hold_batch_norm, settings_for, task_of, training_precision
from advisor.training.settings import Callbacks, FitResult
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry
    from probes.heads import Head


#: Images of a short run are fed at no more than this.
MOST_PX = 128


def pilot_size(dataset: Dataset, evidence: Evidence) -> int:
    """The input of a short run: the evidence's tokens, or pixels up to `MOST_PX`."""
    return min(MOST_PX, evidence.input_size) if dataset.kind == "image" else evidence.input_size


@dataclass(frozen=True)
class PilotResult:
    """The metric on the validation rows and the predictions it comes from. Shape: predicted (n_val,) class indices."""

    value: float
    predicted: np.ndarray
    n_train: int
    n_val: int
    seconds: float
    steps: int
    epochs: float
    items_per_second: float
    diverged: bool = False


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
    fine-tuning from the linear probe. Raises BackboneError when the weights cannot be had.
    """
    from probes import device as devices

    started = time.monotonic()
    backbone = load_backbone(entry, input_size, device or devices.pick(), pretrained=rung != "scratch", seed=seed)
    network = build(backbone, len(dataset.classes), hold_batch_norm(rung, len(train_rows)), init_head)
    if rung == "scratch":
        quick_batch_norm(network)
    task, _ = task_of(dataset, rung, network, backbone, train_rows, val_rows)
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
    from advisor.training.loop import fit

    result = fit(task, settings, Callbacks(emit=_teller(rung, progress)))
    return _packed(result, len(train_rows), time.monotonic() - started)


def tuned_and_frozen(
    dataset: Dataset, evidence: Evidence, entry: Entry, input_size: int, train_rows: np.ndarray, val_rows: np.ndarray,
    seconds: float,
) -> tuple[PilotResult, np.ndarray]:  # fmt: skip
    """Fine-tuning from the linear probe's head, fitted on the same items, and what that head itself predicts there.

    Their difference is the gain, and the split's luck cancels. Shape: train_rows, val_rows (n,) row numbers, the
    second answer (n_val,) class indices. Training items without features are left out. Raises as `pilot` does.
    """
    from probes.heads import Recipe, fit_head

    found = features_of(
        dataset, np.concatenate([train_rows, val_rows]), load_backbone(entry, input_size, evidence.device)
    )
    array, ok = np.asarray(found.array), found.ok[: len(train_rows)]
    kept, probe = train_rows[ok], evidence.result("linear")
    recipe, balanced = Recipe.of(probe.settings if probe else {}), dataset.metric != "accuracy"
    head = fit_head(array[: len(train_rows)][ok], dataset.labels[kept], recipe, balanced, len(dataset.classes))
    frozen = head.logits(array[len(train_rows) :]).argmax(axis=1)
    return pilot(dataset, "fine-tune", entry, input_size, kept, val_rows, seconds, head), frozen


def _teller(rung: str, progress: Progress) -> Any:
    def tell(numbers: dict[str, Any]) -> None:
        share = numbers["step"] / max(numbers["steps"], 1)
        progress(f"Piloting {rung}, step {numbers['step']} of {numbers['steps']}", share)

    return tell


def _packed(result: FitResult, n_train: int, seconds: float) -> PilotResult:
    return PilotResult(
        value=max(result.value, 0.0),
        predicted=result.logits.argmax(axis=1),
        n_train=n_train,
        n_val=len(result.logits),
        seconds=seconds,
        steps=result.steps,
        epochs=result.epochs,
        items_per_second=result.items_per_second,
        diverged=result.diverged,
    )
