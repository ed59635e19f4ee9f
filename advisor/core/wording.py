"""Numbers, names and lists as sentences write them: the same on every page, in the command, in records and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from probes.measured import Measured

_PERCENT = re.compile(r"(?<=\d) %")


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.934), percent(0.9, digits=0)
    ('93.4 %', '90 %')
    """
    return f"{100 * share:.{digits}f} %"


def unbroken(text: str) -> str:
    r"""A text for a page, whose lines do not end between a number and its per-cent sign.

    Only pages wrap lines where they like, so records, tables, the command and its JSON keep the plain space.

    >>> unbroken("95.1 % of 61") == "95.1\u00a0% of 61"
    True
    """
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", text)


def points(share: float, other: float) -> float:
    """How many points one share is above another, of both as `percent` writes them: so a reader can check it.

    >>> points(0.9916, 0.4644), points(0.9916, 0.9874), round(100 * (0.9916 - 0.9874), 1)
    (52.8, 0.5, 0.4)
    """
    return round(round(100 * share, 1) - round(100 * other, 1), 1)


def between(low: float, high: float) -> str:
    """An interval of shares as percentages.

    >>> between(0.97, 0.991)
    '97.0 to 99.1 %'
    """
    return f"{100 * low:.1f} to {percent(high)}"


def chance(share: float) -> str:
    """A probability as a percentage, never 0 or 100 %.

    >>> chance(0.834), chance(0.9999), chance(0.0)
    ('83 %', 'over 99 %', 'under 1 %')
    """
    if share > 0.995:
        return "over 99 %"
    return percent(share, digits=0) if share >= 0.005 else "under 1 %"


def measured(number: Measured) -> str:
    """A measured share with its interval, level and n in one line."""
    level = percent(number.level, digits=0)
    return f"{percent(number.value)} ({level} interval {between(number.low, number.high)}, n = {count(number.n)})"


def among(number: Measured) -> str:
    """A measured share as counts: of how many, how many.

    >>> from probes.measured import Measured
    >>> among(Measured(value=0.923, low=0.8, high=1.0, n=26, seconds=1.0))
    '24 of 26'
    """
    return f"{count(number.value * number.n)} of {count(number.n)}"


def count(n: float) -> str:
    """A whole number with its thousands apart.

    >>> count(12345.4)
    '12,345'
    """
    return f"{round(n):,}"


def counted(n: int, singular: str, plural: str = "") -> str:
    """A count with its noun in the right number.

    >>> counted(1, "class", "classes"), counted(2000, "image")
    ('1 class', '2,000 images')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def times(n: int) -> str:
    """How often something happened.

    >>> times(1), times(2), times(1200)
    ('once', 'twice', '1,200 times')
    """
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def nearest_vote(k: int, n: int, examples: str) -> str:
    """How the nearest examples decide, a sentence.

    >>> nearest_vote(5, 1200, "labelled examples"), nearest_vote(1, 82, "stored examples")
    ('The 5 nearest of 1,200 labelled examples vote.', 'The nearest of 82 stored examples decides.')
    """
    return f"The {k} nearest of {n:,} {examples} vote." if k > 1 else f"The nearest of {n:,} {examples} decides."


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names as a sentence lists them, cut after `most`.

    >>> listed(["a", "b", "c"]), listed("abcd", most=2)
    ('a, b and c', 'a, b and 2 more')
    """
    every: Sequence[str] = list(names)
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most:,} more"
    return " and ".join(filter(None, [", ".join(every[:-1]), *every[-1:]]))


def money(amount: float) -> str:
    """An amount of the user's own currency, as exact as it matters; never a power of ten.

    >>> [money(amount) for amount in (1234.4, 12.3, 3.42, 3.0, 0.0342, 0.00002, 0.0)]
    ['1,234', '12', '3.4', '3', '0.034', 'under 0.001', '0']
    """
    if 0 < abs(amount) < 0.001:
        return "under 0.001"
    if abs(amount) >= 10 or amount == round(amount):
        return f"{amount:,.0f}"
    return f"{amount:.1f}" if abs(amount) >= 1 else f"{amount:.2g}"


def amount(number: float, currency: str = "") -> str:
    """An amount with its currency, with cents where they matter.

    >>> [amount(number, "EUR") for number in (1234.4, 3.2, 3.0, 0.0342)], amount(12.3)
    (['1,234 EUR', '3.20 EUR', '3 EUR', '0.034 EUR'], '12')
    """
    cents = 0.1 <= abs(number) < 9.995 and number != round(number)
    return f"{number:.2f} {currency}".rstrip() if cents else f"{money(number)} {currency}".rstrip()


def roughly(seconds: float) -> str:
    """An estimated time in the middle of a sentence: as `duration` has it, in whole words; in one unit from 10 min on.

    >>> [roughly(x) for x in (0.3, 7.9, 81, 300, 1234, 7260, 1e6)]
    ['less than a second', '8 seconds', '1 minute 21 seconds', '5 minutes', '21 minutes', '2 hours', '12 days']
    """
    if seconds < 0.95:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    if 0 < minutes < 10 and rest:
        return f"{counted(minutes, 'minute')} {counted(rest, 'second')}"
    for unit, each, most in (("second", 1, 59.5), ("minute", 60, 99.5), ("hour", 3600, 47.5)):
        if seconds / each < most:
            return counted(round(seconds / each), unit)
    return counted(round(seconds / 86400), "day")


def duration(seconds: float | None) -> str:
    """Seconds as a short phrase of one or two units.

    >>> [duration(x) for x in (0.42, 1.42, 12.3, 75, 7260, 1e6)]
    ['less than a second', '1.4 s', '12 s', '1 min 15 s', '2 h 1 min', '12 days']
    """
    if seconds is None:
        return "unknown"
    if seconds < 0.5:
        return "less than a second"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s".removesuffix(" 0 s")
    if whole >= 48 * 3600:
        return f"{whole / 86400:,.0f} days"
    return f"{whole // 3600} h {whole % 3600 // 60} min".removesuffix(" 0 min")


def about(seconds: float | None) -> str:
    """An estimated duration.

    >>> about(12.3), about(0.2), about(None)
    ('about 12 s', 'less than a second', 'unknown')
    """
    return duration(seconds) if seconds is None or seconds < 0.5 else f"about {duration(seconds)}"


def size(n_bytes: float) -> str:
    """Bytes in decimal units.

    >>> [size(x) for x in (900, 18_600_000, 640e6, 2_100_000_000)]
    ['900 B', '19 MB', '640 MB', '2.1 GB']
    """
    if n_bytes < 1e3:
        return f"{n_bytes:.0f} B"
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:,.1f} GB"


def energy(watt_hours: float) -> str:
    """Energy in watt-hours or kilowatt-hours.

    >>> [energy(x) for x in (0, 0.004, 0.42, 12.3, 1500)]
    ['none', 'under 0.01 Wh', '0.42 Wh', '12 Wh', '1.5 kWh']
    """
    if watt_hours < 0.01:
        return "under 0.01 Wh" if watt_hours > 0 else "none"
    if watt_hours < 1000:
        return f"{watt_hours:.{2 if watt_hours < 1 else 1 if watt_hours < 10 else 0}f} Wh"
    return f"{watt_hours / 1000:,.1f} kWh"


def capital(text: str) -> str:
    """A phrase as the beginning of a sentence; capitals inside it stay.

    >>> capital("token F1")
    'Token F1'
    """
    return text[:1].upper() + text[1:]


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


def label_words(labels: Sequence[str]) -> str:
    """Several labels of an item in words.

    >>> label_words(["food", "good"]), label_words([])
    ('food, good', 'none of the labels')
    """
    return ", ".join(labels) or "none of the labels"
