"""The command `advisor bench score`: how good the advice is."""

from __future__ import annotations

import typer

from advisor.cli.options import Json
from advisor.cli.output import command

bench_app = typer.Typer(no_args_is_help=True, help="How good is the advice? LadderBench, scored.")


@bench_app.callback()
def _bench() -> None:
    """How good is the advice? LadderBench, scored."""


@bench_app.command("score")
def score(json: Json = False) -> None:
    """Print how good the advice is, beside its bounds and beside simpler rules, from the table of outcomes."""
    with command(json) as output:
        from advisor.cli import show_score
        from advisor.score.board import board

        scored = board()
        output.answer(scored.to_json() if json else None, lambda to: show_score.score(to, scored))
