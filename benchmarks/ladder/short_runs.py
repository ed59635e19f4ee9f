"""The short runs that the race among the baselines needs: fine-tuning and scratch for some seconds on a subsample.

The advisor itself does not see them. The fine-tuning is paired: the frozen head is fitted on the same items at the same
input size and scored on the same held-out items, so that the difference is the gain and the split's luck cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Evidence
from advisor.evidence.sample import sample_rows, stratified
from advisor.training.settings import TrainedRung
from probes.interval import paired_error, score

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry

#: Seconds of each.
SECONDS: dict[TrainedRung, float] = {"fine-tune": 6.0, "scratch": 2.8}
HELD_OUT = 160
LEAST_HELD_OUT = 4
TRAIN_ITEMS = 600


def short_runs(dataset: Dataset, evidence: Evidence, entry: Entry) -> dict[str, Any]:
    """The row of a task: ``tuned_gain`` of fine-tuning over frozen, its error and items, and ``fresh_value``.

    Empty where the validation part has fewer than `LEAST_HELD_OUT` items. Texts from scratch are counted words, which
    the probes measure.
    """
    if len(dataset.where("val")) < LEAST_HELD_OUT:
        return {}
    found = _fine_tuned(dataset, evidence, entry)
    return found | (_from_scratch(dataset, evidence, entry) if dataset.kind == "image" else {})


def _fine_tuned(dataset: Dataset, evidence: Evidence, entry: Entry) -> dict[str, Any]:
    from advisor.training.pilot import pilot_size, tuned_and_frozen

    size = pilot_size(dataset, evidence)
    train_rows, val_rows = held_out_split(dataset, evidence, size)
    ran, frozen = tuned_and_frozen(dataset, evidence, entry, size, train_rows, val_rows, SECONDS["fine-tune"])
    truth = dataset.labels[val_rows]
    n_classes = len(dataset.classes)
    values = [score(dataset.metric, truth, predicted, n_classes) for predicted in (ran.predicted, frozen)]
    return {
        "tuned_gain": values[0] - values[1],
        "tuned_error": paired_error(dataset.metric, truth, ran.predicted, frozen, n_classes),
        "tuned_items": len(val_rows),
        "tuned_epochs": ran.epochs,
    }


def _from_scratch(dataset: Dataset, evidence: Evidence, entry: Entry) -> dict[str, Any]:
    from advisor.training.pilot import pilot, pilot_size

    size = pilot_size(dataset, evidence)
    rows = held_out_split(dataset, evidence, size)
    ran = pilot(dataset, "scratch", entry, size, *rows, SECONDS["scratch"])
    return {"fresh_value": ran.value, "fresh_epochs": ran.epochs}


def held_out_split(dataset: Dataset, evidence: Evidence, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, of the train part, and rows to score on, of the validation part.

    At the evidence's own input size they come from the probes' sample, whose features are there already.
    """
    train, val = dataset.where("train"), dataset.where("val")
    if size == evidence.input_size:
        looked_at = sample_rows(dataset, evidence.n_sample)
        if np.isin(val, looked_at).sum() >= LEAST_HELD_OUT:
            train, val = train[np.isin(train, looked_at)], val[np.isin(val, looked_at)]
    return (
        stratified(train, dataset.labels[train], TRAIN_ITEMS),
        stratified(val, dataset.labels[val], HELD_OUT),
    )
