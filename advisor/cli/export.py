"""`advisor export` and `advisor publish`: a run's model leaves this program."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.options import Json, RunArgument
from advisor.cli.output import command


class FormChoice(StrEnum):
    """The forms that a model leaves in."""

    onnx = "onnx"
    safetensors = "safetensors"
    folder = "folder"


def export(
    run: RunArgument,
    form: Annotated[
        FormChoice, typer.Option("--format", help="onnx, safetensors, or folder: both, with scripts and papers.")
    ] = FormChoice.onnx,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write here.", show_default="named after the run")
    ] = None,
    json: Json = False,
) -> None:
    """Write a run's model for other programs, and check it there on the run's own test items."""
    with command(json) as output:
        from advisor import leaving
        from advisor.cli.tables import safe

        done = leaving.export(run, form.value, to, progress=output.progress)
        lines = [f"Wrote {done.folder}: {', '.join(done.files)}.", *done.sentences]
        output.answer(done.model_dump(mode="json"), lambda to: to.print(safe("\n".join(lines))))


def publish(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, the word last, or a folder that was exported whole.")
    ],
    repo: Annotated[str, typer.Argument(metavar="REPO", help="The repository: name, or owner/name.")],
    public: Annotated[bool, typer.Option("--public", help="Let everybody see a repository that is new.")] = False,
    json: Json = False,
) -> None:
    """Push a run's exported folder to a model hub, with the token of `hf auth login` or HF_TOKEN."""
    with command(json) as output:
        from advisor import leaving

        address = leaving.publish(run, repo, private=not public, progress=output.progress)
        output.answer({"address": address}, lambda to: to.print(f"Published at {address}", highlight=False))
