"""The seal of a file: the SHA-256 of its content, written into the content itself.

The digits of the seal count as zeros while the hash is taken. So a JSON object (its last key) and a Parquet table (the
last entry of its metadata) can carry it, stay readable to any program, and are replaced together with it in one step.
Files of earlier versions have none and pass: what reads them checks their form.
"""

from __future__ import annotations

import hashlib
import re

NAME = "seal"
BLANK = "0" * 64
#: As a key of JSON, whose quotes no text inside can have, and as an entry of Parquet's metadata with its lengths.
_SEAL = re.compile(rb'(?:"seal": "|\x18\x04seal\x18\x40)([0-9a-f]{64})')
#: Where a seal is looked for: it is written last, and what a user's text says before it must not count.
_TAIL_BYTES = 16_384


def sealed(content: bytes) -> bytes:
    """The content with its seal in place of the blank one at its end.

    >>> holds(sealed(b'{"a": 1, "seal": "' + BLANK.encode() + b'"}'))
    True
    """
    start, _ = _place(content) or (len(content), 0)
    if content[start : start + len(BLANK)] != BLANK.encode():
        raise ValueError("The content has no blank seal.")
    return content[:start] + _digest(content, start) + content[start + len(BLANK) :]


def holds(content: bytes) -> bool:
    """Whether the content is the one that was sealed; also true where it has no seal."""
    place = _place(content)
    return place is None or content[place[0] : place[1]] == _digest(content, place[0])


def _place(content: bytes) -> tuple[int, int] | None:
    """Where the digits of the last seal begin and end."""
    offset = max(0, len(content) - _TAIL_BYTES)
    seals = list(_SEAL.finditer(content, offset))
    return seals[-1].span(1) if seals else None


def _digest(content: bytes, start: int) -> bytes:
    running = hashlib.sha256(content[:start])
    running.update(BLANK.encode())
    running.update(memoryview(content)[start + len(BLANK) :])
    return running.hexdigest().encode()
