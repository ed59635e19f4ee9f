"""`advisor fix`: correct labels and drop items in a version of a dataset; the dataset's own files stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.options import Backbone, Budget, Json, PathArgument, Reading, reads_data
from advisor.cli.output import command


@reads_data
def fix(
    path: PathArgument,
    reading: Reading,
    suggested: Annotated[
        bool, typer.Option("--suggested", help="Accept every suggestion that is not decided yet, and make a version.")
    ] = False,
    decisions: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Take the decisions of this CSV file (key, decision, new_label) first."),
    ] = None,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the suggestions to this CSV file, to edit and give back.")
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Copy the version to a new folder, or its table to a file that ends in .csv."
        ),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the decisions taken and the versions made; measure nothing.")
    ] = False,
    effect: Annotated[
        bool, typer.Option("--effect", help="Advise on the version and show what it changed, side by side.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Undo what was done last: a version, or the decisions taken last.")
    ] = False,
    backbone: Backbone = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Correct labels and drop items: suggestions, decisions, and a version of the dataset that every command takes."""
    with command(json) as output:
        from advisor import api, fixing
        from advisor.cli import show_fix as show

        dataset = api.read(path, **reading, progress=output.progress)
        if undo:
            undone = fixing.undo(dataset)
            output.note(undone.sentence)
            dataset, listing = undone.dataset, True
        makes = suggested or decisions is not None
        version = dataset if dataset.version is not None and not makes else None
        work = None
        if makes:
            version = fixing.fix(
                dataset, decisions, suggested=suggested, backbone=backbone, budget=budget, progress=output.progress
            )
        elif not (listing or effect or export):
            work = fixing.suggestions(dataset, backbone=backbone, budget=budget, progress=output.progress)
        if csv is not None:
            if work is None:
                work = fixing.suggestions(dataset, backbone=backbone, budget=budget, progress=output.progress)
            output.note(f"Wrote {show.write(work, csv)}.")
        changed = fixing.version_effect(version or dataset, measure=True, progress=output.progress) if effect else None
        if export is not None:
            output.note(f"Wrote {fixing.export_items(version or dataset, Path(export), progress=output.progress)}.")
        output.answer(
            show.fix_json(dataset, version, work, changed), lambda to: show.fix(to, dataset, version, work, changed)
        )
