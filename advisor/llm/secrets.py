"""Secrets of an endpoint that must not be repeated: in a message, or in a log of the clients that send them."""

from __future__ import annotations

import logging
from collections.abc import Iterable

#: What stands in a secret's place.
HIDDEN = "..."
#: Shorter texts are too common to be taken out of a sentence, and too short to protect anything.
LEAST_CHARACTERS = 4
#: Loggers that write the addresses of requests, of the client's present and earlier versions.
LOGGERS = ("openai", "openai._base_client", "httpx", "httpx2", "httpcore", "httpcore2")


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets.

    >>> redacted("bad key sk-12345", ["sk-12345", "a"])
    'bad key ...'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= LEAST_CHARACTERS:
            text = text.replace(secret, HIDDEN)
    return text


class _Redacting(logging.Filter):
    """Takes secrets out of what a logger writes, before any handler sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record where it repeats a secret; lets everything through."""
        message = record.getMessage()
        public = redacted(message, self.secrets)
        if public != message:
            record.msg, record.args = public, ()
        return True


_REDACTING = _Redacting()


def keep_out_of_logs(secrets: Iterable[str]) -> None:
    """From now on the clients' loggers leave these out."""
    _REDACTING.secrets |= set(secrets)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_REDACTING)  # once only: adding it again does nothing
