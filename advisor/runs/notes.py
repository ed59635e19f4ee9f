"""What its owner calls a run and says of it: a small file in the run's folder, which no training reads.

A folder that is copied elsewhere takes it along. A run of a former version has none, and one that is damaged says
nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from advisor.core import storage
from advisor.core.errors import RunError
from advisor.core.wording import count
from advisor.core.workspace import RunFiles
from advisor.runs.processes import read_small

MOST_NAME, MOST_NOTE = 80, 4000


@dataclass(frozen=True)
class Notes:
    """``name``: what the run is called, "" for none; ``note``: a text; ``starred``: marked as one of the best."""

    name: str = ""
    note: str = ""
    starred: bool = False


def read(folder: Path) -> Notes:
    """What is noted in a run's folder; nothing where the file is missing or damaged."""
    content = read_small(RunFiles(folder).notes)
    name, note = (value if isinstance(value := content.get(key), str) else "" for key in ("name", "note"))
    return Notes(name[:MOST_NAME], note[:MOST_NOTE], content.get("starred") is True)


def change(folder: Path, *, name: str | None = None, note: str | None = None, starred: bool | None = None) -> Notes:
    """Change what is given and keep the rest; an empty text takes a name or note away.

    Raises RunError for a text that is too long, StorageError where the folder cannot be written.
    """
    noted = read(folder)
    if name is not None:
        noted = replace(noted, name=_short_enough(" ".join(name.split()), MOST_NAME, "name"))
    if note is not None:
        noted = replace(noted, note=_short_enough(note.strip(), MOST_NOTE, "note"))
    if starred is not None:
        noted = replace(noted, starred=starred)
    storage.write_json(RunFiles(folder).notes, asdict(noted))
    return noted


def _short_enough(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise RunError(f"The {what} has {count(len(text))} characters. Give at most {count(most)}.")
    return text
