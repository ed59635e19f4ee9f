"""How often an open page looks again: less often the more pages are open, so that watching a run does not slow it.

A look at a run takes some 10 ms of a processor, its curves some 50 ms. At two seconds each, two dozen pages took most
of a processor from the training that they watched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: As many pages look as often as they like; twice as many look half as often, and so on.
FEW = 8
#: A page that has not looked for so long is closed. The longest interval is below it.
CLOSED_SECONDS = 150.0
LONGEST_SECONDS = 60.0

_seen: dict[str, float] = {}
_lock = threading.Lock()


def interval(seconds: float, n_open: int) -> float:
    """Seconds between two looks when so many pages are open.

    >>> [interval(2.0, n) for n in (0, 1, 8, 9, 16, 24, 500)]
    [2.0, 2.0, 2.0, 4.0, 4.0, 8.0, 60.0]
    """
    while n_open > FEW and seconds < LONGEST_SECONDS:
        seconds, n_open = 2 * seconds, -(-n_open // 2)
    return min(seconds, LONGEST_SECONDS)


def every(seconds: float, draw: Callable[[], None]) -> None:
    """Draw now, and again every so many seconds, or less often with many pages open."""
    wait = interval(seconds, _n_open())

    @st.fragment(run_every=wait)
    def part() -> None:
        if interval(seconds, _n_open()) != wait:
            st.rerun()
        draw()

    part()


def _n_open() -> int:
    """The pages that look again by themselves, this one among them."""
    context, now = get_script_run_ctx(), time.monotonic()
    with _lock:
        if context is not None:
            _seen[context.session_id] = now
        for session in [session for session, last in _seen.items() if now - last > CLOSED_SECONDS]:
            del _seen[session]
        return len(_seen)
