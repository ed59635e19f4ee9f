"""The command `advisor bench`: carry out LadderBench's tasks, and print how good the advice is on them."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.options import Json
from advisor.cli.output import command

bench_app = typer.Typer(no_args_is_help=True, help="How good is the advice? Carry out the benchmark, or score it.")


def add_bench_commands(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.add_typer(bench_app, name="bench")


@bench_app.command("run")
def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD...]", help="Datasets, kinds or tasks such as trec6/200/1. All without any."),
    ] = None,
) -> None:
    """Carry out every rung on the tasks that are missing; it goes on where it stopped."""
    with command(False) as output:
        from benchmarks.ladder.collect import collect
        from benchmarks.ladder.rows import folder

        done = collect(list(words or []), output.note)
        output.answer(None, lambda to: to.print(f"{done} tasks were carried out. Their rows are in {folder()}."))


@bench_app.command("score")
def score(json: Json = False) -> None:
    """Print how good the advice is, beside its bounds and beside simpler rules, from the table of outcomes."""
    with command(json) as output:
        from advisor.score.board import board
        from advisor.score.summary import tell

        found = board()
        output.answer(found.to_json() if json else None, lambda to: tell(to, found))
