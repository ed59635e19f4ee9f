"""The errors of the advice side; each message names the thing, the cause and the next step."""

from __future__ import annotations

from probes.errors import BackboneError, PeopleError, ProbeError

__all__ = [
    "AdviceError",
    "BackboneError",
    "DatasetError",
    "EndpointError",
    "PeopleError",
    "ProbeError",
    "ProcessLost",
    "RunError",
    "StorageError",
]


class DatasetError(PeopleError):
    """The input cannot be read as a dataset (missing, empty, one class, unsafe archive ...)."""


class AdviceError(PeopleError):
    """The question cannot be answered as asked (no rung allowed, target out of range ...)."""


class RunError(PeopleError):
    """A run cannot be planned, found, started or loaded."""


class StorageError(PeopleError):
    """The disk is full, a file is damaged, or a record is of an unknown version."""


class ProcessLost(Exception):
    """Another process of a run has gone: no message for people, since the supervisor launches the run afresh."""


class EndpointError(PeopleError):
    """A language model's endpoint is not configured, refuses, does not answer, or would cost more than allowed."""
