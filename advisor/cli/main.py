"""The command `advisor`: the line's functions as commands. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from advisor import __version__
from advisor.cli import (
    advise,
    ask,
    bench,
    climb,
    export,
    fix,
    look,
    machine,
    mcp,
    next_labels,
    predict,
    prompt,
    record,
    runs,
    serve,
    shards,
    threshold,
    train,
)
from advisor.cli.options import with_wishes, without_wishes
from advisor.cli.output import plain


class Commands(TyperGroup):
    """All commands. `advise` gets its prices and constraints when it is called, as their records import pandas."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that is called, with all its options."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, whole_advise() if name == "advise" else command, rest


def whole_advise() -> Any:
    """`advisor advise` with the options of prices and constraints."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command("advise")(with_wishes(advise.advise))
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="How much of a pre-trained model should you change for your data? Measured advice, carried out.",
)
#: The commands by their heading in the help.
COMMANDS = {
    "Look": (look.profile, look.probe, look.issues, fix.fix, next_labels.next_labels, prompt.prompt),
    "Decide": (without_wishes(advise.advise), advise.exchange, record.record),
    "Train and use": (
        train.train,
        climb.climb,
        advise.race,
        predict.predict,
        shards.shards,
        threshold.threshold,
        serve.serve,
        ask.ask,
        export.export,
        export.publish,
    ),
    "This machine": (machine.weights, machine.doctor, machine.app, mcp.mcp),
}
#: Commands that are not called like their functions.
NAMES = {next_labels.next_labels: "next"}
#: Commands with commands of their own.
GROUPS = {"runs": ("Train and use", runs.runs_app), "cache": ("This machine", machine.cache_app),
          "bench": ("Decide", bench.bench_app)}  # fmt: skip


@app.callback(invoke_without_command=True)
def _about(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"transfer-advisor {__version__}")
        raise typer.Exit()


for heading, functions in COMMANDS.items():
    for function in functions:
        app.command(NAMES.get(function), rich_help_panel=heading)(function)
for name, (heading, group) in GROUPS.items():
    app.add_typer(group, name=name, rich_help_panel=heading)


def main() -> None:
    """Run the command; failures meant for people are one sentence on stderr and status 1."""
    from probes.errors import PeopleError

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app()
    except PeopleError as error:
        print(f"Error: {plain(error)}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        from advisor.core import disk

        if sentence := disk.explained(error):
            print(f"Error: {plain(sentence)}", file=sys.stderr)
            sys.exit(1)
        print("\n".join(map(plain, traceback.format_exc().splitlines())), file=sys.stderr)
        print(f"Error: {type(error).__name__} is a fault of the program. Report the lines above.", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
