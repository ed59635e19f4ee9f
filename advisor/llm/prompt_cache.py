"""Answers and scores of language models, kept in the workspace: what was asked before costs nothing.

The key is the model's identity with all that was asked, hashed; prompts themselves are not kept, answers are. One
SQLite file, since many small values come and go; the oldest are dropped when it grows over its limit. Each value has a
checksum: SQLite does not notice a byte that changed inside one. A file that is no database any more is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.workspace import Workspace
from probes.chat import ChatModel, Prompt, Reply

LIMIT_BYTES = 100_000_000
#: Raise it whenever the same prompt is read differently.
VERSION = 1
#: Prompts asked before the answers are written: a killed run loses at most these.
AT_ONCE = 64
_ANEW: ContextVar[bool] = ContextVar("asked anew", default=False)


@contextlib.contextmanager
def asked_anew() -> Iterator[None]:
    """Inside, the model is asked although its answer is remembered: what is timed is the model, not the memory."""
    token = _ANEW.set(True)
    try:
        yield
    finally:
        _ANEW.reset(token)


class CachedChatModel:
    """A `ChatModel` that asks another only what it has not been asked before. ``model``: the other."""

    def __init__(self, model: ChatModel, cache: PromptCache | None = None) -> None:
        self.model = model
        self.cache = cache or PromptCache(cache_file())

    @property
    def name(self) -> str:
        """What people call the model."""
        return self.model.name

    @property
    def identity(self) -> str:
        """What its answers depend on besides the prompt."""
        return self.model.identity

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        """As `ChatModel.generate`."""
        keys = [self._key("generate", prompt, max_new_tokens, list(stop)) for prompt in prompts]
        values = self._asked(keys, lambda rows: self._written(prompts, rows, max_new_tokens, stop))
        return [Reply(**json.loads(value)) for value in values]

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        """As `ChatModel.option_log_p`."""
        keys = [self._key("options", prompt, list(options)) for prompt in prompts]
        values = self._asked(keys, lambda rows: self._scored(prompts, rows, options))
        return np.array([np.frombuffer(value) for value in values]).reshape(len(prompts), len(options))

    def _written(
        self, prompts: Sequence[Prompt], rows: Sequence[int], max_new_tokens: int, stop: Sequence[str]
    ) -> list[bytes]:
        replies = self.model.generate([prompts[row] for row in rows], max_new_tokens, stop)
        return [json.dumps(asdict(reply)).encode() for reply in replies]

    def _scored(self, prompts: Sequence[Prompt], rows: Sequence[int], options: Sequence[str]) -> list[bytes]:
        return [row.tobytes() for row in self.model.option_log_p([prompts[row] for row in rows], options)]

    def _asked(self, keys: list[bytes], ask: Callable[[Sequence[int]], list[bytes]]) -> list[bytes]:
        """The values of the keys, in order: remembered ones, and the others asked in runs and written down."""
        known = {} if _ANEW.get() else self.cache.read(keys)
        first: dict[bytes, int] = {}
        for row, key in enumerate(keys):
            if key not in known:
                first.setdefault(key, row)
        rows = list(first.values())
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            new = {keys[row]: value for row, value in zip(some, ask(some), strict=True)}
            self.cache.write(new)
            known |= new
        return [known[key] for key in keys]

    def _key(self, what: str, prompt: Prompt, *request: Any) -> bytes:
        content = json.dumps([VERSION, self.identity, what, asdict(prompt), request], ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()


class PromptCache:
    """The SQLite file with the values; one that cannot be opened or written remembers nothing and says nothing."""

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path, self.limit_bytes = path, limit_bytes

    def read(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values that are there; they count as used now."""
        values: dict[bytes, bytes] = {}
        if not self.path.is_file():
            return values
        with self._forgiving(), self._open() as connection:
            for key in dict.fromkeys(keys):
                row = connection.execute("SELECT value, digest FROM answers WHERE key = ?", (key,)).fetchone()
                if row and row[1] in (None, _checksum(key, bytes(row[0]))):  # former versions wrote none
                    values[key] = bytes(row[0])
            now = time.time()
            connection.executemany("UPDATE answers SET used = ? WHERE key = ?", [(now, key) for key in values])
        return values

    def write(self, values: dict[bytes, bytes]) -> None:
        """Keep the values, and drop those used longest ago when there are too many."""
        with self._forgiving(), self._open() as connection:
            now = time.time()
            rows = [(key, value, now, _checksum(key, value)) for key, value in values.items()]
            connection.executemany(
                "INSERT OR REPLACE INTO answers (key, value, used, digest) VALUES (?, ?, ?, ?)", rows
            )
            self._make_room(connection)

    def used(self) -> int:
        """The bytes that the file takes."""
        return sum(path.stat().st_size for path in self._files() if path.is_file())

    def clear(self) -> int:
        """Delete everything; returns the bytes freed."""
        freed = self.used()
        self._delete()
        return freed

    def _delete(self) -> None:
        for path in self._files():
            if not path.is_dir():
                path.unlink(missing_ok=True)

    def _make_room(self, connection: sqlite3.Connection) -> None:
        (size,) = connection.execute("SELECT COALESCE(SUM(LENGTH(key) + LENGTH(value)), 0) FROM answers").fetchone()
        if size <= self.limit_bytes:
            return
        (n,) = connection.execute("SELECT COUNT(*) FROM answers").fetchone()
        fewer = max(1, int(n * (1 - 0.8 * self.limit_bytes / size)))
        oldest = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY used LIMIT ?)"
        connection.execute(oldest, (fewer,))

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Let trouble with the file cost the memory and not the answer; a damaged file is deleted."""
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                with contextlib.suppress(OSError):
                    self._delete()
        except OSError:
            pass

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call's own, so that threads and processes do not meet; committed at the end."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, value BLOB, used REAL, digest BLOB)"
            )
            if "digest" not in {row[1] for row in connection.execute("PRAGMA table_info(answers)")}:
                connection.execute("ALTER TABLE answers ADD COLUMN digest BLOB")  # of a former version
            with connection:
                yield connection
        finally:
            connection.close()

    def _files(self) -> list[Path]:
        return [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=8, key=key[:32]).digest()


def cache_file() -> Path:
    """Where the workspace keeps them; `advisor cache` shows and clears it."""
    return Workspace.here().answers
