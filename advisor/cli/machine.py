"""`advisor cache`, `weights`, `doctor` and `app`: what is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.options import Json
from advisor.cli.output import agreed, command

cache_app = typer.Typer(help="Show where features are cached and their size, or clear them. Without a command: show.")


@cache_app.callback(invoke_without_command=True)
def _cache(context: typer.Context, json: Json = False) -> None:
    """Show where features are cached and their size, or clear them. Without a command: show."""
    if context.invoked_subcommand is None:
        show_cache(json)


@cache_app.command("show")
def show_cache(json: Json = False) -> None:
    """Show the folder of cached features, its size and its limit."""
    with command(json) as output:
        from advisor.caches import cache_facts
        from advisor.cli import show_machine

        facts = cache_facts()
        output.answer(show_machine.cache_json(facts), lambda to: show_machine.cache(to, facts))


@cache_app.command("clear")
def clear_cache(json: Json = False) -> None:
    """Delete cached features, timings and answers; they are computed again when needed."""
    with command(json) as output:
        from advisor import caches
        from advisor.cli import show_machine

        freed = caches.clear_cache()
        output.answer({"freed_bytes": freed}, lambda to: show_machine.cleared(to, freed))


def weights(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[fetch NAME]", help="Fetch the weights of this backbone.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch without asking.")] = False,
    json: Json = False,
) -> None:
    """List the backbones with size, input, licence and hash, or fetch the weights of one."""
    with command(json) as output:
        from advisor.cli import show_machine
        from probes.backbones import catalog
        from probes.backbones.weights import available, fetch

        name = _to_fetch(words or [])
        entries = catalog.CATALOG if name is None else (catalog.find(name),)
        if name is not None and not available(entries[0])[0]:
            show_machine.one_weight(output.stderr, show_machine.weights_json(entries[0]), to_fetch=True)
            if not yes and not agreed(output, f"Fetch {entries[0].title}?", "Nothing was fetched. Add --yes to fetch"):
                raise typer.Exit(1)
            fetch(entries[0], output.progress)
        rows = [show_machine.weights_json(entry) for entry in entries]
        if name is None:
            output.answer(rows, lambda to: show_machine.weights(to, rows))
        else:
            output.answer(rows[0], lambda to: show_machine.one_weight(to, rows[0]))


def _to_fetch(words: list[str]) -> str | None:
    """The backbone that `advisor weights fetch NAME` names, None where it is to list; NAME alone names one too.

    Raises UsageError for anything else.
    """
    names = words[1:] if words[:1] == ["fetch"] else words
    if len(names) > 1 or (words and not names):
        given = f"not {len(names)}" if names else "as in: advisor weights fetch all-mpnet-base-v2"
        raise typer.BadParameter(f"Name one backbone to fetch, {given}.")
    return names[0] if names else None


def doctor(json: Json = False) -> None:
    """Check device, workspace, packages and weights, with one verdict for each."""
    with command(json) as output:
        from advisor.cli import show_machine
        from advisor.doctor import examine

        checks = examine(output.progress)
        output.answer([check.as_dict() for check in checks], lambda to: show_machine.doctor(to, checks))
        if any(check.verdict == "problem" for check in checks):
            raise typer.Exit(1)


def app(
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 8501,
    host: Annotated[
        str, typer.Option(help="The address to listen at. Any but this machine's own needs a login or --without-login.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    token: Annotated[
        str | None, typer.Option(help="A fixed token. It shows in the list of processes; ADVISOR_TOKEN does not.")
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(help="A folder that may be read; repeatable. Default: home and the current folder."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="With a login: an e-mail address or a domain that may sign in; repeatable. Default: all."),
    ] = None,
    without_login: Annotated[
        bool, typer.Option("--without-login", help="Let other machines in though nobody signs in.")
    ] = False,
    share_endpoint: Annotated[
        bool, typer.Option("--share-endpoint", help="Let everybody who signs in ask your endpoint.")
    ] = False,
) -> None:
    """Open the dashboard, for this machine only unless told otherwise."""
    from advisor.cli.dashboard import serve, settings

    raise typer.Exit(
        serve(port, browser, host, settings(token, root or (), allow or (), without_login, share_endpoint))
    )
