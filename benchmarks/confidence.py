"""Whether thresholds keep their promise and sets hold the truth: a linear probe on random splits of the sets.

    python -m benchmarks.confidence
    python -m benchmarks.confidence --splits 5 --sets trec6 sms_spam

A split gives 500 items to learn from, predicted out of fold as a run does, and the rest to test on. For each wanted
share: how often a threshold promises it, what it covers, the share right of the answers on the test items, and in how
many splits that share was missed there, noise of the test items included; 10 % may be.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.sets import Featured, featured
from probes.folds import assign_folds
from probes.heads import USUAL, fit_head, softmax
from probes.selective import answered, least_likely, likely, threshold
from probes.temperature import fit_temperature

SETS = ("trec6", "tweet_emotion", "sms_spam", "sst2", "sign_digits", "dtd10")
SPLITS, N_TRAIN, MOST_ITEMS, FOLDS = 20, 500, 1500, 5
WANTED = (0.8, 0.9, 0.95)
LEVEL = 0.9


def main() -> None:
    """Print a line for each set and wanted share."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sets", nargs="+", default=SETS)
    asked.add_argument("--splits", type=int, default=SPLITS)
    options = asked.parse_args()
    print(f"{'set':16}{'wanted':>8}{'promised in':>13}{'covers':>8}{'right':>8}{'missed in':>11}{'90 % sets hold':>16}")
    for name in options.sets:
        items = featured(name, ("train", "val", "test"), MOST_ITEMS)
        splits = [split(items, seed) for seed in range(options.splits)]
        holds = float(np.mean([one[0] for one in splits]))
        for place, wanted in enumerate(WANTED):
            kept = [one for _, found in splits if (one := found[place]) is not None]
            covers, right = (f"{np.mean([one[i] for one in kept]):.1%}" if kept else "" for i in (0, 1))
            missed = sum(one[1] < wanted for one in kept)
            print(
                f"{name:16}{wanted:>8.0%}{f'{len(kept)} of {len(splits)}':>13}{covers:>8}{right:>8}{missed:>11}"
                f"{holds:>16.1%}", flush=True,
            )  # fmt: skip


def split(items: Featured, seed: int) -> tuple[float, list[tuple[float, float] | None]]:
    """(share of test items whose set holds the truth, for each wanted share what is covered and right of it)."""
    order, n_classes = np.random.default_rng(seed).permutation(len(items.rows)), len(items.dataset.classes)
    inside, test = order[:N_TRAIN], order[N_TRAIN:]
    labels, folds = items.labels[inside], assign_folds(items.labels[inside], folds=FOLDS, seed=seed)
    logits = np.zeros((N_TRAIN, n_classes), np.float32)
    for fold in range(FOLDS):
        head = fit_head(items.features[inside[folds != fold]], labels[folds != fold], USUAL, False, n_classes)
        logits[folds == fold] = head.logits(items.features[inside[folds == fold]])
    heat = fit_temperature(logits, labels).temperature
    said = softmax(logits / heat)
    head = fit_head(items.features[inside], labels, USUAL, False, n_classes)
    given, truth = softmax(head.logits(items.features[test]) / heat), items.labels[test]
    members = likely(given, least_likely(said[np.arange(N_TRAIN), labels], LEVEL))
    found: list[tuple[float, float] | None] = []
    for wanted in WANTED:
        one = threshold(said.max(axis=1), said.argmax(axis=1) == labels, wanted)
        covers, right, _ = (
            answered(given.max(axis=1), given.argmax(axis=1) == truth, one.least) if one else (0, None, 0)
        )
        found.append(None if right is None else (covers, right))
    return float(members[np.arange(len(test)), truth].mean()), found


if __name__ == "__main__":
    main()
