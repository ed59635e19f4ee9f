"""The files below a folder, found with os.scandir; hidden and system files left out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from advisor.core import reach
from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.data.read.names import IMAGE_SUFFIXES, is_junk, is_tools_own, suffix, table_format

#: First bytes of the formats that come without a suffix (JPEG, PNG, GIF, WebP, BMP, TIFF).
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")


@dataclass
class Tree:
    """Files below `root`, as sorted POSIX paths relative to it.

    `unreadable` are folders that cannot be listed; `hidden` are files and folders whose name begins with a dot, but for
    those of an operating system or a known tool, which are no data.
    """

    root: Path
    files: list[str]
    unreadable: list[SetAside] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    @cached_property
    def images(self) -> list[str]:
        """The files that are images by their suffix or, without one, by their first bytes."""
        return [f for f in self.files if (s := suffix(f)) in IMAGE_SUFFIXES or (not s and self._looks_like_image(f))]

    @cached_property
    def tables(self) -> list[str]:
        """The files that are tables by their suffix, also compressed ones."""
        return [f for f in self.files if table_format(f)]

    def _looks_like_image(self, file: str) -> bool:
        try:
            with (self.root / file).open("rb") as stream:
                return stream.read(8).startswith(_MAGIC)
        except OSError:
            return False


def walk(root: Path) -> Tree:
    """List everything below `root`; raises DatasetError when `root` itself cannot be listed."""
    tree = Tree(root, [])
    waiting = [""]
    seen = {os.path.realpath(root)}
    while waiting:
        below = waiting.pop()
        try:
            entries = list(os.scandir(root / below if below else root))
        except OSError as error:
            cause = (error.strerror or "unknown cause").lower()
            if not below:
                raise DatasetError(f"The folder {root} cannot be listed ({cause}). Check its permissions.") from error
            tree.unreadable.append(SetAside(key=below, reason=f"The folder cannot be listed ({cause})."))
            continue
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if is_junk(entry.name):
                if not is_tools_own(entry.name):
                    tree.hidden.append(name)
                continue
            if entry.is_symlink() and (reason := _refused(entry.path)):
                tree.unreadable.append(SetAside(key=name, reason=reason))
            elif entry.is_dir():
                if not entry.is_symlink() or _first_visit(entry.path, seen):
                    waiting.append(name)
            elif entry.is_file() or entry.is_symlink():  # a broken link is listed, then set aside when it is opened
                tree.files.append(name)
    tree.files.sort()
    return tree


def _refused(path: str) -> str:
    """Why a link is not followed; "" where it may be."""
    if not reach.may_open(path):
        return "It is a link to a place outside the folders that the dashboard reads."
    return "It is a link to a device, a pipe or a socket." if reach.is_special(path) else ""


def _first_visit(path: str, seen: set[str]) -> bool:
    """Whether a linked folder is new; links that lead round in a circle would never end."""
    real = os.path.realpath(path)
    if real in seen or any(known.startswith(real + os.sep) for known in seen):
        return False
    seen.add(real)
    return True
