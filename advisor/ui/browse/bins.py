"""The bars of a histogram, with the items in each: steps of 1, 2 or 5 times a power of ten, the last bar open above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.core import wording

#: Bars that fit, and the share of the values that they spread over: a few very long items would flatten the others.
MOST, USUAL = 30, 0.98


@dataclass(frozen=True)
class Bin:
    """Whole numbers from ``low`` to ``high``; None: and all above. ``places``: of the values in the list."""

    low: int
    high: int | None
    places: tuple[int, ...]

    @property
    def span(self) -> str:
        """The bar in words.

        >>> Bin(10, 19, ()).span, Bin(3, 3, ()).span, Bin(2000, None, ()).span
        ('10 to 19', '3', '2,000 or more')
        """
        if self.high is None:
            return f"{wording.count(self.low)} or more"
        return wording.count(self.low) if self.low == self.high else f"{self.low:,} to {self.high:,}"


def bins(values: Sequence[float] | np.ndarray) -> tuple[Bin, ...]:
    """At most `MOST` bars over the values, empty ones too; none without values.

    >>> [(one.span, len(one.places)) for one in bins([1, 2, 2, 4])]
    [('1', 1), ('2', 2), ('3', 0), ('4', 1)]
    """
    numbers = np.round(np.asarray(values, dtype=float)).astype(int)
    if not len(numbers):
        return ()
    low, usual, top = int(numbers.min()), int(np.quantile(numbers, USUAL)), int(numbers.max())
    step = _step((usual - low + 1) / MOST)
    start = low // step * step
    n = (usual - start) // step + 1
    if top < start + (n + 1) * step:  # no open bar for a handful just above
        n = (top - start) // step + 1
    found = []
    for number in range(n + (top >= start + n * step)):
        first, last = start + number * step, None if number == n else start + (number + 1) * step - 1
        inside = (numbers >= first) & (numbers <= (top if last is None else last))
        found.append(Bin(first, last, tuple(np.flatnonzero(inside).tolist())))
    return tuple(found)


def _step(least: float) -> int:
    """The least of 1, 2, 5, 10, 20 … that is not below a number."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10
