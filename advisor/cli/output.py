"""Where the command's words go: the answer to stdout, everything else to stderr, also what libraries print."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

PLAIN_WIDTH = 120  # of output that goes into a file or a pipe


class Output:
    """The output of one command, as a context: progress while it works, then one answer.

    While the context is open, file descriptor 1 leads to stderr, so that a stray print of a library cannot spoil the
    JSON document; the answer goes through a descriptor of its own.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.stderr = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> Self:
        sys.stdout.flush()
        self._saved = os.dup(1)
        os.dup2(2, 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop_bar()
        sys.stdout.flush()
        os.dup2(self._saved, 1)
        os.close(self._saved)

    def progress(self, sentence: str, share: float) -> None:
        """Show how far the work is: a bar on a terminal, else one line whenever the stage changes."""
        if self.stderr.is_terminal:
            self._draw(plain(sentence), share)
            return
        stage = re.split(r"[:,(]? *\d", sentence)[0]  # "Reading: 120 of 500" is the same stage as "Reading: 240 of 500"
        if stage != self._stage:
            self._stage = stage
            self.note(sentence)

    def note(self, sentence: str) -> None:
        """One line on stderr."""
        self.stderr.print(Text(plain(sentence)))

    def answer(self, document: Any, draw: Callable[[Console], None]) -> None:
        """Print the answer: `document` as JSON where that was asked for, else what `draw` prints."""
        self._stop_bar()
        with _written(), os.fdopen(os.dup(self._saved), "w", encoding="utf-8", errors="backslashreplace") as stdout:
            if self.as_json:
                stdout.write(harmless(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)) + "\n")
            else:
                draw(console(stdout))

    def _draw(self, sentence: str, share: float) -> None:
        if self._bar is None:
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
            self._bar = Progress(*columns, TimeElapsedColumn(), console=self.stderr, transient=True)
            self._task = self._bar.add_task("", total=1.0)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, description=sentence, completed=min(1.0, max(0.0, share)))

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Raise an error of the output, such as a full disk behind ``>``, as a StorageError; a closed pipe stays one."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        from advisor.core.errors import StorageError

        cause = (error.strerror or str(error)).lower()
        raise StorageError(f"The answer could not be written to the output ({cause}). Send it elsewhere.") from error


def console(stream: TextIO) -> Console:
    """A console for the answer; wide where nobody's window limits it."""
    limited = stream.isatty() or "COLUMNS" in os.environ
    return Console(file=stream, highlight=False, width=None if limited else PLAIN_WIDTH)


def plain(text: object) -> str:
    """A text with words from the user's data as one harmless line: control characters could steer the terminal."""
    line = str(text).replace("\n", " ").replace("\t", " ")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def harmless(document: str) -> str:
    """A JSON document whose strings hold no raw control character: JSON lets those above 0x7f stand, terminals obey."""
    return re.sub(r"[\x7f-\x9f]", lambda match: f"\\u{ord(match[0]):04x}", document)


@contextlib.contextmanager
def command(as_json: bool) -> Iterator[Output]:
    """The frame of a command: its output kept apart, Ctrl-C without a traceback."""
    try:
        with Output(as_json) as output:
            yield output
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        raise typer.Exit(130) from None


def agreed(output: Output, question: str, otherwise: str) -> bool:
    """Ask on the terminal; without one the answer is no, with the way to say yes."""
    if not sys.stdin.isatty():
        output.note(f"{otherwise} without being asked.")
        return False
    output.stderr.print(f"{question} [y/N] ", end="", markup=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
