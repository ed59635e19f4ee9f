"""The score as it was computed last: shipped beside the tables, and kept in the workspace once the program differs.

A page shows the shipped score wherever its tables are those at hand, so that it opens at once; a slow test computes it
anew. Who asks for the score of this very program (`kept_board`) gets the shipped one only where the code is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import advisor.advice
import advisor.score
from advisor.advice.outlook.experience import shipped_folder
from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.workspace import Workspace
from advisor.score.board import Board, board
from probes.progress import Progress, silent

BOARD = TypeAdapter(Board)
#: The shipped score, beside LadderBench's tables.
SHIPPED = "score.json"


def kept_board(progress: Progress = silent) -> Board:
    """The score of the shipped tables, computed in a minute where neither they nor the program were seen before.

    Raises AdviceError without a complete task.
    """
    rests_on = digest()
    if (kept := _of_program(rests_on)) is not None:
        return kept
    scored = board(progress=progress)
    storage.write_json(Workspace.here().score, _content(scored, rests_on))
    return scored


def saved_board() -> Board | None:
    """The score of this program where it is kept, else the one shipped with the same tables; None without either."""
    return _of_program(digest()) or _read(shipped_folder() / SHIPPED, "tables", digest_of(tables()))


def ship(progress: Progress = silent) -> Path:
    """Write the score beside LadderBench's tables; returns the file."""
    path, content = shipped_folder() / SHIPPED, _content(kept_board(progress), digest())
    storage.write_bytes(path, json.dumps(content, separators=(",", ":")).encode() + b"\n")
    return path


def digest() -> str:
    """A hash of all that the score rests on: the tables, and the code that advises and that scores."""
    packages = (advisor.advice, advisor.score)
    code = sorted(path for package in packages for path in Path(package.__path__[0]).rglob("*.py"))
    return digest_of([*tables(), *code])


def tables() -> list[Path]:
    """LadderBench's tables."""
    return sorted(shipped_folder().rglob("*.csv"))


def digest_of(paths: Iterable[Path]) -> str:
    """A hash of the names and contents of files."""
    content = hashlib.sha256()
    for path in paths:
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def _of_program(rests_on: str) -> Board | None:
    """The score of these tables and this program, kept in the workspace or shipped."""
    places = (Workspace.here().score, shipped_folder() / SHIPPED)
    return next((kept for path in places if (kept := _read(path, "rests_on", rests_on)) is not None), None)


def _read(path: Path, name: str, wanted: str) -> Board | None:
    """The score in a file, where what it rests on, by its name there, is what is wanted."""
    try:
        kept = storage.read_object(path) if path.is_file() else {}
        return BOARD.validate_python(kept["board"]) if kept.get(name) == wanted else None
    except (StorageError, ValidationError):
        return None  # of another version, or damaged: it is computed again


def _content(scored: Board, rests_on: str) -> dict[str, object]:
    return {"rests_on": rests_on, "tables": digest_of(tables()), "board": BOARD.dump_python(scored, mode="json")}
