"""Feeding one reader for a while: by atheris, led by the lines that an input reaches, and by hypothesis.

Every input has a bound of processor time and of memory. A failure is kept once for each place where it arose. What is
fed lies in a folder in memory, with the tally of it, as an input may end the process and atheris ends it by itself.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from random import Random
from types import FrameType, TracebackType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.fuzz.inputs import TOKENS, contents, edited, flipped
from benchmarks.fuzz.readers import Broken, Reader, checked
from benchmarks.fuzz.seeds import seeds
from benchmarks.fuzz.tally import Tally

#: Seconds of the processor that an input may take, and so many more for each 100 kB; memory likewise, in bytes.
MOST_SECONDS, SECONDS_EACH = 10.0, 1.0
MOST_MEMORY, MEMORY_EACH = 600_000_000, 20_000_000
#: Beyond so many bytes an allocation fails, so that no input takes the machine along.
ALL_MEMORY = 6_000_000_000
_PER = 100_000
#: The workspace is emptied after so many inputs.
_SWEEP = 200
#: The share of the time that is left for drawn inputs after seeds with one byte flipped.
DRAWN_SHARE = 0.6
#: So many inputs are edited from one that hypothesis drew.
N_EDITED = 8
#: The longest input that atheris makes.
_LONGEST = 8_192
OWN = ("advisor", "probes", "benchmarks")
#: Packages in which atheris sees the lines reached: ours, and the parsers written in Python that are ours to choose.
LED_BY = ["advisor", "probes", "pypdf", "chardet"]


class TooSlow(BaseException):
    """An input took more of the processor than it may. No reader's `except Exception` holds it up."""


class Session:
    """One reader that is fed, the inputs so far, and the failures: place to the file that shows it."""

    def __init__(self, reader: Reader, folder: Path, scratch: Path) -> None:
        self.reader, self.folder, self.scratch = reader, folder, scratch
        self.tally = Tally(scratch)
        self.n_inputs = self.tally.n_inputs
        self.failures = self.tally.failures()
        os.environ["ADVISOR_HOME"] = str(scratch / "home")

    def feed(self, content: bytes) -> str:
        """Feed the reader once; where and how it failed, "" where all held."""
        self.n_inputs += 1
        self.tally.begins(self.n_inputs, content)
        place = self.scratch / "input"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if self.n_inputs % _SWEEP == 0:
            shutil.rmtree(self.scratch / "home", ignore_errors=True)
        try:
            _bounded(self.reader, content, place)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # pyo3 panics are no Exceptions
            said = "".join(traceback.format_exception_only(error)).strip()[:300]
            return self.keep(f"{type(error).__name__} {_place(error.__traceback__)}", said, content)
        return ""

    def feed_seeds(self) -> None:
        """Feed what must not break the reader."""
        for name in self.reader.seeds:
            for seed in seeds(name):
                self.feed(seed)

    def keep(self, where: str, said: str, content: bytes) -> str:
        """Keep the first input that broke a place, and print how to see it again. Returns the place."""
        if where not in self.failures:
            path = self.folder / f"{hashlib.blake2b(content, digest_size=6).hexdigest()}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.failures[where] = path
            self.tally.failed(where, path)
            print(f"{self.reader.name}: {where}: {said}\n    python -m benchmarks.fuzz --again {path}", flush=True)
        return where


def by_hypothesis(session: Session, seconds: float) -> None:
    """Feed seeds, then seeds with one byte flipped, then what hypothesis draws and mutates, until the time is over."""
    until = time.monotonic() + seconds
    chance = Random(time.time_ns())
    session.feed_seeds()
    for content in flipped(session.reader.seeds, chance):
        if time.monotonic() > until - seconds * DRAWN_SHARE:
            break
        session.feed(content)

    @settings(
        max_examples=40, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(contents(session.reader.seeds))
    def fed(content: bytes) -> None:
        for n in range(1 + N_EDITED):
            if time.monotonic() < until:
                session.feed(edited(content, chance) if n else content)

    while time.monotonic() < until:
        fed()


def by_atheris(session: Session, seconds: float) -> None:
    """Let atheris lead; it ends the process by itself. Raises ImportError where it is not installed.

    What it found to reach further lies in the folder's ``corpus`` for the next time.
    """
    import atheris

    until = time.monotonic() + seconds
    with atheris.instrument_imports(include=LED_BY):
        session.feed_seeds()
    corpus, sound = session.folder / "corpus", session.scratch / "seeds"
    for folder in (corpus, sound):
        folder.mkdir(parents=True, exist_ok=True)
    for name in session.reader.seeds:
        for number, seed in enumerate(seeds(name)):
            (sound / f"{name}-{number}").write_bytes(seed)
    words = session.scratch / "words"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS if len(token) <= 32))

    def fed(content: bytes) -> None:
        session.feed(content)

    left = max(1, int(until - time.monotonic()))
    options = [f"-max_total_time={left}", f"-max_len={_LONGEST}", "-rss_limit_mb=0", "-timeout=100000", "-verbosity=0"]
    options += [f"-handle_{signal_name}=0" for signal_name in ("segv", "bus", "abrt", "ill", "fpe")]  # faulthandler's
    options += [f"-dict={words}", f"-artifact_prefix={session.scratch}/", str(corpus), str(sound)]
    atheris.Setup([sys.argv[0], *options], fed)
    atheris.Fuzz()


def bound_memory() -> None:
    """Let allocations fail beyond ``ALL_MEMORY`` in this process."""
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (ALL_MEMORY if most < 0 else min(ALL_MEMORY, most), most))


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


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
