"""The score as it was computed last, kept in the workspace: the tables and the program rarely change."""

from __future__ import annotations

import hashlib
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


def kept_board(progress: Progress = silent) -> Board:
    """The score of the shipped tables, computed in some seconds where neither they nor the program were seen before.

    Raises AdviceError without a complete task.
    """
    if (kept := saved_board()) is not None:
        return kept
    rests_on, scored = digest(), board(progress=progress)
    content = {"rests_on": rests_on, "board": BOARD.dump_python(scored, mode="json")}
    storage.write_json(Workspace.here().score, content)
    return scored


def saved_board() -> Board | None:
    """The score that is kept; None where there is none of these tables and this program."""
    path = Workspace.here().score
    try:
        kept = storage.read_object(path) if path.is_file() else {}
        return BOARD.validate_python(kept["board"]) if kept.get("rests_on") == digest() else None
    except (StorageError, ValidationError):
        return None  # of another version, or damaged: it is computed again


def digest() -> str:
    """A hash of all that the score rests on: the tables, and the code that advises and that scores."""
    tables = sorted(shipped_folder().rglob("*.csv"))
    code = sorted(
        path for package in (advisor.advice, advisor.score) for path in Path(package.__path__[0]).rglob("*.py")
    )
    content = hashlib.sha256()
    for path in (*tables, *code):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()
