"""`make fuzz`: feed each reader with generated and mutated inputs; print what broke, and how to see it again.

``python -m benchmarks.fuzz json parquet --minutes 10`` takes some readers only. Half of the time goes to atheris where
it is installed (``pip install -e ".[fuzz]"``), the rest to hypothesis. Inputs that break a reader lie in build/fuzz.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib.util
import sys
import tempfile
from pathlib import Path

from benchmarks.fuzz.engine import Session, bound_memory, by_atheris, by_hypothesis
from benchmarks.fuzz.readers import READERS, Reader, checked
from benchmarks.fuzz.watch import watched

FOLDER = Path("build/fuzz")
_ENGINES = {"hypothesis": by_hypothesis, "atheris": by_atheris}


def main() -> int:
    """Run the command; the exit status is 1 where something broke."""
    given = _arguments()
    if given.again:
        return _again(Path(given.again))
    readers = [_reader(name) for name in given.readers or [reader.name for reader in READERS]]
    if given.engine:
        faulthandler.enable()
        bound_memory()
        session = Session(readers[0], FOLDER / readers[0].name, Path(given.scratch))
        _ENGINES[given.engine](session, 60 * given.minutes)
        return 0
    engines = ["hypothesis", "atheris"] if importlib.util.find_spec("atheris") else ["hypothesis"]
    seconds = 60 * given.minutes / len(engines)
    results = [watched(reader, engine, FOLDER / reader.name, seconds) for reader in readers for engine in engines]
    return 0 if all(results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help=", ".join(reader.name for reader in READERS))
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("--again", metavar="FILE", help="feed one kept input to its reader, with the traceback")
    parser.add_argument("--engine", choices=list(_ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--scratch", help=argparse.SUPPRESS)
    return parser.parse_args()


def _reader(name: str) -> Reader:
    for reader in READERS:
        if reader.name == name:
            return reader
    sys.exit(f"There is no reader called {name!r}. There are {', '.join(reader.name for reader in READERS)}.")


def _again(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        checked(_reader(path.parent.name).feed, path.read_bytes(), Path(folder))
    print(f"{path} broke nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
