"""The exchange rate: how many labels training from scratch needs for what fine-tuning reaches with those at hand."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from advisor.advice.cases import At
from advisor.advice.outlook.cost import Z
from advisor.advice.search import first_reached, geometric
from advisor.advice.what_if_labels import FEWEST, HALVINGS, MOST, STEP
from advisor.core.ladder import FRESH, TUNED, RungName
from advisor.core.records import Estimate, Exchange
from advisor.core.wording import count, counted, percent


def exchange(at: At | None, n: int) -> Exchange | None:
    """The rate for `n` labels, from a quarter to four times of them; None where either rung has no number.

    at: estimates with so many times the labels. The interval lets the gain of one over the other vary by its error.
    """
    if at is None or n < 1:
        return None
    at = functools.cache(at)
    tuned, fresh = available(at(1.0), TUNED), available(at(1.0), FRESH)
    if tuned is None or fresh is None or tuned.value is None or fresh.value is None:
        return None
    error = Z * math.hypot(tuned.gain_error or 0.0, fresh.gain_error or 0.0)
    times, low, high = (times_for(at, tuned.value + by) for by in (0.0, -error, error))
    return Exchange(
        n=n,
        fine_tuned=tuned.value,
        from_scratch=fresh.value,
        times=times,
        low=low,
        high=high,
        furthest=MOST,
        provenance="predicted",
        sentence=sentence(at, n, tuned.value, (times, low, high)),
    )


def times_for(at: At, value: float) -> float | None:
    """Times the labels from which on training from scratch is expected at `value`; None beyond four times.

    A quarter where it is there with a quarter of them already.
    """

    def reached(times: float) -> bool:
        fresh = available(at(times), FRESH)
        return fresh is not None and fresh.value is not None and fresh.value >= value

    return first_reached(reached, geometric(FEWEST, MOST, STEP), HALVINGS)


def sentence(at: At, n: int, tuned: float, span: tuple[float | None, float | None, float | None]) -> str:
    """The rate in one sentence with its interval, or how far off it is at four times the labels."""
    times, low, high = span
    reached = f"Fine-tuning is expected to reach {percent(tuned)} with your {counted(n, 'label')}."
    if times is None:
        fresh = available(at(MOST), FRESH)
        value = f" (expected: {percent(fresh.value)})" if fresh is not None and fresh.value is not None else ""
        return f"{reached} Training from scratch would not match that even with {count(MOST * n)}{value}."
    begin = rate(low) if low is not None and low > FEWEST else f"under {FEWEST:g}"
    end = rate(high) if high is not None else f"over {MOST:.0f}"
    about = "at most" if times <= FEWEST else "about"
    return (
        f"{reached} Training from scratch would need {about} {count(times * n)} to match that, "
        f"{rate(times)} times as many (plausible range: {begin} to {end})."
    )


def rate(times: float) -> str:
    """A rate with one decimal, or two below 1.

    >>> rate(2.34), rate(0.414)
    ('2.3', '0.41')
    """
    return f"{times:.1f}" if times >= 1 else f"{times:.2f}"


def available(estimates: Sequence[Estimate], rung: RungName) -> Estimate | None:
    """The estimate of a rung that is available, or None."""
    return next((e for e in estimates if e.rung == rung and e.available and e.value is not None), None)
