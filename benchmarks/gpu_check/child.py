"""One section in a process of its own: its outcomes go into a file, a line of JSON each, as soon as they are known."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

from advisor.core import storage
from benchmarks.gpu_check.check import Check, row


def main() -> None:
    """``child SECTION DEVICE small|full FOLDER FILE``."""
    section, device, size, folder, lines = sys.argv[1:]
    check = Check(device, size == "small", Path(folder))
    module = importlib.import_module(f"benchmarks.gpu_check.{section}")
    started = time.monotonic()
    for outcome in module.figures(check):
        storage.append_line(Path(lines), row(section, outcome, time.monotonic() - started))
        started = time.monotonic()


if __name__ == "__main__":
    main()
