"""Small disks for tests: a tmpfs that can be full, hold few files, or be read-only."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """A small disk of its own; the test is skipped where this user may not mount one."""
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a disk takes rights that this user does not have")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def remounted(place: Path, options: str) -> None:
    """Change the options of a small disk, such as ``ro`` or ``size=1m``."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)
