"""Advice that no longer holds is decided anew, as the page of advice does it, and nothing is kept."""

from __future__ import annotations

from advisor import api
from advisor.core.records import Advice, Dataset
from advisor.runs.advice_now import advice_now
from advisor.ui import terms, whereabouts


def former(dataset: Dataset) -> None:
    """The advice as a former version kept it, which recommended another rung."""
    advice = Advice.load(dataset.files.advice)
    estimates = tuple(one.model_copy(update={"kept_chance": None}) for one in advice.estimates)
    advice.model_copy(update={"estimates": estimates, "recommended": "scratch"}).save(dataset.files.advice)


def test_former_advice_is_decided_anew_and_a_card_says_the_same(digits: Dataset) -> None:
    recommended = api.advise(digits, budget=8).recommended
    assert advice_now(digits) == Advice.load(digits.files.advice)
    former(digits)
    found = advice_now(digits)
    assert found is not None and found.recommended == recommended
    assert Advice.load(digits.files.advice).recommended == "scratch"
    assert whereabouts.standing(digits).sentence == f"Advice: {terms.title(recommended).lower()}"
    digits.files.advice.unlink()
    assert advice_now(digits) is None
