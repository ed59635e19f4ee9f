"""`advisor shards`: the frozen rung on Parquet files that are too many for memory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.options import Device, Json
from advisor.cli.output import command, plain


def shards(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Parquet files with images or texts, and labels.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Gets features, head and predictions; goes on where there are some.")
    ],
    backbone: Annotated[str, typer.Option(metavar="NAME", help="As `advisor advise` takes it.")] = "",
    input_size: Annotated[
        int | None, typer.Option(metavar="N", help="Pixels or tokens fed.", show_default="the backbone's own")
    ] = None,
    processes: Annotated[int, typer.Option(metavar="N", min=1, help="Processes that extract features.")] = 1,
    ray: Annotated[bool, typer.Option("--ray", help="Extract with Ray Data, on the cluster of RAY_ADDRESS.")] = False,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Extract features of millions of items shard by shard, fit a head on them, and predict every item."""
    with command(json) as output:
        from advisor.sharded.line import on_shards

        done = on_shards(folder, out, backbone, input_size, device, processes, ray, output.progress)
        facts = {name: value for name, value in vars(done.fitted).items() if name != "head"}
        document = {"out": str(done.out), "predicted": done.n_predicted, "problems": done.problems, **facts}
        output.answer(document, lambda to: to.print("\n".join(map(plain, done.sentences)), markup=False))
