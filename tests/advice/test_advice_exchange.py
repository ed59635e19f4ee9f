"""The exchange rate: what is told is where the two curves meet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.cases import At
from advisor.advice.exchange import exchange, rate
from advisor.advice.outlook.cost import priced
from advisor.core.records import Estimate, Goal
from tests.advice.made_estimates import N_LABELS, growing, ladder


def curves(tuned: float, slope: float, error: float = 0.0) -> At:
    """Fine-tuning is at `tuned` with 400 labels; scratch follows 1 - slope n^-0.5."""

    def at(times: float) -> tuple[Estimate, ...]:
        fresh = 1.0 - slope * (times * N_LABELS) ** -0.5
        return priced(ladder(0.3, 0.4, 0.5, tuned, max(fresh, 0.0), error=error), Goal(), N_LABELS)

    return at


@settings(deadline=None)
@given(st.floats(0.5, 0.95), st.floats(0.3, 3.9))
def test_the_rate_is_where_scratch_reaches_what_fine_tuning_has(tuned: float, times: float) -> None:
    slope = (1.0 - tuned) * (times * N_LABELS) ** 0.5
    found = exchange(curves(tuned, slope), N_LABELS)
    assert found is not None and found.times == pytest.approx(times, rel=0.01)
    assert found.fine_tuned == tuned and found.n == N_LABELS
    assert f"{100 * tuned:.1f} %" in found.sentence and f"{rate(found.times or 0.0)} times" in found.sentence


def test_beyond_four_times_no_number_is_given() -> None:
    found = exchange(curves(0.95, 4.0), N_LABELS)
    assert found is not None and found.times is None and found.high is None
    assert "even with 1,600 (expected: 90.0 %)." in found.sentence and "times" not in found.sentence, (
        "1 - 4 / 40 with 1,600 labels"
    )


def test_an_uncertain_gain_widens_the_interval_and_may_open_it() -> None:
    exact, loose = (exchange(curves(0.9, 2.8, error), N_LABELS) for error in (0.0, 0.01))
    assert exact is not None and loose is not None
    assert exact.low == exact.times == exact.high == loose.times
    assert loose.low is not None and loose.times is not None and loose.low < loose.times
    assert loose.high is not None and loose.high > loose.times
    wide = exchange(curves(0.9, 2.8, 0.03), N_LABELS)
    assert wide is not None and wide.high is None and "to over 4)" in wide.sentence


def test_nothing_is_said_without_a_curve_or_without_both_rungs() -> None:
    assert exchange(None, N_LABELS) is None

    def without_scratch(times: float) -> tuple[Estimate, ...]:
        return growing(Goal())(times)[:4]

    assert exchange(without_scratch, N_LABELS) is None
