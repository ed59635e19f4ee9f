"""Training steps are timed on the data at hand, once, and only of what takes steps."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor
from advisor.estimate.steps import Steps, time_steps
from advisor.evidence import gather
from advisor.ladder import RUNG_NAMES
from advisor.records import Dataset


@pytest.fixture(scope="module")
def topics() -> Dataset:
    return advisor.read("sample:topics")


def test_texts_have_a_step_of_fine_tuning_timed_and_count_words_from_scratch(topics: Dataset) -> None:
    evidence = gather(topics, None, 10.0)
    none = time_steps(topics, evidence, ("frozen",))
    assert none == Steps()
    found = time_steps(topics, evidence, RUNG_NAMES)
    assert found.tuned is not None and found.tuned > 0 and found.fresh is None and found.seconds > 0
    assert time_steps(topics, evidence, RUNG_NAMES) == found  # kept, not timed again
    kept = list(Path(topics.folder).glob("steps-*.json"))
    assert len(kept) == 1 and Steps.load(kept[0]) == found


def test_a_damaged_file_is_timed_again(topics: Dataset) -> None:
    evidence = gather(topics, None, 10.0)
    time_steps(topics, evidence, RUNG_NAMES)
    (kept,) = Path(topics.folder).glob("steps-*.json")
    kept.write_text("{")
    assert time_steps(topics, evidence, RUNG_NAMES).tuned is not None
