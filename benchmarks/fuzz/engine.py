"""Feeding one reader for a while: by atheris, led by the lines that an input reaches, and by hypothesis.

Every input has a bound of processor time and of memory. A failure is kept once for each place where it arose.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.fuzz.inputs import contents
from benchmarks.fuzz.readers import Broken, Reader, checked
from benchmarks.fuzz.seeds import seeds

#: Seconds of the processor that an input may take, and so many more for each 100 kB; memory likewise, in bytes.
MOST_SECONDS, SECONDS_EACH = 10.0, 1.0
MOST_MEMORY, MEMORY_EACH = 600_000_000, 20_000_000
_PER = 100_000
#: The workspace is emptied after so many inputs.
_SWEEP = 200
OWN = ("advisor", "probes", "benchmarks")


class TooSlow(Exception):
    """An input took more of the processor than it may."""


@dataclass
class Session:
    """The inputs that one reader was fed with, and the failures: place to the file that shows it."""

    reader: Reader
    folder: Path
    n_inputs: int = 0
    failures: dict[str, Path] = field(default_factory=dict)
    scratch: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="fuzz-", dir=_fast())))

    def feed(self, content: bytes) -> str:
        """Feed the reader once; where and how it failed, "" where all held."""
        self.n_inputs += 1
        place = self.scratch / "input"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if self.n_inputs % _SWEEP == 0:
            shutil.rmtree(self.scratch / "home", ignore_errors=True)
        os.environ["ADVISOR_HOME"] = str(self.scratch / "home")
        try:
            _bounded(self.reader, content, place)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # pyo3 panics are no Exceptions
            return self._kept(error, content)
        return ""

    def _kept(self, error: BaseException, content: bytes) -> str:
        where = f"{type(error).__name__} {_place(error.__traceback__)}"
        if where not in self.failures:
            path = self.folder / f"{hashlib.blake2b(content, digest_size=6).hexdigest()}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.failures[where] = path
            said = "".join(traceback.format_exception_only(error)).strip()[:300]
            print(f"{self.reader.name}: {where}: {said}\n    python -m benchmarks.fuzz --again {path}", flush=True)
        return where

    def close(self) -> None:
        """Remove what the inputs were written to."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def by_hypothesis(session: Session, seconds: float) -> None:
    """Feed seeds, then what hypothesis draws and mutates, until the time is over."""
    until = time.monotonic() + seconds
    for name in session.reader.seeds:
        for seed in seeds(name):
            session.feed(seed)

    @settings(
        max_examples=300, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(contents(session.reader.seeds))
    def fed(content: bytes) -> None:
        if time.monotonic() < until:
            session.feed(content)

    while time.monotonic() < until:
        fed()


def by_atheris(session: Session, seconds: float) -> None:
    """Let atheris lead; it ends the process. Raises ImportError where it is not installed."""
    import atheris

    with atheris.instrument_imports(include=["advisor.data"], enable_loader_override=False):
        import advisor.data.reading
    assert advisor.data.reading

    corpus = session.scratch / "corpus"
    corpus.mkdir()
    for name in session.reader.seeds:
        for number, seed in enumerate(seeds(name)):
            (corpus / f"{name}-{number}").write_bytes(seed)

    def fed(content: bytes) -> None:
        session.feed(content)

    options = [f"-max_total_time={int(seconds)}", "-max_len=20000", "-rss_limit_mb=0", "-timeout=100000"]
    options += ["-verbosity=0", f"-artifact_prefix={session.scratch}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], fed)
    atheris.Fuzz()


def _bounded(reader: Reader, content: bytes, folder: Path) -> None:
    parts = len(content) / _PER
    signal.signal(signal.SIGVTALRM, _too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS + SECONDS_EACH * parts)
    try:
        checked(reader.feed, content, folder)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    grown = _PEAK.grown()
    if grown > MOST_MEMORY + MEMORY_EACH * parts:
        raise Broken(f"{len(content):,} bytes took {grown / 1e6:,.0f} MB")


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {MOST_SECONDS:g} s of the processor")


class _Peak:
    """The largest resident memory so far; asked once after each input, as asking takes as long as a small input."""

    n_bytes = 0

    def grown(self) -> int:
        """By how many bytes it has grown; 0 at first, when the program's own libraries were loaded."""
        now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        grown, self.n_bytes = now - (self.n_bytes or now), now
        return grown


_PEAK = _Peak()


def _place(trace: TracebackType | None) -> str:
    """The last of our own lines in a traceback."""
    frames: list[Any] = [
        frame for frame in traceback.extract_tb(trace) if f"{os.sep}.venv{os.sep}" not in frame.filename
    ]
    own = [frame for frame in frames if any(f"{os.sep}{room}{os.sep}" in frame.filename for room in OWN)]
    last = (own or frames)[-1] if frames else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "nowhere"


def _fast() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
