"""The commands about what is on this machine: runs, weights, the cache, doctor, app."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from advisor.cli.options import Json, RunArgument
from advisor.cli.output import Output, command

runs_app = typer.Typer(help="List the runs, show one, or stop one. Without a command: list.")
cache_app = typer.Typer(help="Show where features are kept and their size, or clear them. Without a command: show.")


def add_machine_commands(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.add_typer(runs_app, name="runs", invoke_without_command=True)
    app.add_typer(cache_app, name="cache", invoke_without_command=True)
    app.command()(weights)
    app.command()(doctor)
    app.command("app")(open_app)


@runs_app.callback()
def _runs(context: typer.Context, json: Json = False) -> None:
    """List the runs, show one, or stop one. Without a command: list."""
    if context.invoked_subcommand is None:
        list_runs(json)


@runs_app.command("list")
def list_runs(json: Json = False) -> None:
    """List all runs, the latest first."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import store

        known = store.runs()
        output.answer([show_runs.status_json(run) for run in known], lambda to: show_runs.runs(to, known))


@runs_app.command("show")
def show_run(run: RunArgument, json: Json = False) -> None:
    """Show how a run stands, what came out, and the last lines of its log if it failed."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import store

        status = store.status(run)
        output.answer(show_runs.run_json(status), lambda to: show_runs.run(to, status))


@runs_app.command("stop")
def stop_run(run: RunArgument, json: Json = False) -> None:
    """Ask a run to stop; it ends within seconds."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import store, supervisor

        status = store.request_stop(run)
        if status.state not in store.ENDED:
            supervisor.ensure()
        output.answer(show_runs.status_json(status), lambda to: show_runs.stopped(to, status))


@cache_app.callback()
def _cache(context: typer.Context, json: Json = False) -> None:
    """Show where features are kept and their size, or clear them. Without a command: show."""
    if context.invoked_subcommand is None:
        show_cache(json)


@cache_app.command("show")
def show_cache(json: Json = False) -> None:
    """Show the folder of cached features, its size and its limit."""
    with command(json) as output:
        from advisor.caches import cache_facts
        from advisor.cli import show_runs

        found = cache_facts()
        output.answer(show_runs.cache_json(found), lambda to: show_runs.cache(to, found))


@cache_app.command("clear")
def clear_cache(json: Json = False) -> None:
    """Delete cached features and remembered timings; they are computed anew when needed."""
    with command(json) as output:
        from advisor import caches
        from advisor.cli import show_runs

        freed = caches.clear_cache()
        output.answer({"freed_bytes": freed}, lambda to: show_runs.cleared(to, freed))


def weights(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Fetch the weights of this backbone.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch without asking.")] = False,
    json: Json = False,
) -> None:
    """List the backbones with size, licence and hash, or fetch the weights of one."""
    with command(json) as output:
        from advisor.cli import show_runs
        from probes.backbones import catalog
        from probes.backbones.weights import available, fetch

        entries = catalog.CATALOG if name is None else (catalog.find(name),)
        if name is not None and not available(entries[0])[0]:
            show_runs.one_weight(output.stderr, show_runs.weights_json(entries[0]))
            if not yes and not _agreed(output, f"Fetch {entries[0].title}?"):
                raise typer.Exit(1)
            fetch(entries[0], output.progress)
        rows = [show_runs.weights_json(entry) for entry in entries]
        if name is None:
            output.answer(rows, lambda to: show_runs.weights(to, rows))
        else:
            output.answer(rows[0], lambda to: show_runs.one_weight(to, rows[0]))


def _agreed(output: Output, question: str) -> bool:
    """Ask on the terminal; without one the answer is no, with the way to say yes."""
    if not sys.stdin.isatty():
        output.note("Nothing was fetched. Add --yes to fetch without being asked.")
        return False
    output.stderr.print(f"{question} [y/N] ", end="", markup=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def doctor(json: Json = False) -> None:
    """Check the device, the workspace, the packages and the weights; one verdict each."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.doctor import examine

        found = examine(output.progress)
        output.answer([check.as_dict() for check in found], lambda to: show_runs.doctor(to, found))
        if any(check.verdict == "problem" for check in found):
            raise typer.Exit(1)


def open_app(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the dashboard, for this machine only."""
    from advisor.cli.dashboard import serve

    raise typer.Exit(serve(port, browser))
