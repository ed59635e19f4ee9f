"""The command `advisor record`: the decision with all that it rests on, as a document to keep."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.options import PathArgument, Reading, reads_data
from advisor.cli.output import command, plain


class FormChoice(StrEnum):
    """The forms of a decision record."""

    md = "md"
    html = "html"
    json = "json"


@reads_data
def record(
    path: PathArgument,
    reading: Reading,
    form: Annotated[FormChoice, typer.Option("--format", help="Markdown, a page to print, or JSON.")] = FormChoice.md,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Write the latest advice as a decision record: question, numbers, reasons, what-if lines, hashes, plan."""
    with command(as_json=False) as output:
        from advisor import api
        from advisor.advice.record.written import written
        from advisor.core import storage

        dataset = api.read(path, **reading, progress=output.progress)
        document = written(api.decision_record(dataset, progress=output.progress), form.value)
        if out is not None:
            storage.write_bytes(out, document.encode())
            output.note(f"Wrote {out}.")
            return
        printed = "\n".join(map(plain, document.split("\n")))
        output.answer(None, lambda to: to.out(printed, end="", highlight=False))
