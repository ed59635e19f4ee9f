"""`advisor runs`: list, show, compare, name, stop, resume, delete and restore runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from advisor.cli.options import Json, RunArgument
from advisor.cli.output import agreed, command

HELP = "List, show, compare, name, stop, resume or delete runs. Without a command: list."
runs_app = typer.Typer(help=HELP)


@runs_app.callback(invoke_without_command=True)
def _runs(context: typer.Context, json: Json = False) -> None:
    """List, show, compare, name, stop, resume or delete runs. Without a command: list."""
    if context.invoked_subcommand is None:
        list_runs(json)


@runs_app.command("list")
def list_runs(json: Json = False) -> None:
    """List all runs, the latest first."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import store, supervisor

        statuses = store.runs()
        if waits := supervisor.look_after():
            output.note(waits)
        output.answer([show_runs.status_json(run) for run in statuses], lambda to: show_runs.runs(to, statuses))


@runs_app.command("show")
def show_run(run: RunArgument, json: Json = False) -> None:
    """Show a run's state and results, and the last lines of its log if it failed."""
    with command(json) as output:
        from advisor.cli import show_climb, show_runs
        from advisor.runs import climbs, store, supervisor

        status = store.status(run)
        if waits := supervisor.look_after():
            output.note(waits)
        climb = climbs.of_run(status.run)
        document = show_runs.run_json(status) | {"climb": climb and show_climb.climb_json(climb)}

        def draw(to: Console) -> None:
            show_runs.run(to, status)
            show_climb.of_run(to, climb)

        output.answer(document, draw)


@runs_app.command("stop")
def stop_run(run: RunArgument, json: Json = False) -> None:
    """Ask a run to stop; it ends within seconds."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import climbs, store, supervisor

        status = climbs.request_stop(run)
        if status.state not in store.ENDED:
            supervisor.ensure()
        output.answer(show_runs.status_json(status), lambda to: show_runs.stopped(to, status))


@runs_app.command("resume")
def resume_run(run: RunArgument, json: Json = False) -> None:
    """Go on with a run that failed, as on a full disk, from what it has kept."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_runs
        from advisor.runs import store

        status = store.status(api.resume_run(run))
        output.answer(show_runs.status_json(status), lambda to: show_runs.resumed(to, status))


@runs_app.command("delete")
def delete_runs(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs that have ended.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    for_good: Annotated[
        bool, typer.Option("--for-good", help="Free the room at once; `advisor runs restore` cannot undo it then.")
    ] = False,
    json: Json = False,
) -> None:
    """Delete ended runs with their models and reports; for 24 hours they can be restored."""
    with command(json) as output:
        from advisor.cli import show_runs
        from advisor.runs import aside, ended, store

        gone = ended.lying_aside(runs) if for_good else {}
        statuses = {status.run: status for status in map(store.status, (run for run in runs if run not in gone))}
        for status in statuses.values():
            ended.check(status)
        show_runs.to_delete(output.stderr, list(statuses.values()))
        question = "Delete for good?" if for_good else "Delete?"
        if not yes and not agreed(output, question, "Nothing was deleted. Add --yes to delete"):
            raise typer.Exit(1)
        names = [*gone.values(), *statuses]
        sizes = {run: ended.delete(run, for_good) for run in names}
        kept = {one.run for one in aside.runs()}
        document = {
            "deleted": names,
            "freed_bytes": sum(size for run, size in sizes.items() if run not in kept),
            "aside_bytes": sum(size for run, size in sizes.items() if run in kept),
        }
        output.answer(document, lambda to: show_runs.deleted(to, document))


@runs_app.command("restore")
def restore_run(run: RunArgument, json: Json = False) -> None:
    """Bring back a run that was deleted in the last 24 hours."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_runs
        from advisor.runs import store

        status = store.status(api.restore_run(run))
        output.answer(show_runs.status_json(status), lambda to: show_runs.noted(to, status, "is back"))


@runs_app.command("rename")
def rename_run(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="At most 80 characters; an empty text takes it away.")],
    json: Json = False,
) -> None:
    """Give a run a name; every command takes the name in place of the run's id."""
    _note(run, json, name=name)


@runs_app.command("note")
def note_run(
    run: RunArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="An empty text takes the note away.")],
    json: Json = False,
) -> None:
    """Write a note about a run, shown with it."""
    _note(run, json, note=text)


@runs_app.command("star")
def star_run(
    run: RunArgument,
    off: Annotated[bool, typer.Option("--off", help="Take the star away.")] = False,
    json: Json = False,
) -> None:
    """Mark a run with a star, to find it among others."""
    _note(run, json, starred=not off)


def _note(
    run: str, as_json: bool, *, name: str | None = None, note: str | None = None, starred: bool | None = None
) -> None:
    with command(as_json) as output:
        from advisor.cli import show_runs
        from advisor.runs import notes, store

        found = store.find(run)
        notes.change(store.directory(found), name=name, note=note, starred=starred)
        status = store.status(found)
        output.answer(show_runs.status_json(status), lambda to: show_runs.noted(to, status, "is noted"))


@runs_app.command("compare")
def compare_runs(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more; the first is the base.")],
    latency: Annotated[
        bool, typer.Option("--latency", help="Measure how long each model takes for one prediction.")
    ] = False,
    items: Annotated[
        int, typer.Option(metavar="N", help="Items to list that one gets right and the other wrong.", min=0)
    ] = 10,
    json: Json = False,
) -> None:
    """Compare runs: settings that differ, test values with the paired difference, items, classes, cost and latency."""
    with command(json) as output:
        from advisor import improving
        from advisor.cli import show_compare

        compared = improving.compare(runs, latency=latency, progress=output.progress)
        output.answer(show_compare.document(compared, items), lambda to: show_compare.draw(to, compared, items))
