"""`make bench-fix`: how much of what wrong labels cost comes back when the suggestions are accepted.

On three sets, 5 % of the labels of the training and validation parts are flipped to another class at random; the test
part stays clean. What a user does follows: the checks judge all training items, every suggestion is accepted, and the
version that this makes is trained. The model is the linear head of the frozen rung on the backbone's last features.
The share that comes back is a ratio of means over the seeds: (fixed - flipped) / (clean - flipped), with a 90 %
interval from bootstrap draws of the seeds. The same is done with the labels as they are, to see what accepting costs
where nothing was flipped. ``python -m benchmarks.fixing [SET ...] [--seeds N]``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor import api
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Decisions
from advisor.data.features import features_of, input_size, load_backbone
from advisor.data.versions import make
from advisor.data.versions.decisions import from_labels
from advisor.evidence.judged import Judged, judge, n_to_judge
from advisor.evidence.sample import related
from advisor.evidence.worklist import LABELS, proposals, worklist
from benchmarks import sets
from probes.labels import planted

SETS = ("sample:digits", "dtd10", "bbc_news")
N_SEEDS, DRAWS = 6, 4000
BOUND = 0.6


@dataclass(frozen=True)
class Trial:
    """One draw of flips: test values, and how good the list was."""

    clean: float
    flipped: float
    fixed: float
    n_flipped: int
    n_changed: int
    n_hits: int
    n_right: int


def main() -> None:
    """One line for each set, the draws before it."""
    arguments = sys.argv[1:]
    n_seeds = int(arguments.pop(arguments.index("--seeds") + 1)) if "--seeds" in arguments else N_SEEDS
    for name in [one for one in arguments if one != "--seeds"] or SETS:
        dataset = api.read(name) if name.startswith("sample:") else sets.dataset(name)
        clean = test_value(dataset)
        trials = [trial(dataset, clean, seed) for seed in range(1, n_seeds + 1)]
        as_is = accepted(dataset)
        print(summary(name, dataset, trials, clean, test_value(as_is), as_is), flush=True)


def trial(dataset: Dataset, clean: float, seed: int) -> Trial:
    """Flip labels, accept what is suggested, and train before and after."""
    rows = dataset.where("train", "val")
    changed, is_flipped = planted(dataset.labels[rows], len(dataset.classes), seed=seed)
    names = [dataset.classes[label] for label in changed[is_flipped]]
    noisy = make.make(dataset, Decisions(entries=tuple(from_labels(dataset, rows[is_flipped], names))))
    fixed = accepted(noisy)
    truth = dict(zip(dataset.items["key"], (dataset.classes[label] for label in dataset.labels), strict=True))
    flipped = set(dataset.items["key"].iloc[rows[is_flipped]])
    accepted_ones = [one for one in decisions_of(fixed) if one.check == LABELS]
    return Trial(
        clean=clean,
        flipped=test_value(noisy),
        fixed=test_value(fixed),
        n_flipped=len(flipped),
        n_changed=len(accepted_ones),
        n_hits=sum(one.key in flipped for one in accepted_ones),
        n_right=sum(one.key in flipped and truth[one.key] == one.label for one in accepted_ones),
    )


def decisions_of(version: Dataset) -> tuple[Any, ...]:
    """The decisions that made it; none for a dataset that was read."""
    return Decisions.load(version.files.applied).entries if version.version else ()


def accepted(dataset: Dataset) -> Dataset:
    """The version with every suggestion accepted; the dataset itself where there is none."""
    from probes.backbones import catalog
    from probes.backbones.weights import weights_hash

    entry = catalog.default(kind_row(dataset.kind).modality)
    of = Judged(
        backbone=entry.name, backbone_hash=weights_hash(entry), input_size=input_size(dataset, entry),
        n_sample=n_to_judge(dataset),
    )  # fmt: skip
    work = worklist(dataset, judge(dataset, of, check_seconds=0.5))
    suggested = proposals(dataset, work)
    return make.make(dataset, Decisions(entries=tuple(suggested))) if suggested else dataset


def test_value(dataset: Dataset) -> float:
    """The head's value on the test part, fitted on training and validation part."""
    from probes.backbones import catalog
    from probes.heads import fit_head
    from probes.interval import score
    from probes.linear import linear_probe

    entry = catalog.default(kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, input_size(dataset, entry), "cpu")
    rows, test, n_classes = dataset.where("train", "val"), dataset.where("test"), len(dataset.classes)
    known = features_of(dataset, np.concatenate([rows, test]), backbone)
    array, labels = np.asarray(known.array), dataset.labels
    train, held_out = array[: len(rows)], array[len(rows) :]
    probe = linear_probe(train, labels[rows], dataset.metric, related(dataset)[rows], n_classes=n_classes)
    head = fit_head(train, labels[rows], probe.recipe, dataset.metric != "accuracy", n_classes)
    return float(score(dataset.metric, labels[test], head.logits(held_out).argmax(axis=1), n_classes))


def summary(name: str, dataset: Dataset, trials: list[Trial], clean: float, as_is: float, version: Dataset) -> str:
    """What came back, with n and seeds, and what accepting does where nothing was flipped."""
    flipped, fixed = (np.array([getattr(one, field) for one in trials]) for field in ("flipped", "fixed"))
    share, (low, high) = recovered(clean, flipped, fixed)
    hits, right, changed, planted_ones = (
        sum(getattr(one, field) for one in trials) for field in ("n_hits", "n_right", "n_changed", "n_flipped")
    )
    verdict = "held" if share >= BOUND else "MISSED"
    return (
        f"{name}: {share:.0%} of the loss comes back ({low:.0%} to {high:.0%}; at least {BOUND:.0%}: {verdict}). "
        f"{dataset.metric} {clean:.4f} clean, {flipped.mean():.4f} flipped, {fixed.mean():.4f} accepted; "
        f"n_train {len(dataset.where('train', 'val'))}, n_test {len(dataset.where('test'))}, {len(trials)} seeds. "
        f"{changed} labels changed: {hits} of the {planted_ones} flipped, {right} of them to the true class. "
        f"Nothing flipped: {n_accepted(version)} changed, {as_is - clean:+.4f}."
    )


def n_accepted(version: Dataset) -> int:
    """How many labels accepting changed."""
    return version.version.n_relabelled if version.version else 0


def recovered(clean: float, flipped: np.ndarray, fixed: np.ndarray) -> tuple[float, tuple[float, float]]:
    """The share of the loss that comes back, and its 90 % interval over seeds. Shape: flipped, fixed (seeds,)."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(flipped), (DRAWS, len(flipped)))
    shares = (fixed[draws].mean(axis=1) - flipped[draws].mean(axis=1)) / np.maximum(
        clean - flipped[draws].mean(axis=1), 1e-9
    )
    low, high = np.quantile(shares, [0.05, 0.95])
    share = (fixed.mean() - flipped.mean()) / max(clean - flipped.mean(), 1e-9)
    return float(share), (float(low), float(high))


if __name__ == "__main__":
    main()
