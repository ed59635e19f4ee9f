"""Where along a line of numbers a decision changes: walk until it differs, then halve the last step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName

#: What is decided at a place; it may raise AdviceError where nothing can be.
Decided = Callable[[float], RungName]


def first_change(
    decided: Decided, places: Sequence[float], now: RungName, halvings: int = 12
) -> tuple[float, RungName] | None:
    """The nearest place on the way along `places` at which another rung than `now` is decided, and that rung.

    None where none is. Places where nothing can be decided are passed over. A change that is undone within one step
    goes unseen.
    """
    before = places[0]
    for place in places[1:]:
        there = _decided_at(decided, place)
        if there is not None and there != now:
            return narrowed(decided, before, (place, there), now, halvings)
        before = place
    return None


def narrowed(
    decided: Decided, same: float, changed: tuple[float, RungName], now: RungName, halvings: int
) -> tuple[float, RungName]:
    """Halve between a place that decides `now` and one that does not; the end that does not is returned."""
    for _ in range(halvings):
        middle = math.sqrt(same * changed[0]) if min(same, changed[0]) > 0 else (same + changed[0]) / 2
        there = _decided_at(decided, middle)
        if there is None or there == now:
            same = middle
        else:
            changed = middle, there
    return changed


def first_reached(reached: Callable[[float], bool], places: Sequence[float], halvings: int = 12) -> float | None:
    """The first place along `places` (all above 0) that is reached, halved back towards the one before; None for none.

    >>> round(first_reached(lambda place: place >= 1.7, [0.5, 1.0, 2.0, 4.0]), 3)
    1.7
    """
    at = next((i for i, place in enumerate(places) if reached(place)), None)
    if at is None or at == 0:
        return None if at is None else places[0]
    missed, there = places[at - 1], places[at]
    for _ in range(halvings):
        middle = math.sqrt(missed * there)
        if reached(middle):
            there = middle
        else:
            missed = middle
    return there


def geometric(start: float, end: float, ratio: float) -> list[float]:
    """Places from `start` to `end` (both above 0 and kept), each `ratio` (above 1) times further, up or down.

    >>> geometric(1.0, 0.25, 2.0), geometric(1.0, 3.0, 2.0)
    ([1.0, 0.5, 0.25], [1.0, 2.0, 3.0])
    """
    steps = math.ceil(abs(math.log(end / start)) / math.log(ratio) - 1e-9)
    factor = ratio if end > start else 1.0 / ratio
    return [*(start * factor**step for step in range(steps)), end]


def outward(place: float, up: bool, digits: int = 2) -> float:
    """Rounded away from the present, so that the sentence still holds.

    >>> outward(0.03417, up=False), outward(1_234_567.0, up=True)
    (0.034, 1300000.0)
    """
    if place <= 0:
        return 0.0
    unit = digits - 1 - math.floor(math.log10(place))
    scaled = place * 10.0**unit
    return round((math.ceil(scaled - 1e-9) if up else math.floor(scaled + 1e-9)) / 10.0**unit, 12)


def _decided_at(decided: Decided, place: float) -> RungName | None:
    try:
        return decided(place)
    except AdviceError:
        return None
