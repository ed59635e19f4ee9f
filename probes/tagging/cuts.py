"""Where a long sentence is cut into windows that overlap, and which window speaks for which word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

#: The share of a window that the next one repeats.
OVERLAP = 0.25


def cuts(lengths: Sequence[int], room: int) -> list[tuple[int, int, tuple[int, int]]]:
    """(first word, word after the last, the words that it speaks for) of each window.

    lengths: the pieces of each word; room: pieces of a window. Of two windows that hold a word, the one speaks for it
    in which it stands farther from the edge.

    >>> cuts([1] * 3, 4), cuts([1] * 6, 4)
    ([(0, 3, (0, 3))], [(0, 4, (0, 4)), (3, 6, (4, 6))])
    """
    ends = [0, *accumulate(lengths)]
    if ends[-1] <= room:
        return [(0, len(lengths), (0, len(lengths)))]
    windows, start = [], 0
    while True:
        end = max(start + 1, max(place for place, n in enumerate(ends) if n <= ends[start] + room))
        windows.append((start, end))
        if end >= len(lengths):
            break
        back = next(place for place, n in enumerate(ends) if n >= ends[end] - OVERLAP * room)
        start = min(max(back, start + 1), end)
    middles = [(one[1] + other[0] + 1) // 2 for one, other in pairwise(windows)]
    bounds = [0, *middles, len(lengths)]
    return [(*window, (bounds[at], bounds[at + 1])) for at, window in enumerate(windows)]
