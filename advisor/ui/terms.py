"""What the pages call things: items, states, rungs, and names made safe for pictures."""

from __future__ import annotations

from html import escape

from advisor.core.ladder import RungName, rung
from advisor.core.records import Kind, State
from advisor.core.wording import about, counted, short

#: What the items of each kind of dataset are called: one, several.
ITEM: dict[Kind, tuple[str, str]] = {
    "image": ("image", "images"),
    "text": ("text", "texts"),
    "qa": ("question", "questions"),
}
STATE: dict[State, str] = {
    "queued": "waiting",
    "running": "training",
    "stopping": "stopping",
    "stopped": "stopped",
    "done": "done",
    "failed": "failed",
}
COLOR: dict[State, str] = {
    "queued": "gray",
    "running": "blue",
    "stopping": "orange",
    "stopped": "gray",
    "done": "green",
    "failed": "red",
}


#: Durations below it are all the same to people.
NO_TIME_SECONDS = 0.5


def left(seconds: float) -> str:
    """The time left, an estimate.

    >>> left(12.3), left(0.2)
    ('about 12 s left', 'less than a second left')
    """
    return f"{about(seconds)} left"


def items(n: int, kind: Kind) -> str:
    """A number of items of a dataset in the words of its kind.

    >>> items(1, "image"), items(1200, "qa")
    ('1 image', '1,200 questions')
    """
    return counted(n, *ITEM[kind])


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
    return escape(short(text, limit), quote=False)
