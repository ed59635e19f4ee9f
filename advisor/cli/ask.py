"""The command `advisor ask`: questions answered from documents at once, without a run."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli.options import Json
from advisor.cli.output import command


def ask(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder or file of documents, or sample:handbook.")],
    questions: Annotated[list[str], typer.Argument(metavar="QUESTION...", help="One or more questions.")],
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="A language model's name or folder, or endpoint.")
    ] = None,
    k: Annotated[int, typer.Option(metavar="K", help="Passages that go into the prompt.")] = 1,
    json: Json = False,
) -> None:
    """Answer questions from documents at once, with the passages that the answers rest on."""
    with command(json) as output:
        from advisor import api
        from advisor.cli import show_answers as show

        answers = api.ask(path, questions, model=model, k=k, progress=output.progress)
        output.answer(show.answers_json(answers), lambda to: show.answers(to, answers))
