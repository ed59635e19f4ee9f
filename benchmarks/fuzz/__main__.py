"""`make fuzz`: feed each reader with generated and mutated inputs; print what broke, and how to see it again.

``python -m benchmarks.fuzz json parquet --minutes 10`` takes some readers only. Half of the time goes to atheris where
it is installed (``pip install -e ".[fuzz]"``), the rest to hypothesis. Inputs that break a reader lie in build/fuzz.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from benchmarks.fuzz.engine import Session, by_atheris, by_hypothesis
from benchmarks.fuzz.readers import READERS, Reader

FOLDER = Path("build/fuzz")
#: Exit status of a worker whose reader broke; another one is the fuzzer's own trouble.
FAILED = 3
_ENGINES = {"hypothesis": by_hypothesis, "atheris": by_atheris}


def main() -> int:
    """Run the command; the exit status is 1 where something broke."""
    given = _arguments()
    if given.again:
        return _again(Path(given.again))
    readers = [_reader(name) for name in given.readers or [reader.name for reader in READERS]]
    if given.engine:
        return _worked(readers[0], given.engine, 60 * given.minutes)
    engines = ["hypothesis", "atheris"] if importlib.util.find_spec("atheris") else ["hypothesis"]
    broken = 0
    for reader in readers:
        for engine in engines:
            command = [sys.executable, "-m", "benchmarks.fuzz", reader.name, "--engine", engine]
            process = subprocess.run(
                [*command, "--minutes", str(given.minutes / len(engines))],
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            if process.returncode not in (0, FAILED):
                print(
                    f"{reader.name}: {engine} ended with status {process.returncode}\n{process.stderr[-1500:]}",
                    flush=True,
                )
            broken += process.returncode != 0
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help=", ".join(reader.name for reader in READERS))
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("--again", metavar="FILE", help="feed one kept input to its reader, with the traceback")
    parser.add_argument("--engine", choices=list(_ENGINES), help=argparse.SUPPRESS)
    return parser.parse_args()


def _reader(name: str) -> Reader:
    for reader in READERS:
        if reader.name == name:
            return reader
    sys.exit(f"There is no reader called {name!r}. There are {', '.join(reader.name for reader in READERS)}.")


def _worked(reader: Reader, engine: str, seconds: float) -> int:
    import atexit

    session = Session(reader, FOLDER / reader.name)

    def said() -> None:
        print(f"{reader.name}: {session.n_inputs:,} inputs by {engine}, {len(session.failures)} failures", flush=True)
        session.close()

    atexit.register(said)
    _ENGINES[engine](session, seconds)
    return FAILED if session.failures else 0


def _again(path: Path) -> int:
    import tempfile

    from benchmarks.fuzz.readers import checked

    with tempfile.TemporaryDirectory() as folder:
        checked(_reader(path.parent.name).feed, path.read_bytes(), Path(folder))
    print(f"{path} broke nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
