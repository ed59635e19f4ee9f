"""Which local paths may be opened: where others can name paths, only those below configured folders.

Context: the person at the command line reads whatever the system lets them, so nothing is limited there. The dashboard
takes paths from whoever reached it, and so do the tables that they bring; it calls `limit` once, before the first page.
Symbolic links are followed before a path is judged.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.wording import listed

#: Trees of the system that hold no files of anybody's.
SYSTEM = ("/proc", "/sys", "/dev")

Roots = Callable[[], tuple[str, ...]]
_roots: Roots | None = None


def limit(roots: Roots | None) -> None:
    """Limit every later reading in this process to what lies below the folders that `roots()` names; None lifts it."""
    global _roots
    _roots = roots


def allowed() -> tuple[str, ...] | None:
    """The folders that the caller may read; None where nothing is limited."""
    return None if _roots is None else _roots()


def resolved(folders: Iterable[str | Path]) -> tuple[str, ...]:
    """Folders as `limit` takes them: absolute, without links."""
    return tuple(dict.fromkeys(os.path.realpath(os.path.expanduser(folder)) for folder in folders))  # noqa: PTH111


def within(path: str | Path, *folders: str | Path) -> bool:
    """Whether a path, its links followed, is one of the folders (without links) or lies below one."""
    real = os.path.realpath(path)
    return any(real == str(top) or real.startswith(str(top).rstrip(os.sep) + os.sep) for top in folders)


def may_open(path: str | Path) -> bool:
    """Whether a path may be opened here, whether or not it exists."""
    if _roots is None:
        return True
    try:
        real = os.path.realpath(path)
    except ValueError:  # a zero inside
        return False
    named = Path(os.path.abspath(path))  # noqa: PTH100 (links are to stay)
    if any(named.is_relative_to(tree) for tree in SYSTEM):
        return False
    return within(real, *_roots()) and not within(real, *SYSTEM)


def is_special(path: str | Path) -> bool:
    """Whether a path is a device, a pipe or a socket: opening one can wait forever or never end."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (100,000 Path objects are slow)
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def check(text: str) -> None:
    """Raise DatasetError for a path that may not be opened; nothing is told about what is there."""
    if _roots is None:
        return
    network = text.replace("\\", "/").startswith("//")  # looking at a share of Windows signs in at its server
    path = os.path.expanduser(text)  # noqa: PTH111 (Path raises on an unknown ~user)
    if not network and may_open(path):
        return
    raise DatasetError(
        f"{text} lies outside {bounds()}. Upload the data, or start the dashboard with --root and the folder."
    )


def bounds() -> str:
    """The folders that may be read here, in words that follow "lies outside"."""
    roots = _roots() if _roots is not None else ()
    return "the folders that this dashboard reads" + (f": {listed(roots, 6)}" if roots else ", as it reads none")
