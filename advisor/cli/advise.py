"""`advisor advise` and `advisor race`: which rung to take, and a race of two between which it is a coin toss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.options import Backbone, Budget, Device, Json, PathArgument, Reading, Wishes, has_wishes, reads_data
from advisor.cli.output import command

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.advice.racing import Race


def add_advice_commands(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(advise)
    app.command()(race)
    app.command()(exchange)


@has_wishes
@reads_data
def advise(
    path: PathArgument,
    reading: Reading,
    wishes: Wishes,
    target: Annotated[float | None, typer.Option(metavar="SHARE", help="The metric you need, such as 0.95.")] = None,
    budget: Budget = 60.0,
    rungs: Annotated[
        str | None, typer.Option(metavar="LIST", help="The rungs allowed, such as frozen,fine-tune. All by default.")
    ] = None,
    backbone: Backbone = None,
    json: Json = False,
) -> None:
    """Recommend the cheapest rung that will do, with a number and a reason for every rung."""
    allowed = rungs.split(",") if rungs is not None else None
    with command(json) as output:
        from advisor import api
        from advisor.advice.wishes import checked_goal
        from advisor.cli import show
        from advisor.core.records import Constraints, Prices

        asked: dict[str, Any] = {
            "target": target, "budget": budget, "rungs": allowed, "backbone": backbone,
            "prices": Prices(**wishes["prices"]), "constraints": Constraints(**wishes["constraints"]),
        }  # fmt: skip
        checked_goal(**asked)
        dataset = api.read(path, **reading, progress=output.progress)
        given = api.advise(dataset, **asked, progress=output.progress)
        output.answer(show.advice_json(dataset, given), lambda to: show.advice(to, dataset, given))


@reads_data
def race(
    path: PathArgument,
    reading: Reading,
    rungs: Annotated[
        str | None, typer.Option(metavar="TWO", help="The two rungs, such as frozen,fine-tune.", show_default="advised")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds for each run.", show_default="300")
    ] = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Everything random in the runs follows from it.")] = 0,
    json: Json = False,
) -> None:
    """Carry out the two rungs of a coin toss, and keep the one that is better on validation items."""
    named = rungs.split(",") if rungs is not None else None
    with command(json) as output:
        from advisor import api

        dataset = api.read(path, **reading, progress=output.progress)
        done = api.race(dataset, budget=budget, rungs=named, device=device, seed=seed, progress=output.progress)
        output.answer(race_json(done), lambda to: show_race(to, done))


@reads_data
def exchange(
    path: PathArgument,
    reading: Reading,
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="Seconds for all runs together.")] = 300.0,
    backbone: Backbone = None,
    json: Json = False,
) -> None:
    """Measure how many labels training from scratch needs for what fine-tuning reaches with fewer."""
    with command(json) as output:
        from advisor import api
        from advisor.cli.tables import safe

        dataset = api.read(path, **reading, progress=output.progress)
        found = api.exchange(dataset, budget=budget, backbone=backbone, progress=output.progress)
        output.answer(found.model_dump(mode="json"), lambda to: to.print(safe(found.sentence)))


def race_json(done: Race) -> dict[str, Any]:
    """`advisor race --json`."""
    fields = {"run", "rung", "metric", "test", "validation", "seconds", "device"}
    return {
        "rungs": list(done.rungs),
        "kept": done.kept,
        "run": done.run,
        "sentence": done.sentence,
        "reports": [report.model_dump(mode="json", include=fields) for report in done.reports],
    }


def show_race(to: Console, done: Race) -> None:
    """The verdict, one line for each run, and how to use the model that is kept."""
    from advisor.cli.tables import between, safe, table
    from advisor.core.wording import duration, percent

    to.print(safe(done.sentence), style="bold")
    shown = table("run", "rung", ">test", "90 % interval", ">took")
    for report in done.reports:
        test = report.test
        shown.add_row(
            report.run, report.title, percent(test.value), between(test.low, test.high), duration(report.seconds)
        )
    to.print(shown)
    to.print(f"Try it: advisor predict {done.run} INPUT", style="dim", markup=False)
