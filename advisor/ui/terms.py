"""What the pages call things: states, rungs, and names made safe for figures."""

from __future__ import annotations

from html import escape

from advisor.core.ladder import RungName, rung
from advisor.core.records import Part, State
from advisor.core.shown import visible
from advisor.core.wording import about, short

STATE: dict[State, str] = {
    "queued": "waiting",
    "running": "running",
    "stopping": "stopping",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
}
PART: dict[Part, str] = {"train": "training", "val": "validation", "test": "test", "ood": "shifted"}
COLOR: dict[State, str] = {
    "queued": "gray",
    "running": "blue",
    "stopping": "orange",
    "stopped": "gray",
    "done": "green",
    "failed": "red",
}


def left(seconds: float) -> str:
    """The time left, an estimate.

    >>> left(12.3), left(0.2)
    ('about 12 s left', 'less than a second left')
    """
    return f"{about(seconds)} left"


def device(name: str) -> str:
    """A device as people call it.

    >>> device("cpu"), device("cuda:0"), device("mps"), device("")
    ('CPU', 'GPU', 'MPS', '')
    """
    return "GPU" if name.startswith("cuda") else name.upper()


def title(name: RungName) -> str:
    """The title of a rung."""
    return rung(name).title


def changes(name: RungName) -> str:
    """What a rung changes, in a sentence."""
    return rung(name).changes


def plotted(text: str, limit: int = 28) -> str:
    """A user's name made safe for plotly, which reads a subset of HTML in every label.

    >>> plotted("<b>cat</b>")
    '&lt;b&gt;cat&lt;/b&gt;'
    """
    return escape(visible(short(text, limit)), quote=False)
