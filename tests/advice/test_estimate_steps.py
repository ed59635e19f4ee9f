"""Training steps are timed on the data at hand, once, and only of what takes steps."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor
from advisor.advice.outlook.steps import Steps, time_steps
from advisor.core.ladder import RUNG_NAMES
from advisor.evidence.gather import gather


@pytest.mark.slow
def test_a_step_of_fine_tuning_is_timed_once_and_scratch_counts_the_words_of_texts() -> None:
    topics = advisor.read("sample:topics")
    evidence = gather(topics, None, 10.0)
    assert time_steps(topics, evidence, ("frozen",)) == Steps()
    found = time_steps(topics, evidence, RUNG_NAMES)
    assert found.tuned is not None and found.tuned > 0 and found.fresh is None and found.seconds > 0
    assert time_steps(topics, evidence, RUNG_NAMES) == found  # kept, not timed again
    (kept,) = Path(topics.folder).glob("steps-*.json")
    assert Steps.load(kept) == found
    kept.write_text("{")  # damaged: timed again
    assert time_steps(topics, evidence, RUNG_NAMES).tuned is not None


@pytest.mark.slow
def test_both_trainings_of_images_are_timed() -> None:
    digits = advisor.read("sample:digits")
    found = time_steps(digits, gather(digits, None, 10.0), RUNG_NAMES)
    assert found.tuned is not None and found.fresh is not None and found.fresh > 0
