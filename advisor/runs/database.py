"""The SQLite file that lists the runs: made once, in WAL mode, and made again from the run folders where it is damaged.

The folders hold everything that the table does, but for the order of the queue. So a table that is gone or cannot be
read costs nothing: the file is set aside under another name, and `advisor.runs.recovery` reads the folders.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from advisor.core import disk
from advisor.core.errors import StorageError
from advisor.core.workspace import Workspace
from advisor.runs import recovery

T = TypeVar("T")
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, rung TEXT NOT NULL, dataset_name TEXT NOT NULL, device TEXT NOT NULL, created TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, cause TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS runs_state ON runs (state);
PRAGMA user_version = 1;
"""
VERSION = 1
COLUMNS = ("run", "rung", "dataset_name", "device", "created", "state", "attempts", "cause")
#: What SQLite says of a file that is no database, is cut or has no such table; a locked or full disk is none of these.
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR)
BUSY_SECONDS = 20.0


def using(work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` gives from a connection on which each statement commits by itself; a damaged file is mended first.

    Raises StorageError where the file cannot be opened, is of a later version, or stays locked.
    """
    path = Workspace.here().store
    try:
        try:
            return _once(path, work)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            _mend(path)
            return _once(path, work)
    except (sqlite3.Error, OSError) as error:
        cause = disk.of_database(path, error) if isinstance(error, sqlite3.Error) else disk.explained(error)
        if cause is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                return _from_folders(work)
        raise StorageError(
            cause
            or f"The list of runs {path} cannot be used ({error}). Check that the disk has room and the file can be "
            f"written, then try again. The run folders beside it are kept."
        ) from error


def _from_folders(work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` reads from a list that is made of the run folders and kept nowhere; it must not write.

    So the runs of a workspace on a full or read-only disk can still be seen. Raises sqlite3.OperationalError for a
    write.
    """
    rows = recovery.rows(Workspace.here().runs)
    with contextlib.closing(_connected(Path(":memory:"))) as database:
        database.executescript(SCHEMA)
        insert(database, rows)
        database.execute("PRAGMA query_only = ON")
        return work(database)


def _once(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    with contextlib.closing(_connected(path)) as database:
        if _version(database) != VERSION:
            _create(database, path)
        return work(database)


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    database.row_factory = sqlite3.Row
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _create(database: sqlite3.Connection, path: Path) -> None:
    """Create the table once, with a row for each run folder there is, under a lock.

    Two processes that switch to WAL at the same moment would fail.
    """
    with FileLock(f"{path}.lock"):
        version = _version(database)
        if version == 0:
            rows = recovery.rows(Workspace.here().runs)
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)
            insert(database, rows)
        elif version != VERSION:
            raise StorageError(
                f"{path} has version {version}, and this program reads version {VERSION}. Update Transfer Advisor."
            )


def insert(database: sqlite3.Connection, rows: list[recovery.Row]) -> None:
    """Add rows; those whose run is known already are left out."""
    marks = ", ".join("?" for _ in COLUMNS)
    database.executemany(
        f"INSERT OR IGNORE INTO runs ({', '.join(COLUMNS)}) VALUES ({marks})",
        [tuple(dict(row)[column] for column in COLUMNS) for row in rows],
    )


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in DAMAGED  # the low byte is the kind


def _mend(path: Path) -> None:
    """Set a damaged file aside, unless another process has just done so."""
    with FileLock(f"{path}.lock"):
        if _is_sound(path):
            return
        name = f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}"
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_name(name))
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong in the file, and the table has its columns."""
    try:
        with contextlib.closing(_connected(path)) as database:
            words = database.execute("PRAGMA quick_check").fetchone()[0]
            names = {str(entry["name"]) for entry in database.execute("PRAGMA table_info(runs)")}
    except sqlite3.DatabaseError:
        return False
    return bool(words == "ok") and names >= set(COLUMNS)
