"""`advisor climb`: rungs trained one after the other, until held-out items show that it is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.options import Backbone, Device, Json, PathArgument, Reading, Target, reads_data
from advisor.cli.output import Output, command
from advisor.cli.train import INTERRUPTED, ctrl_c

if TYPE_CHECKING:
    from advisor.core.records import Climb


@reads_data
def climb(
    path: PathArgument,
    reading: Reading,
    target: Target = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="Stop where a higher rung is not expected to bring more than this for each step; 0 tries all that may "
            "be better.",
            show_default="advised",
        ),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds for all runs together.", show_default="300")
    ] = None,
    rungs: Annotated[
        str | None, typer.Option(metavar="LIST", help="The allowed rungs.", show_default="advised")
    ] = None,
    backbone: Backbone = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Everything random in the runs follows from it.")] = 0,
    detach: Annotated[bool, typer.Option("--detach", help="Start the climb and return at once.")] = False,
    json: Json = False,
) -> None:
    """Train frozen features, then fine-tuning if needed; stop when held-out items show that it is enough."""
    with command(json) as output:
        from advisor import api
        from advisor.advice.climb_words import plan_sentence

        dataset = api.read(path, **reading, progress=output.progress)
        for note in dataset.notes:
            output.note(note)
        begun = api.climb(
            dataset, target=target, tolerance=tolerance, budget=budget, rungs=rungs, backbone=backbone, device=device,
            seed=seed, detach=True, progress=output.progress,
        )  # fmt: skip
        run = begun.steps[-1].run
        try:
            with ctrl_c() as check:
                output.note(plan_sentence(begun))
                _report(output, begun if detach else _followed(output, begun, check))
        except KeyboardInterrupt:  # its runs are in sessions of their own and have not noticed
            output.note("The climb goes on without this command.")
            output.note(f"To see it: advisor runs show {run}    To stop it: advisor runs stop last")
            raise typer.Exit(INTERRUPTED) from None


def _followed(output: Output, begun: Climb, check: Callable[[], None]) -> Climb:
    """Show the progress of each run, and each step's outcome as soon as it has ended, until the climb has."""
    from advisor.advice.climb_words import step_words
    from advisor.cli.show_runs import moment
    from advisor.runs import store
    from advisor.runs.follow import follow_climb

    n_told = 0
    for climb in follow_climb(begun.climb):
        check()
        for step in [step for step in climb.steps if step.seconds is not None][n_told:]:
            output.note(f"{step_words(step)} {step.reason}".strip())
            n_told += 1
        if climb.current is not None:
            status = store.status(climb.current.run)
            words = f"{status.title}: {moment(status, with_eta=output.stderr.is_terminal)}"
            output.progress(words, status.progress)
    return climb


def _report(output: Output, climb: Climb) -> None:
    """Answer with how the climb stands. Raises RunError where a run of it has failed."""
    from advisor.cli import show_climb
    from advisor.core.errors import RunError

    if climb.state == "failed" and climb.kept is None:
        raise RunError(f"The climb failed. {climb.sentence} See: advisor runs show {climb.steps[-1].run}")
    output.answer(show_climb.climb_json(climb), lambda to: show_climb.climb(to, climb))
