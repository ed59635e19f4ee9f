"""Records of a JSON file on their way to a table: objects, refusals with a reason, and objects inside objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from advisor.core.errors import DatasetError
from advisor.core.wording import listed

#: Keys under which exports keep an item's own fields.
_WRAPPERS = frozenset("data fields row record _source attributes item example input inputs payload properties".split())
_LABELS = frozenset("label class category intent sentiment target".split())
_NAME_KEYS = ("name", "value", "label", "title")


class AnnotationsError(DatasetError):
    """A file of a known annotation program that does not give each item one class."""


@dataclass(frozen=True)
class Refusal:
    """A record that is set aside, with the reason as a sentence."""

    reason: str


@dataclass
class Records:
    """Records in the order of the file; `notes` say how they were read.

    ``nested``: the columns that come from objects inside the records. Both are whole once all were iterated over.
    """

    records: Iterable[dict[Any, Any] | Refusal]
    notes: list[str] = field(default_factory=list)
    header: tuple[str, ...] = ()
    nested: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[dict[Any, Any] | Refusal]:
        return iter(self.records)


def flat(record: dict[Any, Any]) -> dict[Any, Any]:
    """A record with the fields of a wrapper beside its own, and a label's name in the place of its description.

    >>> flat({"data": {"text": "a"}, "label": {"id": 3, "name": "x"}})
    {'text': 'a', 'label': 'x'}
    """
    if not any(isinstance(value, dict) for value in record.values()):
        return record
    result: dict[Any, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and key in _WRAPPERS and value:
            for name, inner in value.items():
                result[f"{key}.{name}" if name in record or name in result else name] = inner
        elif isinstance(value, dict) and key in _LABELS and (name := _name_in(value)) is not None:
            result[key] = name
        else:
            result[key] = value
    return result


def _name_in(value: dict[Any, Any]) -> Any:
    return next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), (str, int))), None)


def one_label(names: Iterable[Any], what: str) -> Any | Refusal:
    """The only one of an item's labels, "" for none, else a refusal that names them. what: such as "image"."""
    different = list(dict.fromkeys(str(name) for name in names if name is not None))
    if len(different) > 1:
        return Refusal(f"The {what} has several labels: {listed(different, 3)}.")
    return different[0] if different else ""


def is_scalar(value: Any) -> bool:
    """Whether a JSON value is no list and no object."""
    return not isinstance(value, (list, dict))
