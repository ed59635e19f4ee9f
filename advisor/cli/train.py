"""`advisor train`: carry out a rung."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.options import AUTO, Backbone, Device, Json, PathArgument, Reading, RungName, reads_data
from advisor.cli.output import Output, command

if TYPE_CHECKING:
    from advisor.core.records import RunStatus

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
        for note in dataset.notes:
            output.note(note)
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
