"""The two pilots: fine-tuning and training from scratch, run for some seconds on a subsample.

The fine-tuning pilot is paired: the frozen head is fitted on the same items at the same input size and
scored on the same held-out items, so that the difference is the gain and the split's luck cancels.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.errors import StorageError
from advisor.evidence import sample_rows, slug, stratified
from advisor.features import features_of, load_backbone
from advisor.ladder import RungName
from advisor.records import Dataset, Evidence, ProbeResult, Record
from advisor.training.recipes import TrainedRung
from probes.interval import counts, measured_score, paired_error, score
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry

#: Shares of the advice budget.
SHARES: dict[TrainedRung, float] = {"fine-tune": 0.30, "scratch": 0.14}
PILOT_PX = 128
HELD_OUT = 160
LEAST_HELD_OUT = 4
TRAIN_ITEMS = 600


class Pilots(Record):
    """The pilots of one evidence, kept beside it so that the same question costs nothing again."""

    results: tuple[ProbeResult, ...]

    def result(self, rung: RungName) -> ProbeResult | None:
        """The pilot of one rung, or None when it was not run."""
        return next((r for r in self.results if r.name == rung), None)


def run_pilots(
    dataset: Dataset,
    evidence: Evidence,
    budget_seconds: float,
    rungs: tuple[RungName, ...],
    progress: Progress = silent,
) -> Pilots:
    """Pilot the trained rungs among `rungs` that have not been piloted for this evidence and budget yet."""
    from probes.backbones import catalog

    name = f"pilots-{slug(evidence.backbone)}-{evidence.backbone_hash[:8]}-{budget_seconds:g}.json"
    path = Path(dataset.folder) / name
    kept = kept_pilots(path)
    entry = catalog.find(evidence.backbone, dataset.kind)
    results = list(kept.results)
    enough = len(dataset.where("val")) >= LEAST_HELD_OUT
    for rung in SHARES:
        if enough and rung in rungs and kept.result(rung) is None:
            results.append(pilot_rung(dataset, evidence, entry, rung, SHARES[rung] * budget_seconds, progress))
    pilots = Pilots(results=tuple(results))
    pilots.save(path)
    return pilots


def kept_pilots(path: Path) -> Pilots:
    """The pilots kept in a file; none when it is missing or of another version."""
    try:
        return Pilots.load(path)
    except StorageError:
        return Pilots(results=())


def held_out_split(dataset: Dataset, evidence: Evidence, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train a pilot on, of the train part, and rows to score it on, of the validation part.

    At the evidence's own input size they come from the probes' sample, whose features are there already: long texts
    take as long to read again as the whole pilot may last.
    """
    train, val = dataset.where("train"), dataset.where("val")
    if size == evidence.input_size:
        looked_at = sample_rows(dataset, evidence.n_sample)
        if np.isin(val, looked_at).sum() >= LEAST_HELD_OUT:
            train, val = train[np.isin(train, looked_at)], val[np.isin(val, looked_at)]
    return (
        stratified(train, dataset.labels[train], TRAIN_ITEMS, seed),
        stratified(val, dataset.labels[val], HELD_OUT, seed),
    )


def pilot_rung(
    dataset: Dataset, evidence: Evidence, entry: Entry, rung: TrainedRung, seconds: float, progress: Progress
) -> ProbeResult:
    """Run one pilot and compare it, item by item, with the frozen head on the same items."""
    from advisor.training.pilot import pilot
    from probes.heads import Recipe, fit_head

    size = min(PILOT_PX, evidence.input_size) if dataset.kind == "image" else evidence.input_size
    train_rows, val_rows = held_out_split(dataset, evidence, size)
    start = 0.55 if rung == "fine-tune" else 0.85

    def step(sentence: str, share: float) -> None:
        progress(sentence, start + (0.3 if rung == "fine-tune" else 0.13) * share)

    step(f"Piloting {rung}", 0.0)
    backbone = load_backbone(entry, size, evidence.device)
    both = features_of(dataset, np.concatenate([train_rows, val_rows]), backbone)
    array, ok = np.asarray(both.array), both.ok
    in_train = np.arange(len(array)) < len(train_rows)
    train_rows, val_rows = train_rows[ok[in_train]], val_rows[ok[~in_train]]
    probe = evidence.result("linear")
    recipe = Recipe.of(probe.settings if probe else {})
    head = fit_head(
        array[in_train & ok],
        dataset.labels[train_rows],
        recipe,
        dataset.metric != "accuracy",
        len(dataset.classes),
    )
    frozen = (array[~in_train & ok] @ head.weight.T + head.bias).argmax(axis=1)
    outcome = pilot(
        dataset,
        rung,
        entry,
        size,
        train_rows,
        val_rows,
        seconds,
        head if rung == "fine-tune" else None,
        seed=0,
        progress=step,
    )
    return paired(dataset, rung, entry, val_rows, frozen, outcome, size)


def paired(
    dataset: Dataset, rung: RungName, entry: Entry, rows: np.ndarray, frozen: np.ndarray, outcome: Any, size: int
) -> ProbeResult:
    """The pilot's value, its gain over the frozen head on the same items, and the gain's standard error."""
    truth, n_classes = dataset.labels[rows], len(dataset.classes)
    seen = counts(dataset.metric, truth, outcome.predicted, n_classes)
    return ProbeResult(
        name=rung,
        title="Fine-tuning, a short run" if rung == "fine-tune" else "From scratch, a short run",
        backbone=entry.name,
        measured=measured_score(
            dataset.metric, truth, outcome.predicted, n_classes, outcome.seconds, provenance="piloted"
        ),
        settings={
            "right": seen.right.tolist(),
            "total": seen.total.tolist(),
            "gain": score(dataset.metric, truth, outcome.predicted, n_classes)
            - score(dataset.metric, truth, frozen, n_classes),
            "gain_error": paired_error(dataset.metric, truth, outcome.predicted, frozen, n_classes),
            "frozen": score(dataset.metric, truth, frozen, n_classes),
            "n_train": int(outcome.n_train),
            "epochs": float(outcome.epochs),
            "items_per_second": float(outcome.items_per_second),
            "input_size": size,
        },
    )
