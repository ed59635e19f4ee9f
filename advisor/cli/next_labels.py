"""`advisor next`: which items to label next, and the labels that come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from advisor.cli.options import Backbone, Json, PathArgument, Reading, reads_data
from advisor.cli.output import command
from advisor.core.kinds import kind_row

if TYPE_CHECKING:
    from advisor.core.records import NextLabels
    from advisor.data.versions.grow import Grown

SHOWN, MOST_CHARACTERS = 10, 60


@reads_data
def next_labels(
    path: PathArgument,
    reading: Reading,
    items: Annotated[
        str | None,
        typer.Argument(
            metavar="[ITEMS]",
            help="Unlabelled ones: a folder or archive of images, a table or a file of texts.",
            show_default="those of the dataset without a label",
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", metavar="N", help="How many to choose.", min=1)] = 50,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write them as a table and as a project for Label Studio.")
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The table or the project's export with labels: add them to the dataset."),
    ] = None,
    column: Annotated[str | None, typer.Option(metavar="NAME", help="Of a table, what it holds the items in.")] = None,
    backbone: Backbone = None,
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="For measuring the dataset first.")] = 60.0,
    json: Json = False,
) -> None:
    """Choose the unlabelled items whose labels would help most, or add those that were labelled."""
    with command(json) as output:
        from advisor import api, improving

        dataset = api.read(path, **reading, progress=output.progress)
        if labelled is not None:
            grown = improving.add_labels(dataset, labelled, progress=output.progress)
            output.answer(grown_json(grown), lambda to: show_grown(to, grown))
            return
        chosen = improving.label_next(
            dataset, items, n=n, out=out, column=column, backbone=backbone, budget=budget, progress=output.progress
        )
        document = chosen.model_dump(mode="json", exclude={"schema_version"}) | {"out": str(out) if out else None}
        output.answer(document, lambda to: show(to, chosen, path, out))


def show(to: Console, chosen: NextLabels, path: str, out: Path | None) -> None:
    """The first of the chosen items, what they should bring, and how to go on."""
    from advisor.cli.tables import safe, table

    rows = table("item", "probe's guess", ">probability")
    for one in chosen.items[:SHOWN]:
        name = one.key if kind_row(chosen.kind).modality == "image" else one.item
        rows.add_row(safe(name[:MOST_CHARACTERS]), safe(one.guess[:30]), f"{100 * one.probability:.0f} %")
    to.print(rows)
    if len(chosen.items) > SHOWN:
        to.print(f"… and {len(chosen.items) - SHOWN:,} more.", style="dim")
    for line in chosen.sentences:
        to.print(safe(line))
    if out is None:
        to.print("To write them as files: add --out FOLDER", style="dim", markup=False)
        return
    from advisor.data.labelling import CONFIG, TABLE, TASKS

    to.print(safe(f"Written to {out}: {TABLE}, and {TASKS} with {CONFIG} for Label Studio."), soft_wrap=True)
    to.print(safe(f"When they are labelled: advisor next {path} --labelled {out / TABLE}"), style="dim", soft_wrap=True)


def grown_json(grown: Grown) -> dict[str, Any]:
    """`advisor next --labelled --json`."""
    dataset = grown.dataset
    left_out = [{"key": one.key, "reason": one.reason} for one in grown.left_out]
    named = {"name": dataset.name, "source": dataset.source, "fingerprint": dataset.fingerprint}
    return {**named, "n_added": grown.n_added, "n_used": dataset.n_used, "left_out": left_out}


def show_grown(to: Console, grown: Grown) -> None:
    """What was added, and how to train on it."""
    from advisor.cli.tables import safe

    to.print(safe(grown.sentence))
    for one in grown.left_out[:SHOWN]:
        to.print(safe(f"  {one.key}: {one.reason}"), style="dim")
    source = grown.dataset.source
    to.print(f"Advice and training take it like any dataset: advisor train {source}", style="dim", markup=False)
