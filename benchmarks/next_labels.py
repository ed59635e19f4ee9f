"""Label these next against labels at random: what 50 more labels bring a linear probe, on six sets.

    python -m benchmarks.next_labels             both sizes of start, 20 starts each
    python -m benchmarks.next_labels --starts 5 --sets dtd10 snips7

From a random start (50 labels, or two a class where that is more; and 200), 50 items are chosen from the rest of the
training part, their labels revealed, and a linear probe retrained; its value on the test part is compared with that
after 50 items at random, start by start. The six sets took no part in choosing the method.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from benchmarks.sets import featured
from probes.heads import USUAL, Head, fit_head
from probes.interval import score
from probes.neighbours import unit_rows
from probes.next_labels import AHEAD, choose, margins

SETS = ("cifar10_sub", "dtd10", "sign_digits", "tweet_emotion", "snips7", "so_titles20")
STARTS, N, SIZES = 20, 50, (50, 200)
MOST_TRAIN, MOST_TEST = 1500, 600
#: The normal distribution's 95 % point.
Z = 1.645


@dataclass(frozen=True)
class Task:
    """A set in features. Shape: train (n, d), labels (n,), test (m, d), truth (m,)."""

    name: str
    metric: str
    n_classes: int
    train: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    truth: np.ndarray

    def probe(self, rows: np.ndarray) -> Head:
        """A linear probe on these rows of the training part."""
        return fit_head(self.train[rows], self.labels[rows], USUAL, self.metric != "accuracy", self.n_classes)

    def value(self, rows: np.ndarray) -> float:
        """What a probe on these rows reaches on the test part."""
        return score(self.metric, self.truth, self.probe(rows).logits(self.test).argmax(axis=1), self.n_classes)


def task_of(name: str) -> Task:
    """A set with the default backbone's features."""
    train, test = featured(name, ("train", "val"), MOST_TRAIN), featured(name, ("test",), MOST_TEST)
    return Task(
        name, train.dataset.metric, len(train.dataset.classes), train.features.astype(np.float32), train.labels,
        test.features.astype(np.float32), test.labels,
    )  # fmt: skip


def k_centre(pool: np.ndarray, labelled: np.ndarray, probability: np.ndarray, n: int) -> np.ndarray:
    """The opponent: of the smallest margins, again and again the one furthest from all labelled and chosen ones."""
    ahead = np.argsort(margins(probability), kind="stable")[: AHEAD * n]
    rows = unit_rows(pool[ahead])
    similar = (rows @ unit_rows(labelled).T).max(axis=1)
    chosen: list[int] = []
    for _ in range(n):
        place = int(similar.argmin())
        chosen.append(place)
        similar = np.maximum(similar, rows @ rows[place])
        similar[chosen] = np.inf
    return np.asarray(ahead[chosen])


def gains(task: Task, size: int, starts: int) -> np.ndarray:
    """Points above random of the chosen items, of margin with k-centre; and the values before and after. (starts, 4)"""
    rows = []
    for seed in range(starts):
        rng = np.random.default_rng(seed)
        start = rng.choice(len(task.labels), max(size, 2 * task.n_classes), replace=False)
        rest = np.setdiff1d(np.arange(len(task.labels)), start)
        pool, known, probability = (
            task.train[rest],
            task.train[start],
            task.probe(start).probabilities(task.train[rest]),
        )
        ours = rest[choose(pool, known, task.n_classes, probability, N, seed)]
        other = rest[k_centre(pool, known, probability, N)]
        chance = task.value(np.concatenate([start, rng.choice(rest, N, replace=False)]))
        values = [task.value(np.concatenate([start, more])) for more in (ours, other)]
        rows.append([100 * (values[0] - chance), 100 * (values[1] - chance), 100 * task.value(start), 100 * chance])
    return np.array(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--sets", nargs="+", default=SETS)
    arguments = parser.parse_args()
    print(
        f"{'set':<15}{'labels':>7}{'before':>8}{'random':>8}{'chosen':>8}{'gain':>7}   90 % interval   margin, k-centre"
    )
    for size in SIZES:
        means = []
        for name in arguments.sets:
            task = task_of(name)
            found = gains(task, size, arguments.starts)
            ours, other, before, chance = found.mean(axis=0)
            half = Z * found[:, 0].std(ddof=1) / np.sqrt(len(found))
            means.append(ours)
            n = max(size, 2 * task.n_classes)
            print(
                f"{name:<15}{n:>7}{before:>8.1f}{chance:>8.1f}{chance + ours:>8.1f}{ours:>+7.1f}   "
                f"{ours - half:+.1f} to {ours + half:+.1f}{'':<6}{other:>+9.1f}", flush=True,
            )  # fmt: skip
        good = sum(mean >= 0 for mean in means)
        print(f"From {size}: at least as good as random on {good} of {len(means)}, {np.mean(means):+.1f} points a set")


if __name__ == "__main__":
    main()
