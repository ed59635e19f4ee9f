"""What was predicted against what came out."""

from __future__ import annotations

from advisor.core.wording import between, percent
from probes.measured import Measured, side


def against(promised: Measured | None, test: Measured, got: str) -> str:
    """One sentence: the predicted interval, and on which side of it the test value lies.

    ``got``: the value in words. Without a prediction the test value's own interval is named.
    """
    if promised is None:
        return f"It reached {got} (90 % interval {100 * test.low:.1f} to {100 * test.high:.1f} %)."
    where = side(test.value, promised.low, promised.high)
    expected = f"{percent(promised.value)} ({between(promised.low, promised.high).removesuffix(' %')})"
    return f"Expected {expected} before training; it reached {got}, {where} the interval."


def beside_refusing(value: float, refusing: float | None) -> str:
    """A score beside that of refusing every question, a sentence; "" where that scores nothing or is not known.

    >>> beside_refusing(0.5, 0.2), beside_refusing(0.1, 0.2)
    ('Refusing every question would score 20.0 %.', 'That is less than refusing every question would score: 20.0 %.')
    """
    if not refusing:
        return ""
    if value < refusing:
        return f"That is less than refusing every question would score: {percent(refusing)}."
    return f"Refusing every question would score {percent(refusing)}."
