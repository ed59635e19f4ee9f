"""A million tiny images."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.scale import staged


def figures() -> Iterator[Figure]:
    """See `staged.figures`."""
    return staged.figures("image", "images")
