"""Which unlabelled items to label next, by a probe on the labels that are there, and what that should bring."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, LabelsGain, LearningCurve, NextLabels, ToLabel
from advisor.core.wording import count, counted
from advisor.data.features import features_of, features_of_items, load_backbone
from advisor.data.pool import Pool
from advisor.evidence.sample import stratified
from probes.progress import Progress, silent, within

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: Labelled items that the probe learns from, and unlabelled ones that are looked at, at most.
MOST_LABELLED, MOST_POOL = 4000, 20_000
#: The normal distribution's 90 % point.
Z_OF_80 = 1.2816
#: What `make bench-next` measured.
BEYOND = (
    "On six other sets, 50 labels chosen like this brought 2.9 points more than 50 at random where there were 50, and "
    "1.5 where there were 200."
)


def next_labels(
    dataset: Dataset, evidence: Evidence, pool: Pool, n: int, seed: int = 0, progress: Progress = silent
) -> NextLabels:
    """The n items of a pool whose labels would help most. evidence: names the backbone, and holds the learning curve.

    Raises DatasetError where n is no count or no item can be read, BackboneError.
    """
    from probes.backbones import catalog

    if n < 1:
        raise DatasetError(f"{n} items cannot be chosen. Give 1 or more.")
    started = time.monotonic()
    entry = catalog.find(evidence.backbone, kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, evidence.input_size, "cpu")
    known, labels = _labelled(dataset, backbone, within(progress, 0.0, 0.3))
    places, features, n_unread = _unlabelled(dataset, pool, backbone, seed, within(progress, 0.3, 0.95))
    progress("Choosing", 0.95)
    chosen, items, method = _chosen(dataset, evidence, pool, (known, labels), (places, features), n, seed)
    gain = expected_gain(evidence.curve, evidence.n_train, len(chosen))
    left_out = pool.n_left_out + n_unread
    return NextLabels(
        fingerprint=dataset.fingerprint, dataset_name=dataset.name, kind=dataset.kind, classes=dataset.classes,
        backbone=evidence.backbone, source=pool.source, n_pool=len(pool.items) - n_unread, n_left_out=left_out,
        method="typical" if method else "doubtful", items=items, gain=gain,
        sentences=sentences(dataset, len(places), left_out, len(chosen), method, gain),
        seconds=time.monotonic() - started,
    )  # fmt: skip


def _labelled(dataset: Dataset, backbone: Backbone, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of what the probe learns from: (k, d), (k,)."""
    rows = dataset.where("train", "val")
    rows = stratified(rows, dataset.labels[rows], MOST_LABELLED) if len(rows) > MOST_LABELLED else rows
    found = features_of(dataset, rows, backbone, progress)
    if not found.ok.any():
        raise DatasetError(f"None of the labelled items of {dataset.name} can be read. Read it again.")
    return np.asarray(found.array, dtype=np.float32)[found.ok], dataset.labels[rows[found.ok]]


def _unlabelled(
    dataset: Dataset, pool: Pool, backbone: Backbone, seed: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray, int]:
    """Places in the pool and features of what can be read, and how many items cannot: (m,), (m, d)."""
    looked = np.arange(len(pool.items))
    if len(looked) > MOST_POOL:
        looked = np.sort(np.random.default_rng(seed).choice(looked, MOST_POOL, replace=False))
    part = pool.items.iloc[looked]
    found = features_of_items(dataset, part["item"].tolist(), part["digest"].tolist(), backbone, progress)
    if not found.ok.any():
        raise DatasetError(f"None of the {counted(len(looked), 'item')} of {pool.source} can be read. Check the files.")
    return looked[found.ok], np.asarray(found.array, dtype=np.float32)[found.ok], int((~found.ok).sum())


def _chosen(
    dataset: Dataset, evidence: Evidence, pool: Pool, known: tuple[np.ndarray, np.ndarray],
    unknown: tuple[np.ndarray, np.ndarray], n: int, seed: int,
) -> tuple[np.ndarray, tuple[ToLabel, ...], bool]:  # fmt: skip
    """Places among the unknown, the items as records, and whether they are typical ones (else doubtful ones)."""
    from probes.heads import Recipe, fit_head
    from probes.next_labels import choose, is_cold, margins

    (features, labels), (places, pooled), n_classes = known, unknown, len(dataset.classes)
    probe = evidence.result("linear")
    recipe = Recipe.of(probe.settings if probe is not None else {})
    head = fit_head(features, labels, recipe, dataset.metric != "accuracy", n_classes)
    probability = head.probabilities(pooled)
    chosen = choose(pooled, features, n_classes, probability, n, seed)
    margin, guess = margins(probability), probability.argmax(axis=1)
    rows = pool.items.iloc[places[chosen]]
    items = tuple(
        ToLabel(
            key=str(row.key), digest=str(row.digest), item=str(row.item), guess=dataset.classes[guess[place]],
            probability=float(probability[place].max()), margin=float(margin[place]),
        )
        for place, row in zip(chosen, rows.itertuples(), strict=True)
    )  # fmt: skip
    return chosen, items, is_cold(len(features), n_classes)


def expected_gain(curve: LearningCurve | None, n_now: int, n_more: int) -> LabelsGain | None:
    """What so many more labels at random should bring by the learning curve; None where it does not reach so far.

    The band is of 80 %: the true gain lies about the curve's with a standard deviation of `FORM_SPREAD` of it.
    """
    from probes.learning_curve import FORM_SPREAD

    if curve is None or n_now + n_more > curve.furthest:
        return None
    now, then = (min(1.0, max(0.0, curve.a + curve.b * max(n, 1) ** -0.5)) for n in (n_now, n_now + n_more))
    points, spread = 100 * (now - then), Z_OF_80 * FORM_SPREAD
    return LabelsGain(
        n_now=n_now, n_then=n_now + n_more, points=points, low=points * max(0.0, 1 - spread), high=points * (1 + spread)
    )


def sentences(
    dataset: Dataset, n_pool: int, n_left_out: int, n: int, typical: bool, gain: LabelsGain | None
) -> tuple[str, ...]:
    """What was chosen and how, and what it should bring."""
    aside = f"; {count(n_left_out)} more are copies, empty, unreadable or labelled already" if n_left_out else ""
    lines = [f"{counted(n, 'item')} chosen out of {counted(n_pool, 'unlabelled item')}{aside}."]
    if typical:
        lines.append(
            f"With fewer than five labels a class the probe's doubts say little, so these are typical items of kinds "
            f"that have no label yet (the training part has {counted(len(dataset.where('train', 'val')), 'label')})."
        )
    else:
        lines.append("These are items that the probe is unsure of and that differ from one another.")
    if gain is not None:
        lines.append(
            f"{count(n)} labels at random should bring about {gain.points:.1f} points ({gain.low:.1f} to "
            f"{gain.high:.1f}) by the learning curve."
        )
    return (*lines, BEYOND)
