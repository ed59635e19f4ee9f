"""How a message names the option that mends something: that of the command and of Python, or the field on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_fields: ContextVar[Mapping[str, str] | None] = ContextVar("fields", default=None)


@contextmanager
def fields(labels: Mapping[str, str]) -> Iterator[None]:
    """Speak of the fields of a page inside: option → its field's label."""
    token = _fields.set(labels)
    try:
        yield
    finally:
        _fields.reset(token)


def with_option(option: str, value: str = "") -> str:
    """The end of a sentence that says by which option something is chosen; value: what to give it, if known.

    >>> with_option("label_column")
    'with the option label_column (--label-column)'
    >>> with_option("text_column", "'title,body'")
    "with the option text_column (--text-column 'title,body')"
    >>> with fields({"label_column": "Label"}):
    ...     with_option("label_column")
    'in the field “Label”'
    """
    labels = _fields.get()
    if labels is not None and option in labels:
        return f"in the field “{labels[option]}”"
    named = f"--{option.replace('_', '-')}"
    return f"with the option {option} ({named}{f' {value}' if value else ''})"
