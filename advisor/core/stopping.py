"""A stop: the exception that ends the work of a run, and the writes that it must not cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Stopped(BaseException):
    """The user asked to stop; whoever has something to keep catches it.

    No child of Exception: it may be raised anywhere in the main thread, and no library may take it for a failure of its
    own, such as that of an image that cannot be decoded.
    """


class _Writes:
    """How many writes that belong together are under way."""

    depth = 0


def is_writing() -> bool:
    """Whether files that belong together are being written."""
    return _Writes.depth > 0


@contextmanager
def uncut() -> Iterator[None]:
    """Files that belong together are written in this block: a stop is raised after its end only."""
    _Writes.depth += 1
    try:
        yield
    finally:
        _Writes.depth -= 1
