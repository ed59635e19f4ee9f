"""What several rungs share: the plan's backbone, features within a time, the frozen head."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core import storage
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.data.features import features_of, load_backbone
from advisor.evidence.sample import related, stratified
from advisor.llm.identity import check_planned
from advisor.rungs import label_sets
from advisor.rungs.context import RunContext
from probes.folds import spread_order
from probes.interval import score

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.heads import Head, Recipe
    from probes.linear import LinearProbe
    from probes.multilabel.linear import LabelsProbe

CHUNK_ITEMS = 256
MAX_VALIDATION_ITEMS = 2000
#: Validation items that give a better temperature than the folds' heads do, which learned from fewer items.
ENOUGH_TO_CALIBRATE = 200
#: Features that come faster are from the cache, and their pace says nothing.
LEAST_TIMED_SECONDS = 0.5
#: Seconds kept for loading and writing at the end of a run.
ENDING_SECONDS = 3.0


@dataclass(frozen=True)
class Features:
    """Features of rows, unreadable items left out. Shape: rows (n,), array (n, dim); `n_asked` were wanted.

    ``calibration``: how the backbone was run, for the next call; None where the cache had everything.
    """

    rows: np.ndarray
    array: np.ndarray
    n_asked: int
    calibration: Calibration | None = None

    @property
    def complete(self) -> bool:
        """Whether there was time for all rows."""
        return len(self.rows) >= self.n_asked


def open_backbone(context: RunContext) -> Backbone:
    """The plan's backbone with its weights. Raises BackboneError, and RunError when the weights are not the plan's."""
    from probes.backbones import catalog

    plan = context.plan
    entry = catalog.find(plan.backbone, kind_row(plan.kind).modality)
    backbone = load_backbone(entry, plan.input_size, context.device)
    check_planned(backbone.weights_hash, plan.backbone_hash, entry.title)
    return backbone


def gather(
    context: RunContext,
    backbone: Backbone,
    rows: np.ndarray,
    seconds: float,
    span: tuple[float, float],
    calibration: Calibration | None = None,
) -> Features:
    """Features of as many rows as the seconds allow, in `spread_order`, then sorted; at least one chunk.

    What the cache holds costs next to nothing, so a second run sees more rows. No rows give no features (a set so small
    that it has no validation part).
    """
    if len(rows) == 0:
        return Features(rows, np.zeros((0, backbone.dim), np.float32), 0, calibration)
    ordered = rows[spread_order(context.dataset.labels[rows], context.plan.seed)]
    until = time.monotonic() + seconds
    parts, kept = [], []
    done = 0
    while done < len(ordered) and (done == 0 or time.monotonic() < until):
        chunk = ordered[done : done + CHUNK_ITEMS]
        start = span[0] + (span[1] - span[0]) * done / len(ordered)
        end = span[0] + (span[1] - span[0]) * (done + len(chunk)) / len(ordered)
        tell = context.stage("Extracting features", start, end)
        tell("", 0.0)
        began = time.monotonic()
        extracted = features_of(context.dataset, chunk, backbone, tell, calibration)
        passed = time.monotonic() - began
        if passed > LEAST_TIMED_SECONDS:
            context.emit("Extracting features", end, items_per_second=len(chunk) / passed)
        calibration = extracted.calibration
        parts.append(np.asarray(extracted.array)[extracted.ok])
        kept.append(chunk[extracted.ok])
        done += len(chunk)
    all_rows, array = np.concatenate(kept), np.concatenate(parts)
    order = np.argsort(all_rows)
    n_unreadable = done - len(all_rows)
    return Features(all_rows[order], array[order], len(rows) - n_unreadable, calibration)


def validation_rows(dataset: Dataset, at_most: int = MAX_VALIDATION_ITEMS) -> np.ndarray:
    """Rows of the validation part, a fixed stratified subset where there are more than `at_most`."""
    rows = dataset.where("val")
    return stratified(rows, dataset.labels[rows], at_most) if len(rows) > at_most else rows


def balanced(dataset: Dataset) -> bool:
    """Whether classes count alike whatever their size."""
    return dataset.metric == "balanced accuracy"


def probe_head(context: RunContext, train: Features, seconds: float) -> LinearProbe | LabelsProbe | None:
    """The head cross-validated on the training rows; None where a class is too small or the time too short for that."""
    from probes.errors import ProbeError
    from probes.linear import linear_probe

    dataset = context.dataset
    if seconds < 1.0:
        return None
    try:
        if label_sets.applies(dataset):
            groups = related(dataset)[train.rows]
            return label_sets.probed(dataset, train.rows, train.array, groups, context.plan.seed)
        return linear_probe(
            train.array,
            dataset.labels[train.rows],
            dataset.metric,
            groups=related(dataset)[train.rows],
            seed=context.plan.seed,
            seconds_limit=seconds,
            n_classes=len(dataset.classes),
        )
    except ProbeError:
        return None


def fit_linear(dataset: Dataset, features: Features, recipe: Recipe) -> Head:
    """The linear head on these features; a class without a row never wins."""
    from probes.heads import fit_head

    if label_sets.applies(dataset):
        return label_sets.fit(dataset, features.rows, features.array, recipe)
    labels = dataset.labels[features.rows]
    return fit_head(features.array, labels, recipe, balanced(dataset), len(dataset.classes))


def both_parts(context: RunContext, backbone: Backbone) -> tuple[Features, Features]:
    """Features of the training and of the validation part, within most of the time that is left."""
    left, rows = 0.6 * context.seconds_left, validation_rows(context.dataset)
    val = Features(rows, np.zeros((0, backbone.dim), np.float32), 0)
    if len(rows):
        val = gather(context, backbone, rows, 0.3 * left, (0.03, 0.2))
    return gather(context, backbone, context.dataset.where("train"), 0.7 * left, (0.2, 0.8)), val


def joined(one: Features, other: Features) -> Features:
    """Both together."""
    return Features(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.array, other.array]),
        one.n_asked + other.n_asked,
    )


def value_of(dataset: Dataset, rows: np.ndarray, scores: np.ndarray) -> float:
    """The dataset's metric of the highest score per row, of several labels of their logits; 0.0 without rows."""
    if len(rows) == 0:
        return 0.0
    if label_sets.applies(dataset):
        return label_sets.value(dataset, rows, scores)
    return score(dataset.metric, dataset.labels[rows], scores.argmax(axis=1), len(dataset.classes))


def calibrated(
    dataset: Dataset, rows: np.ndarray, logits: np.ndarray, otherwise: float | None = None
) -> tuple[float, dict[str, float], tuple[str, ...]]:
    """(temperature, calibration errors before and after, sentences) of logits that the model did not learn from.

    Fewer than `ENOUGH_TO_CALIBRATE` rows take the temperature `otherwise` where one is given. One that raises both the
    error and the log loss of the rows is not applied. The error after is measured on each half of the rows with the
    temperature of the other, so that it does not flatter. Shape: logits (n, C) of rows (n,).
    """
    if label_sets.applies(dataset):  # every label has a probability of its own, and a threshold (`thresholds`)
        return 1.0, {}, ()
    from probes.heads import log_loss, softmax
    from probes.temperature import LEAST_ITEMS, calibration_error, cross_fitted, fit_temperature

    labels = dataset.labels[rows]
    take_other = otherwise is not None and len(rows) < ENOUGH_TO_CALIBRATE
    temperature = otherwise if take_other and otherwise is not None else fit_temperature(logits, labels).temperature
    if len(rows) < 2 * LEAST_ITEMS:  # too few for an error of calibration to mean anything
        return temperature, {}, ()
    if round(temperature, 2) == 1.0:  # it would change nothing that is shown
        error = calibration_error(softmax(logits), labels)
        return 1.0, {"ece_before": error, "ece": error, "temperature": 1.0}, (_as_they_are(error, len(rows)),)
    scaled = logits / temperature if take_other else cross_fitted(logits, labels)
    errors = [calibration_error(softmax(one), labels) for one in (logits, scaled)]
    losses = [log_loss(softmax(one), labels) for one in (logits, scaled)]
    if errors[1] > errors[0] and losses[1] >= losses[0]:
        values = {"ece_before": errors[0], "ece": errors[0], "temperature": 1.0}
        return 1.0, values, (_left(temperature, errors, len(rows)),)
    values = {"ece_before": errors[0], "ece": errors[1], "temperature": temperature}
    fitted = ", fitted on training items by cross-validation" if take_other else ""
    return temperature, values, (_calibration(f"temperature {temperature:.2f}{fitted}", errors, losses, len(rows)),)


def thresholds(
    dataset: Dataset, rows: np.ndarray, logits: np.ndarray, otherwise: tuple[float, ...] = ()
) -> tuple[float, ...]:
    """From which probability on each of several labels is given, by held-out logits (n, L); () of one class each.

    Fewer than `ENOUGH_TO_CALIBRATE` rows take those `otherwise` where some are given.
    """
    if not label_sets.applies(dataset):
        return ()
    return otherwise if otherwise and len(rows) < ENOUGH_TO_CALIBRATE else label_sets.thresholds(dataset, rows, logits)


def _calibration(how: str, errors: Sequence[float], losses: Sequence[float], n: int) -> str:
    """What calibration did to the probabilities; before and after, on n validation items."""
    before, after = (f"{100 * error:.1f}" for error in errors)
    on = f"on {n:,} validation items"
    if errors[1] > errors[0]:
        return (
            f"Calibration ({how}) did not bring the probabilities closer to how often the model is right: {after} "
            f"points away on average, {before} before, {on}. It was kept because it lowers the log loss, which chance "
            f"moves less: {losses[1]:.3f} instead of {losses[0]:.3f}."
        )
    return (
        f"The probabilities are {after} points away from how often the model is right, on average; {before} before "
        f"calibration ({how}), {on}."
    )


def _as_they_are(error: float, n: int) -> str:
    """That the best temperature is 1."""
    return (
        f"The probabilities are {100 * error:.1f} points away from how often the model is right, on average over "
        f"{n:,} validation items; calibration had nothing to change."
    )


def _left(temperature: float, errors: Sequence[float], n: int) -> str:
    """Why a temperature is not applied."""
    return (
        f"Probabilities were left as they are: with temperature {temperature:.2f} the expected calibration error on "
        f"{n:,} validation items would be {100 * errors[1]:.1f} points instead of {100 * errors[0]:.1f}."
    )


def partial_sentence(features: Features) -> str:
    """Says so when there was no time for every item."""
    if features.complete:
        return ""
    return (
        f"The time budget allowed {len(features.rows):,} of {features.n_asked:,} training items. Their features are "
        f"cached, so a second run uses more of them."
    )


def save_resolved(context: RunContext, resolved: dict[str, Any]) -> None:
    """Write the settings as they were resolved, beside the plan."""
    storage.write_json(context.files.resolved, resolved)


def report_seconds(context: RunContext, seconds_per_item: float) -> float:
    """Seconds to keep for the end: the validation items once more, then the test part and the shifted one."""
    n = len(context.dataset.where("test", "ood")) + len(validation_rows(context.dataset))
    return ENDING_SECONDS + 1.2 * n * seconds_per_item
