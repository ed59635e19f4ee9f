"""While evidence is gathered: a first answer on a few items, then on all of them, and the advice that follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import api
from advisor.advice.advise import answer
from advisor.core.records import Advice, Dataset, Evidence, Goal
from advisor.data import images
from advisor.evidence import classification, gather
from advisor.evidence.gather import gather as gathered
from tests.evidence.few_digits import few_digits


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Two hundred digits, fed small, with a first look at sixty."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 32)
    monkeypatch.setattr(classification, "GLANCE_ITEMS", 60)
    monkeypatch.setattr(gather, "GLANCE_BUDGET_SECONDS", 5.0)
    return api.read(few_digits(tmp_path / "digits", 20))


def test_the_first_answer_is_on_a_few_items_and_says_so(digits: Dataset) -> None:
    seen: list[Evidence] = []
    evidence = gathered(digits, None, 6.0, seen=seen.append)
    first, *later = seen
    assert [result.name for result in first.results] == ["majority", "zero-shot", "knn", "linear"]
    assert first.n_sample == 60 and "So far on" in first.notes[0] and "goes on" in first.notes[0]
    assert all(one.n_sample == evidence.n_sample for one in later) and evidence.n_sample > 60
    assert not any("So far" in note for note in evidence.notes)
    assert not digits.files.evidence_so_far.exists()
    seen.clear()
    assert gathered(digits, None, 6.0, seen=seen.append) == evidence and not seen


def test_the_advice_so_far_is_kept_beside_it_until_the_end(digits: Dataset) -> None:
    kept: list[Advice] = []

    def look(sentence: str, share: float) -> None:
        known = Advice.saved(digits.files.advice_so_far)
        if known is not None and known not in kept:
            kept.append(known)

    advice = answer(digits, Goal(budget_seconds=6.0), look)
    assert kept and all(one.fingerprint == digits.fingerprint and one.headline for one in kept)
    assert advice.headline and not digits.files.advice_so_far.exists()
