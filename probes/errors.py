"""Errors meant for people: what, where, got, expected, do this. They are shown without a traceback."""

from __future__ import annotations


class PeopleError(Exception):
    """Base of every error a user can cause or mend; the message is one to three plain sentences."""


class ProbeError(PeopleError):
    """A probe was asked for something it cannot measure on this data."""


class BackboneError(PeopleError):
    """An unknown backbone, or weights that cannot be had here."""
