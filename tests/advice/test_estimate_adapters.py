"""What adapters brought on other sets is what is expected here, shrunk to zero, and never below retrieval."""

from __future__ import annotations

import pytest

from advisor.advice.outlook.answering import SPREAD, adapter_gain, with_adapter
from advisor.advice.outlook.experience import CompletedTask, Experience
from tests.advice.completed_tasks import situation


def asked(dataset: str, rag: float, tuned: float, seed: int = 0) -> CompletedTask:
    """A set of questions on which retrieval and an adapter came to these values."""
    seen = situation(kind="qa", metric="token F1")
    return CompletedTask(dataset, "all", seed, seen, {"rag": {"value": rag}, "fine-tune": {"value": tuned}})


def test_two_sets_tell_nothing() -> None:
    known = Experience((asked("a", 0.3, 0.6), asked("b", 0.3, 0.6), asked("b", 0.3, 0.6, seed=1)))
    assert adapter_gain(known) == (0.0, SPREAD)


def test_every_set_counts_alike_and_one_more_counts_as_no_gain() -> None:
    tasks = [asked("a", 0.3, 0.6, seed) for seed in range(5)]
    known = Experience((*tasks, asked("b", 0.3, 0.4), asked("c", 0.3, 0.3)))
    gain, spread = adapter_gain(known)
    assert gain == pytest.approx((0.3 + 0.1 + 0.0 + 0.0) / 4) and 0 < spread < 0.3


def test_the_lower_bound_is_retrievals_and_nothing_passes_one() -> None:
    known = Experience(tuple(asked(name, 0.3, 0.6) for name in "abcd"))
    value, low, high = with_adapter(0.4, 0.2, 0.6, known)
    assert low == 0.2 and 0.4 < value < 0.7 and high > 0.8
    assert with_adapter(0.95, 0.9, 0.99, known)[0] == 1.0
    worse = Experience(tuple(asked(name, 0.3, 0.2) for name in "abcd"))
    assert with_adapter(0.4, 0.2, 0.6, worse)[0] == 0.4
