"""The decision, as the design words it, over hand-made and random estimates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice import explain
from advisor.advice.decide import MARGIN, decide
from advisor.errors import AdviceError
from advisor.ladder import RUNG_NAMES, RungName
from advisor.records import Estimate


def estimate(rung: RungName, value: float, half: float = 0.03, available: bool = True) -> Estimate:
    return Estimate(
        rung=rung,
        available=available,
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        n=100,
        provenance="measured",
        train_seconds=5.0,
    )


def ladder(*values: float) -> list[Estimate]:
    return [estimate(rung, value) for rung, value in zip(RUNG_NAMES, values, strict=True)]


shares = st.floats(0, 1, allow_nan=False)


def test_without_a_target_the_cheapest_within_one_point_of_the_best_is_taken() -> None:
    assert decide(ladder(0.3, 0.7, 0.895, 0.90, 0.2)).recommended == "frozen"
    assert decide(ladder(0.3, 0.7, 0.85, 0.90, 0.2)).recommended == "fine-tune"


def test_with_a_target_the_cheapest_whose_lower_bound_reaches_it_is_taken() -> None:
    estimates = ladder(0.3, 0.8, 0.95, 0.97, 0.2)
    assert decide(estimates, 0.75).recommended == "rag"
    assert decide(estimates, 0.9).recommended == "frozen"
    out_of_reach = decide(estimates, 0.99)
    assert out_of_reach.sure is False and out_of_reach.recommended == "fine-tune"


def test_a_rung_that_is_not_available_is_never_recommended() -> None:
    estimates = [
        e if e.rung != "fine-tune" else estimate("fine-tune", 0.99, available=False)
        for e in ladder(0.1, 0.2, 0.5, 0.99, 0.3)
    ]
    assert decide(estimates).recommended == "frozen"


def test_no_rung_and_a_bad_target_are_said() -> None:
    with pytest.raises(AdviceError, match="No rung"):
        decide([estimate("frozen", 0.5, available=False)])
    with pytest.raises(AdviceError, match="not a share"):
        decide(ladder(0.1, 0.2, 0.3, 0.4, 0.5), 95)


@given(st.lists(shares, min_size=5, max_size=5), st.one_of(st.none(), st.floats(0.05, 1)))
def test_every_decision_keeps_its_own_rule_and_explains_itself(values: list[float], target: float | None) -> None:
    estimates = ladder(*values)
    decision = decide(estimates, target)
    chosen = explain.find(estimates, decision.recommended)
    cheaper = [e for e in estimates if RUNG_NAMES.index(e.rung) < RUNG_NAMES.index(chosen.rung)]
    if decision.sure:
        assert explain.low(chosen) >= (target or 0) - 1e-6
        assert all(explain.low(e) < (target or 0) for e in cheaper)
    else:
        assert explain.value(chosen) >= max(values) - MARGIN - 1e-6
        assert all(explain.value(e) < max(values) - MARGIN + 1e-6 for e in cheaper)
    assert decision.runner_up != decision.recommended
    reasons = explain.reasons(decision, estimates, target)
    assert set(reasons) == set(RUNG_NAMES) and all(
        any(ch.isdigit() for ch in r) or "target" in r or "no more" in r for r in reasons.values()
    )
    assert explain.headline(decision, estimates, "accuracy", target)


@given(st.lists(shares, min_size=5, max_size=5))
def test_a_named_target_really_flips_the_decision(values: list[float]) -> None:
    estimates = ladder(*values)
    for sentence in explain.flips(decide(estimates), estimates, None):
        if sentence.startswith("A target"):
            limit = float(sentence.split(" %")[0].split()[-1]) / 100
            name = sentence.split(": ")[1].removesuffix(" would be recommended.")
            step = -0.0006 if "at most" in sentence else 0.0006
            near = {decide(estimates, min(1.0, max(1e-6, limit + k * step))).recommended for k in (0, 1)}
            assert name in {explain.title(explain.find(estimates, rung)) for rung in near}


def test_a_rung_above_is_called_dearer_only_where_it_trains_for_longer() -> None:
    """From scratch may mean counting words, which takes a second where features take minutes."""
    estimates = ladder(0.3, 0.4, 0.9, 0.9, 0.6)
    said = explain.reasons(decide(estimates), estimates, None)["scratch"]
    assert said == "Costs more and is expected 30.0 points lower than frozen features."
    soon = [e.model_copy(update={"train_seconds": 1.0}) if e.rung == "scratch" else e for e in estimates]
    assert explain.reasons(decide(soon), soon, None)["scratch"] == "Expected 30.0 points lower than frozen features."


def test_the_headline_is_grammatical_for_every_rung() -> None:
    for place, (begin, verb) in enumerate(
        [("Prompting", "s"), ("Retrieval", "s"), ("Frozen features", ""), ("Fine-tuning", "s"),
         ("Training from scratch", "s")]
    ):  # fmt: skip
        estimates = ladder(*[0.9 if place == other else 0.5 for other in range(5)])
        said = explain.headline(decide(estimates), estimates, "accuracy", None)
        assert said.startswith(f"{begin} pay{verb} most here")
