"""`advisor advise`, `advisor race` and `advisor exchange`: which rung to take, and what settles a coin toss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.options import (
    Backbone,
    Backbones,
    Budget,
    Device,
    Json,
    PathArgument,
    Reading,
    Target,
    Timings,
    Tolerance,
    Wishes,
    reads_data,
)
from advisor.cli.output import command

if TYPE_CHECKING:
    from rich.console import Console


@reads_data
def advise(
    path: PathArgument,
    reading: Reading,
    wishes: Wishes,
    target: Target = None,
    tolerance: Tolerance = 1.0,
    budget: Budget = 60.0,
    rungs: Annotated[
        str | None, typer.Option(metavar="LIST", help="The allowed rungs, such as frozen,fine-tune. All by default.")
    ] = None,
    backbone: Backbone = None,
    backbones: Backbones = "at-hand",
    timings: Timings = False,
    json: Json = False,
) -> None:
    """Recommend the cheapest rung that will do, with a number and a reason for every rung."""
    with command(json) as output:
        from advisor import api
        from advisor.advice.wishes import checked_goal
        from advisor.cli import show_advice as show
        from advisor.cli import show_timings
        from advisor.core.records import Constraints, Prices
        from advisor.core.stages import times_of
        from probes.timings import watched

        goal: dict[str, Any] = {
            "target": target, "tolerance": tolerance, "budget": budget, "rungs": rungs, "backbone": backbone,
            "backbones": backbones,
            "prices": Prices(**wishes["prices"]), "constraints": Constraints(**wishes["constraints"]),
        }  # fmt: skip
        checked_goal(**goal)
        with watched() as watch:
            dataset = api.read(path, **reading, progress=output.progress)
            advice = api.advise(dataset, **goal, progress=output.progress)
        times = times_of(watch) if timings else ()
        document = show.advice_json(dataset, advice) | show_timings.as_json(dataset, times)

        def draw(to: Console) -> None:
            show.advice(to, dataset, advice)
            show_timings.table_of(to, dataset, times)

        output.answer(document, draw)


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
    """Train the two rungs of a coin toss, and keep the one that is better on validation items."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_advice as show

        dataset = api.read(path, **reading, progress=output.progress)
        race = api.race(dataset, budget=budget, rungs=rungs, device=device, seed=seed, progress=output.progress)
        output.answer(show.race_json(race), lambda to: show.race(to, race))


@reads_data
def exchange(
    path: PathArgument,
    reading: Reading,
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="Seconds for all runs together.")] = 300.0,
    backbone: Backbone = None,
    json: Json = False,
) -> None:
    """Measure how many more labels training from scratch needs to match fine-tuning."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_advice as show

        dataset = api.read(path, **reading, progress=output.progress)
        rate = api.exchange(dataset, budget=budget, backbone=backbone, progress=output.progress)
        output.answer(rate.model_dump(mode="json"), lambda to: show.exchange(to, rate))
