"""The command `advisor`: the line's functions as commands. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from advisor import __version__
from advisor.cli.advise import add_advice_commands
from advisor.cli.ask import add_question_commands
from advisor.cli.bench import add_bench_commands
from advisor.cli.machine import add_machine_commands
from advisor.cli.options import (
    Backbone,
    Budget,
    Device,
    Json,
    PathArgument,
    Reading,
    RunArgument,
    RungChoice,
    reads_data,
)
from advisor.cli.output import Output, command
from advisor.cli.prompt import prompt
from advisor.cli.record import add_record_command

if TYPE_CHECKING:
    from advisor.core.records import RunStatus

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="How much of a pre-trained model should you change for your data? Measured advice, carried out.",
)


@app.callback(invoke_without_command=True)
def _about(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"transfer-advisor {__version__}")
        raise typer.Exit()


@app.command()
@reads_data
def profile(path: PathArgument, reading: Reading, json: Json = False) -> None:
    """Show what is in a dataset and what is wrong with it."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show as cli_show

        dataset = api.read(path, **reading, progress=output.progress)
        found = api.profile(dataset, progress=output.progress)
        output.answer(cli_show.profile_json(dataset, found), lambda to: cli_show.profile(to, dataset, found))


@app.command()
@reads_data
def probe(
    path: PathArgument,
    reading: Reading,
    target: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Say how many labels the frozen rung needs for it.")
    ] = None,
    backbone: Backbone = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Measure a dataset under a backbone, without training anything large."""
    with command(json) as output:
        from advisor import api
        from advisor.advice.wishes import checked_budget, checked_target
        from advisor.cli import show as cli_show

        checked_target(target)
        checked_budget(budget)
        dataset = api.read(path, **reading, progress=output.progress)
        found = api.probe(dataset, backbone=backbone, budget=budget, progress=output.progress)
        needed = api.labels_needed(dataset, target, backbone=backbone, budget=budget) if target is not None else None
        output.answer(
            cli_show.evidence_json(dataset, found, needed), lambda to: cli_show.evidence(to, dataset, found, needed)
        )


@app.command()
@reads_data
def issues(
    path: PathArgument,
    reading: Reading,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write every item on a list to this CSV file.")
    ] = None,
    backbone: Backbone = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Show which labels look wrong, which items are odd, and what simple properties give the classes away."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_issues as show

        dataset = api.read(path, **reading, progress=output.progress)
        found = api.probe(dataset, backbone=backbone, budget=budget, progress=output.progress)
        table = show.rows(dataset, found)
        if csv is not None:
            output.note(f"Wrote {show.write(table, csv)}.")
        output.answer(show.issues_json(dataset, found, table), lambda to: show.issues(to, dataset, found, table))


@app.command()
@reads_data
def train(
    path: PathArgument,
    reading: Reading,
    rung: Annotated[RungChoice, typer.Option(help="The rung to carry out; auto takes the advice.")] = RungChoice.auto,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds for the whole run.", show_default="300")
    ] = None,
    backbone: Backbone = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Everything random in the run follows from it.")] = 0,
    launcher: Annotated[
        str, typer.Option(metavar="NAME", help="local, torchrun (the devices or cores of a machine) or ray.")
    ] = "local",
    processes: Annotated[
        int | None, typer.Option(metavar="N", help="How many processes train together.", show_default="1 or 2")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start the run and return at once.")] = False,
    json: Json = False,
) -> None:
    """Carry out a rung in a process of its own, and report on the locked test part."""
    with command(json) as output:
        from advisor import api

        dataset = api.read(path, **reading, progress=output.progress)
        made = api.plan(
            dataset, rung=rung.value, budget=budget, backbone=backbone, device=device, seed=seed, launcher=launcher,
            processes=processes, progress=output.progress,
        )  # fmt: skip
        run = api.start(made)
        try:
            with ctrl_c() as check:
                output.note(f"Run {run} has started.")
                _report(output, run, wait=not detach, check=check)
        except KeyboardInterrupt:  # the run is in a session of its own and has not noticed
            output.note(f"Run {run} goes on without this command.")
            output.note(f"To see it: advisor runs show {run}    To stop it: advisor runs stop {run}")
            raise typer.Exit(130) from None


@contextlib.contextmanager
def ctrl_c() -> Iterator[Callable[[], None]]:
    """A function to be called while waiting: it raises KeyboardInterrupt again where a library has swallowed one."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def _report(output: Output, run: str, wait: bool, check: Callable[[], None] = lambda: None) -> None:
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


@app.command()
def predict(
    run: RunArgument,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Image files, texts or questions; - reads one a line from stdin."),
    ],
    device: Device = "cpu",
    json: Json = False,
) -> None:
    """Label new images or texts with the model of a finished run, or answer questions with it."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_answers, show_runs
        from advisor.rungs.saved.answering import Answerer

        asked = [entry for given in inputs for entry in (_stdin() if given == "-" else [given])]
        model = api.load(run, device=device)
        if isinstance(model, Answerer):
            given = model.answer(asked, output.progress)
            output.answer(show_answers.answers_json(given), lambda to: show_answers.answers(to, given))
            return
        answers = model.predict(list(asked))
        document = [{"input": a.input, "label": a.label, "probability": a.probability} for a in answers]
        output.answer(document, lambda to: show_runs.predictions(to, answers))


def _stdin() -> list[str]:
    return [text.rstrip("\n") for text in sys.stdin if text.strip()]


add_advice_commands(app)
add_bench_commands(app)
add_question_commands(app)
add_record_command(app)
app.command()(prompt)
add_machine_commands(app)


def main() -> None:
    """Run the command; failures meant for people are one sentence on stderr and status 1."""
    from probes.errors import PeopleError

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app()
    except PeopleError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        print(
            f"Error: a fault of the program ({type(error).__name__}). Please report the lines above.", file=sys.stderr
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
