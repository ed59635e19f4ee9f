"""What fine-tuning brings over a linear probe on each development set, under one fixed recipe: data/gains.csv.

The same items train both, the same test items score both: 500 training items, LP-FT with the recipe of the fine-tune
rung for four epochs, no choice by validation and no roll-back, images at 128 px and texts as they are. Sets whose
rows are in the file already are left alone. ``python -m benchmarks.gains [SET ...]``.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.data.features import features_of, load_backbone
from advisor.evidence.sample import stratified
from benchmarks import sets
from probes.interval import score

TARGET = Path("data/gains.csv")
FIELDS = ("dataset", "kind", "metric", "n_train", "n_test", "frozen", "fine_tuned", "gain", "gain_error", "seconds")
N_TRAIN, N_TEST, EPOCHS, IMAGE_PX = 500, 400, 4.0, 128


def main() -> None:
    """Measure the sets named on the command line, or all that are not in the file yet."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sets", nargs="*", default=[*sets.IMAGES, *sets.TEXTS], help="the sets, all by default")
    known = _rows()
    for name in asked.parse_args().sets:
        if any(row["dataset"] == name for row in known):
            continue
        known.append(measure(name))
        known.sort(key=lambda row: (row["kind"], row["dataset"]))
        with TARGET.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(known)
        print(known[-1] if len(known) == 1 else next(r for r in known if r["dataset"] == name), flush=True)


def measure(name: str) -> dict[str, Any]:
    """Frozen and fine-tuned on the same items of one set."""
    from advisor.training.loop import fit
    from advisor.training.network import build
    from advisor.training.problems import problem_of
    from advisor.training.recipes import settings_for, training_precision
    from probes.backbones import catalog
    from probes.heads import fit_head
    from probes.interval import paired_error
    from probes.linear import linear_probe

    started = time.monotonic()
    dataset = sets.dataset(name)
    train, test = dataset.where("train"), dataset.where("test")
    train = stratified(train, dataset.labels[train], N_TRAIN)
    test = stratified(test, dataset.labels[test], N_TEST)
    entry = catalog.default(kind_row(dataset.kind).modality)
    size = IMAGE_PX if dataset.kind == "image" else entry.usual_input
    backbone = load_backbone(entry, size, "cpu")
    both = features_of(dataset, np.concatenate([train, test]), backbone)
    rows = np.concatenate([train, test])[both.ok]
    array, is_train = np.asarray(both.array)[both.ok], np.isin(rows, train)
    train, test, n_classes = rows[is_train], rows[~is_train], len(dataset.classes)
    balanced, truth = dataset.metric != "accuracy", dataset.labels[test]
    probe = linear_probe(array[is_train], dataset.labels[train], dataset.metric, n_classes=n_classes)
    head = fit_head(array[is_train], dataset.labels[train], probe.recipe, balanced, n_classes)
    frozen = head.logits(array[~is_train]).argmax(axis=1)
    network = build(backbone, n_classes, True, head)
    problem, _ = problem_of(dataset, "fine-tune", network, backbone, train, test)
    recipe = settings_for("fine-tune", dataset.kind, len(train), 1e6, seed=0)
    settings = dataclasses.replace(
        recipe,
        batch_size=16,
        max_epochs=EPOCHS,
        n_evaluations=0,
        patience=0,
        first_look=False,
        autocast=training_precision("cpu"),
    )
    tuned = fit(problem, settings).logits.argmax(axis=1)
    before, after = (score(dataset.metric, truth, answer, n_classes) for answer in (frozen, tuned))
    error = paired_error(dataset.metric, truth, tuned, frozen, n_classes)
    seconds = time.monotonic() - started
    values = (before, after, after - before, error)
    return dict(
        zip(
            FIELDS,
            (
                name,
                dataset.kind,
                dataset.metric,
                len(train),
                len(test),
                *(f"{v:.4f}" for v in values),
                f"{seconds:.0f}",
            ),
            strict=True,
        )
    )


def _rows() -> list[dict[str, Any]]:
    if not TARGET.is_file():
        return []
    with TARGET.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    main()
