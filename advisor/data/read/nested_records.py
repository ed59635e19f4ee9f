"""Objects inside records as columns of their own: {"review": {"text": "a"}} has the column ``review.text``.

Some objects are one value and stay together: the parallel lists of answers and passages, encoded images, and scores
of classes. Which ones are opened is decided once, by the first records, so that every record has the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Record = dict[Any, Any]
#: Words of a column's name at most; what lies deeper stays one cell.
MOST_WORDS = 3
#: An object of more names is a map, such as one from users to votes.
MOST_NAMES = 50
_LABELS = frozenset(
    "label labels class classes target category categories intent sentiment emotion topic tag tags gold y".split()
)
#: Under which an object gives the name of a label (`advisor.data.read.label_cells` reads it).
_NAMES = frozenset("label name class text title value id".split())
_QUESTIONS = frozenset("question questions query questiontext userinput frage pregunta qas paragraphs".split())
_OF_QUESTIONS = re.compile(
    r"(gold|correct|expected|reference)?(answers?|groundtruths?|response|reference|antwort|respuesta)(text)?|question"
    r"|contexts?|passages?|choices|options|documents?|docs?|source|file|page|article|supportingfacts|annotations|evidence|paragraphs?|entitypages"
)


def paths_to_open(head: Iterable[Record]) -> frozenset[str]:
    """The dotted names of the objects that become columns, by the first records."""
    records = list(head)
    asks = any(_plain(key) in _QUESTIONS for record in records for key in record)
    paths: set[str] = set()

    def look(objects: list[Record], before: str, words: int) -> None:
        for key in dict.fromkeys(key for one in objects for key in one):
            values = [one[key] for one in objects if one.get(key) not in (None, {})]
            if not values or not all(isinstance(value, dict) for value in values):
                continue
            if asks and not before and _answers(key, values):
                continue
            if _may_open(_plain(key), values):
                paths.add(f"{before}{key}")
                if words + 1 < MOST_WORDS:
                    look(values, f"{before}{key}.", words + 1)

    look(records, "", 1)
    return frozenset(paths)


def opener(paths: frozenset[str], names: set[str]) -> Callable[[Record], Record]:
    """A function that opens the objects of these paths in a record; the names of their columns are added to `names`."""

    def fill(result: Record, record: Record, before: str) -> None:
        for key, value in record.items():
            name = f"{before}{key}" if before else key
            if isinstance(value, dict) and str(name) in paths:
                fill(result, value, f"{name}.")
            elif before and value is not None:
                names.add(str(name))
                result.setdefault(name, value)
            elif not before and not (value is None and str(name) in paths):
                result[name] = value

    def opened(record: Record) -> Record:
        result: Record = {}
        fill(result, record, "")
        return result

    return opened if paths else lambda record: record


def last_word(column: str) -> str:
    """The last word of a dotted name.

    >>> last_word("annotation.label"), last_word("label")
    ('label', 'label')
    """
    return column.rpartition(".")[2] or column


def _may_open(key: str, values: list[Record]) -> bool:
    """Whether objects are several fields, and not one value: an image, parallel lists, or scores of classes."""
    names = {str(name) for value in values for name in value}
    leaves = [leaf for value in values for leaf in value.values() if leaf is not None]
    if "bytes" in names or len(names) > MOST_NAMES or all(isinstance(leaf, list) for leaf in leaves):
        return False
    if key in _LABELS and names & _NAMES:
        return False
    numbers = all(isinstance(leaf, (bool, int, float)) for leaf in leaves)
    return not numbers or (key not in _LABELS and any(_plain(name) in _LABELS for name in names))


def _answers(key: Any, values: list[Record]) -> bool:
    """Whether objects beside a question are answers or passages, which readers of questions know in their nesting."""
    lists = any(isinstance(leaf, list) for value in values for leaf in value.values())
    return lists or _OF_QUESTIONS.fullmatch(_plain(key)) is not None


def _plain(name: Any) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())
