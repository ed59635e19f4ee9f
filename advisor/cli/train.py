"""`advisor train` and `advisor predict`: carry out a rung, then use its model."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.options import AUTO, Backbone, Device, Json, PathArgument, Reading, RunArgument, RungName, reads_data
from advisor.cli.output import Output, command
from advisor.core.errors import DatasetError
from advisor.data.read.names import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from advisor.core.records import RunStatus

STDIN = "-"
INTERRUPTED = 130  # the exit status that shells expect after a Ctrl-C


@reads_data
def train(
    path: PathArgument,
    reading: Reading,
    rung: RungName = AUTO,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds for the whole run.", show_default="300")
    ] = None,
    backbone: Backbone = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Everything random in the run follows from it.")] = 0,
    launcher: Annotated[
        str, typer.Option(metavar="NAME", help="local, torchrun (devices or cores of this machine) or ray.")
    ] = "local",
    processes: Annotated[
        int | None, typer.Option(metavar="N", help="How many processes train together.", show_default="1 or 2")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start the run and return at once.")] = False,
    json: Json = False,
) -> None:
    """Train a rung in a process of its own, and report on the locked test part."""
    with command(json) as output:
        from advisor import api

        dataset = api.read(path, **reading, progress=output.progress)
        plan = api.plan(
            dataset, rung=rung, budget=budget, backbone=backbone, device=device, seed=seed, launcher=launcher,
            processes=processes, progress=output.progress,
        )  # fmt: skip
        run = api.start(plan)
        try:
            with ctrl_c() as check:
                output.note(f"Run {run} has started.")
                _report(output, run, wait=not detach, check=check)
        except KeyboardInterrupt:  # the run is in a session of its own and has not noticed
            output.note(f"Run {run} goes on without this command.")
            output.note(f"To see it: advisor runs show {run}    To stop it: advisor runs stop {run}")
            raise typer.Exit(INTERRUPTED) from None


@contextlib.contextmanager
def ctrl_c() -> Iterator[Callable[[], None]]:
    """A function to be called while waiting: it raises KeyboardInterrupt again where a library has swallowed one."""
    signals: list[int] = []

    def note(number: int, frame: object) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if signals:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def _report(output: Output, run: str, wait: bool, check: Callable[[], None]) -> None:
    """Follow a run to its end (or look at it once) and answer with how it stands."""
    from advisor.cli import show_runs
    from advisor.core.errors import RunError
    from advisor.runs import store

    status = _follow(output, run, check) if wait else store.status(run)
    if status.state == "failed":
        raise RunError(f"Run {run} failed. {status.cause} See: advisor runs show {run}")
    output.answer(show_runs.run_json(status), lambda to: show_runs.run(to, status))


def _follow(output: Output, run: str, check: Callable[[], None]) -> RunStatus:
    """Show a run's progress until it has ended."""
    from advisor.cli.show_runs import moment
    from advisor.runs.follow import follow

    for status in follow(run):
        check()
        output.progress(moment(status, with_eta=output.stderr.is_terminal), status.progress)
    return status


def predict(
    run: RunArgument,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Image files, texts or questions; - reads one from each line of stdin."
        ),
    ],
    device: Device = "cpu",
    json: Json = False,
) -> None:
    """Label new images or texts with the model of a finished run, or answer questions with it."""
    with command(json) as output:
        from advisor import api
        from advisor.cli.tasks import shown_task
        from advisor.core.kinds import kind_row

        checked_not_empty(inputs)
        model = api.load(run, device=device)
        if kind_row(model.kind).modality == "text":
            checked_texts([argument for argument in inputs if argument != STDIN], run)
        items = [item for argument in inputs for item in (_stdin() if argument == STDIN else [argument])]
        document, draw = shown_task(model.kind).applied(model, items, output.progress)
        output.answer(document, draw)


def checked_not_empty(inputs: Sequence[str]) -> None:
    """Raise DatasetError for the first input without a character to read."""
    for number, argument in enumerate(inputs, start=1):
        if not argument.strip():
            raise DatasetError(f"Input {number} is empty. Give a text, a question or the path of an image.")


def checked_texts(texts: Sequence[str], run: str) -> None:
    """Raise DatasetError for the first text that is the name of a file or a folder: the name itself would be read.

    What comes from stdin is text, whatever it looks like.
    """
    for text in texts:
        what = _what_is_there(text)
        if what:
            raise DatasetError(
                f"{text} is {what}, and this model would read the name itself as a text. Give texts, or a file "
                f"with one on each line: advisor predict {run} - < FILE. A name that is meant as a text goes the same "
                f"way."
            )


def _what_is_there(text: str) -> str:
    """What a text names on this disk, or seems to name: a folder, a file, an image; empty for any other text."""
    path = Path(text)
    try:
        if path.is_dir():
            return "a folder"
        if path.is_file():
            return "a file"
    except (OSError, ValueError):  # too long for a name, or with a null character
        return ""
    is_name = len(text.split()) == 1 and path.suffix.lower() in IMAGE_SUFFIXES
    return "the name of an image" if is_name else ""


def _stdin() -> list[str]:
    return [line.rstrip("\n") for line in sys.stdin if line.strip()]
