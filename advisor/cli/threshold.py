"""`advisor threshold`: from which probability on a run's model answers, and where it says that it is not sure."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.options import Json, RunArgument
from advisor.cli.output import command


def threshold(
    run: RunArgument,
    right: Annotated[
        str, typer.Option(metavar="SHARE", help="The share of the answers that is to be right, such as 95 or 0.95.")
    ] = "95",
    try_out: Annotated[bool, typer.Option("--try", help="Show what it would cover, and keep nothing.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Keep no threshold any more.")] = False,
    json: Json = False,
) -> None:
    """Let a model answer only where enough of its answers will be right; elsewhere it says that it is not sure."""
    with command(json) as output:
        from advisor import using
        from advisor.cli.tables import safe
        from advisor.runs.threshold import sentences

        if off:
            using.forget_threshold(run)
            output.answer({"threshold": None}, lambda to: to.print("No threshold is kept any more."))
            return
        chosen = using.threshold(run, right, keep=not try_out, progress=output.progress)
        applied = "Nothing is kept." if try_out else "It is kept: predictions, tables, the server and exports apply it."
        lines = [safe(line) for line in (*sentences(chosen), applied)]
        output.answer(chosen.model_dump(mode="json"), lambda to: to.print(*lines, sep="\n"))
