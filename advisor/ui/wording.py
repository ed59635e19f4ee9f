"""How numbers and names are written for people, the same on every page."""

from __future__ import annotations

from html import escape

from advisor.core.ladder import RungName, rung
from advisor.core.records import Kind, State
from probes.measured import Measured

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


def percent(share: float, digits: int = 1) -> str:
    r"""A share as per cent.

    >>> percent(0.98617)
    '98.6\xa0%'
    """
    return f"{100 * share:.{digits}f}\u00a0%"


def between(low: float, high: float) -> str:
    r"""An interval of shares as per cent.

    >>> between(0.97, 0.991)
    '97.0 to 99.1\xa0%'
    """
    return f"{100 * low:.1f} to {percent(high)}"


def measured(number: Measured) -> str:
    """A measured share with its interval, level and n in one line."""
    level = percent(number.level, 0)
    return f"{percent(number.value)} ({level} interval {between(number.low, number.high)}, n = {count(number.n)})"


#: Durations below it are all the same to people.
NO_TIME_SECONDS = 0.5


def duration(seconds: float | None) -> str:
    """Seconds as a short phrase with one or two units.

    >>> [duration(x) for x in (0.42, 1.42, 12.3, 75, 7260, 1e6)]
    ['under 1 s', '1.4 s', '12 s', '1 min 15 s', '2 h 1 min', '12 days']
    """
    if seconds is None:
        return "unknown"
    if seconds < NO_TIME_SECONDS:
        return "under 1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s".replace(" 0 s", "")
    if whole >= 48 * 3600:
        return f"{whole / 86400:,.0f} days"
    return f"{whole // 3600} h {whole % 3600 // 60} min".replace(" 0 min", "")


def left(seconds: float) -> str:
    """The time left, an estimate.

    >>> left(12.3), left(0.2)
    ('about 12 s left', 'under 1 s left')
    """
    return f"{duration(seconds)} left" if seconds < NO_TIME_SECONDS else f"about {duration(seconds)} left"


def size(n_bytes: float) -> str:
    """Bytes in decimal units.

    >>> [size(x) for x in (900, 18_600_000, 2_100_000_000)]
    ['900 B', '19 MB', '2.1 GB']
    """
    if n_bytes < 1e3:
        return f"{n_bytes:.0f} B"
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    if n_bytes < 1e9:
        return f"{n_bytes / 1e6:.0f} MB"
    return f"{n_bytes / 1e9:.1f} GB"


def count(n: int) -> str:
    """A whole number with thousands marked.

    >>> count(12345)
    '12,345'
    """
    return f"{n:,}"


def number_of(n: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun in the right number.

    >>> number_of(1, "class", "classes"), number_of(10, "class", "classes")
    ('1 class', '10 classes')
    """
    return f"{count(n)} {singular if n == 1 else plural or singular + 's'}"


def items(n: int, kind: Kind) -> str:
    """A number of items of a dataset in the words of its kind.

    >>> items(1, "image"), items(1200, "qa")
    ('1 image', '1,200 questions')
    """
    return number_of(n, *ITEM[kind])


def capital(text: str) -> str:
    """A phrase as a beginning; capitals inside it stay.

    >>> capital("token F1")
    'Token F1'
    """
    return text[:1].upper() + text[1:]


def title(name: RungName) -> str:
    """The title of a rung."""
    return rung(name).title


def changes(name: RungName) -> str:
    """What a rung changes, in a sentence."""
    return rung(name).changes


def short(text: str, limit: int = 40) -> str:
    """At most `limit` characters of a text, on one line, cut with an ellipsis.

    >>> short("a\\nb" * 30, 8)
    'a ba ba…'
    """
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def cut(text: str, limit: int = 600) -> tuple[str, bool]:
    r"""The beginning of a text with its lines kept, ended at a word, and whether anything was left out.

    >>> cut("one two\nthree", 9), cut("one", 9)
    (('one two\n…', True), ('one', False))
    """
    if len(text) <= limit:
        return text, False
    start = text[:limit]
    place = max(start.rfind(" "), start.rfind("\n"))
    return start[: place + 1 if place > limit // 2 else limit].rstrip(" ") + "…", True


def plotted(text: str, limit: int = 28) -> str:
    """A user's name made safe for plotly, which reads a subset of HTML in every label.

    >>> plotted("<b>cat</b>")
    '&lt;b&gt;cat&lt;/b&gt;'
    """
    return escape(short(text, limit), quote=False)
