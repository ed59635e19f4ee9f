"""Tasks made up for the tests: a situation drawn at random, and outcomes that follow a known law with noise."""

from __future__ import annotations

import numpy as np

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.signals import expit, logit
from advisor.core.records import Situation

N_LABELS = 400
N_TEST = 2000


def situation(linear: float = 0.8, domain: float = 50.0, **changes: object) -> Situation:
    """Images, 400 labels in ten classes, all of them looked at."""
    known: dict[str, object] = {
        "kind": "image", "metric": "accuracy", "n_classes": 10, "n_labels": N_LABELS, "n_test": N_TEST,
        "input_size": 96, "n_sample": N_LABELS, "n_fit": 300, "seconds_per_item": 0.01, "majority": 0.1,
        "zero_shot": 0.3, "knn": linear - 0.1, "linear": linear, "curve_a": 0.02, "curve_b": 0.5, "domain": domain,
        "depth_top": linear, "tuned_speed": 50.0, "steps_seconds": 1.0, "steps_cpu_seconds": 1.0,
    }  # fmt: skip
    return Situation(**{**known, **changes})  # type: ignore[arg-type]


def completed(
    dataset: str, seed: int, rng: np.random.Generator, gain_by_domain: float = 1.0, noise: float = 0.1
) -> CompletedTask:
    """A task whose fine-tuning gains `gain_by_domain` x domain logits over frozen; scratch loses one logit."""
    linear, domain = rng.uniform(0.5, 0.9), rng.uniform(0, 100)
    s = situation(linear, domain)
    frozen = logit(linear, N_LABELS) + 0.2 + rng.normal(0, noise)
    gains = {"prompting": -2.0, "rag": -0.5, "frozen": 0.0, "fine-tune": gain_by_domain * domain / 100, "scratch": -1.0}
    outcomes = {}
    for rung, gain in gains.items():
        p = expit(frozen + gain + (rng.normal(0, noise) if rung != "frozen" else 0.0))
        value = rng.binomial(N_TEST, p) / N_TEST
        outcomes[rung] = {"value": value, "seconds": 20.0, "cpu_seconds": 20.0, "items": 500, "peak_memory_mb": 900.0}
    return CompletedTask(dataset, "all", seed, s, outcomes)


def experience(n_datasets: int = 12, n_each: int = 4, seed: int = 0, **law: float) -> Experience:
    """So many datasets with so many tasks each."""
    rng = np.random.default_rng(seed)
    return Experience(tuple(completed(f"set {d}", i, rng, **law) for d in range(n_datasets) for i in range(n_each)))
