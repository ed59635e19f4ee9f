"""Errors for people: what, where, got, expected, and what to do. They are shown without a traceback."""

from __future__ import annotations


class PeopleError(Exception):
    """Base of every error that a user can cause or fix; the message is one to three plain sentences."""


class ProbeError(PeopleError):
    """A probe was asked for something it cannot measure on this data."""


class BackboneError(PeopleError):
    """An unknown backbone, or weights that are not available here."""


def first_line(error: BaseException) -> str:
    """The first line of another library's error, or its type where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
