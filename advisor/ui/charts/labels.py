"""Where the rungs' names stand in the picture of the ladder: beside their own bar, clear of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: The picture's inside on a telephone, the tightest; what a letter and a line of text take; in pixels.
WIDE, HIGH = 300.0, 320.0
LETTER, LINE = 7.2, 18.0
#: Between a bar's end and its name, and half of what a bar's caps take.
GAP, CAP = 8.0, 6.0

Box = tuple[float, float, float, float]
Side = Literal["left", "center", "right"]
SIDES: tuple[Side, ...] = ("center", "left", "right")
#: What a line farther from its bar counts as, in square pixels of overlap.
FARTHER = 60.0


@dataclass(frozen=True)
class Bar:
    """A rung's bar in shares of the picture: place across, lower and upper end; and its name."""

    across: float
    low: float
    high: float
    name: str


@dataclass(frozen=True)
class Spot:
    """Where a name stands: above or below its bar, which side of the text is held there, and how many lines off."""

    above: bool
    side: Side
    row: int = 0


def spots(bars: Sequence[Bar], taken: Sequence[Box] = ()) -> list[Spot]:
    """A spot for every bar's name: of twelve the one that overlaps bars, names, edges and `taken` (pixels) least."""
    marks = [_bar(bar) for bar in bars]
    names = list(taken)
    chosen = []
    for number, bar in enumerate(bars):
        first = number % 2 == 1
        choices = [Spot(above, side, row) for row in (0, 1) for side in SIDES for above in (first, not first)]
        boxes = [_text(bar, spot) for spot in choices]
        costs = [
            sum(_overlap(box, other) for other in [*marks, *names]) + _outside(box) + spot.row * FARTHER
            for box, spot in zip(boxes, choices, strict=True)
        ]
        best = min(range(len(choices)), key=lambda i: costs[i])
        names.append(boxes[best])
        chosen.append(choices[best])
    return chosen


def _bar(bar: Bar) -> Box:
    return bar.across * WIDE - CAP, bar.low * HIGH, bar.across * WIDE + CAP, bar.high * HIGH


def _text(bar: Bar, spot: Spot) -> Box:
    width = LETTER * len(bar.name)
    left = bar.across * WIDE - {"left": CAP, "center": width / 2, "right": width - CAP}[spot.side]
    off = GAP + spot.row * LINE
    bottom = bar.high * HIGH + off if spot.above else bar.low * HIGH - off - LINE
    return left, bottom, left + width, bottom + LINE


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, up)


def _outside(box: Box) -> float:
    """What of a box lies outside the picture, in square pixels; above it there is a margin."""
    inside = _overlap(box, (0.0, 0.0, WIDE, HIGH + 2 * GAP))
    return (box[2] - box[0]) * (box[3] - box[1]) - inside
