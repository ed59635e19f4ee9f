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
    path, rests_on = Workspace.here().score, digest()
    try:
        kept = storage.read_object(path) if path.is_file() else {}
        if kept.get("rests_on") == rests_on:
            return BOARD.validate_python(kept["board"])
    except (StorageError, ValidationError):
        pass  # of another version, or damaged: it is computed again
    scored = board(progress=progress)
    storage.write_json(path, {"rests_on": rests_on, "board": BOARD.dump_python(scored, mode="json")})
    return scored


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
