"""`advisor profile`, `advisor probe` and `advisor issues`: what is in a dataset, what it measures, what is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.options import Backbone, Backbones, Budget, Json, PathArgument, Reading, reads_data
from advisor.cli.output import command


@reads_data
def profile(path: PathArgument, reading: Reading, json: Json = False) -> None:
    """Show what is in a dataset and what is wrong with it."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show

        dataset = api.read(path, **reading, progress=output.progress)
        profile = api.profile(dataset, progress=output.progress)
        output.answer(show.profile_json(dataset, profile), lambda to: show.profile(to, dataset, profile))


@reads_data
def probe(
    path: PathArgument,
    reading: Reading,
    target: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Also say how many labels the frozen rung needs to reach it.")
    ] = None,
    backbone: Backbone = None,
    backbones: Backbones = "at-hand",
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Measure a dataset under a backbone, without training anything large."""
    with command(json) as output:
        from advisor import api
        from advisor.advice.wishes import checked_budget, checked_target
        from advisor.cli import show

        checked_target(target)
        checked_budget(budget)
        dataset = api.read(path, **reading, progress=output.progress)
        evidence = api.probe(dataset, backbone=backbone, backbones=backbones, budget=budget, progress=output.progress)
        needed = (
            api.labels_needed(dataset, target, backbone=evidence.backbone, budget=budget)
            if target is not None
            else None
        )
        output.answer(
            show.evidence_json(dataset, evidence, needed), lambda to: show.evidence(to, dataset, evidence, needed)
        )


@reads_data
def issues(
    path: PathArgument,
    reading: Reading,
    csv: Annotated[str | None, typer.Option(metavar="FILE", help="Write every listed item to this CSV file.")] = None,
    backbone: Backbone = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Show which labels look wrong, which items are odd, and what simple properties give the classes away."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_issues as show

        dataset = api.read(path, **reading, progress=output.progress)
        evidence = api.probe(dataset, backbone=backbone, budget=budget, progress=output.progress)
        rows = show.rows(dataset, evidence)
        if csv is not None:
            output.note(f"Wrote {show.write(rows, csv)}.")
        output.answer(show.issues_json(dataset, evidence, rows), lambda to: show.issues(to, dataset, evidence, rows))
