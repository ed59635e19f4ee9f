"""Small JSON files that keep what was measured on this machine; a failing disk loses the note, not the answer."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def read_note(path: Path) -> Any:
    """The content of a note; None when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_note(path: Path, content: Any) -> None:
    """Write a note in one step: readers see the old one or the new one. Errors of the disk are ignored."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
