"""`advisor serve`: the model of a finished run behind an address."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.options import Device
from advisor.cli.output import command


def serve(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, the word last, or the folder of a run or of an export.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes any free one.")] = 8000,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen at this address; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Let other machines use the model though ADVISOR_API_KEY is not set.")
    ] = False,
    device: Device = "cpu",
) -> None:
    """Serve a model over HTTP: POST /predict takes JSON, files and lists; clients show the key in ADVISOR_API_KEY."""
    with command(as_json=False) as output:
        from advisor import using

        def ready(title: str, address: str) -> None:
            output.note(f"Serving {title} at {address} until Ctrl-C. How to ask: {address}/docs")

        using.serve(run, host=host, port=port, without_key=without_key, device=device, ready=ready)
