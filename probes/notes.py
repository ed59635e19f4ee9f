"""Small JSON files that keep what was measured on this machine; a failing disk loses the note, not the answer.

A note carries the hash of its content, so that a damaged one is measured again and not believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_CONTENT, _HASH = "content", "sha256"


def read_note(path: Path) -> Any:
    """The content of a note; None when it is missing or damaged. Former versions wrote the bare content."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(note, dict) or set(note) != {_CONTENT, _HASH}:
        return note
    return note[_CONTENT] if note[_HASH] == _hash(note[_CONTENT]) else None


def write_note(path: Path, content: Any) -> None:
    """Write a note in one step: readers see the old one or the new one. Errors of the disk are ignored."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump({_CONTENT: content, _HASH: _hash(content)}, stream, indent=1)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)


def _hash(content: Any) -> str:
    """The SHA-256 of a content, over its JSON with sorted keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
