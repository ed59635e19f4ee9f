"""The options that several commands share, and how they are added to a command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypedDict

import typer


class RungChoice(StrEnum):
    """The rungs a run may take."""

    auto = "auto"
    prompting = "prompting"
    rag = "rag"
    frozen = "frozen"
    fine_tune = "fine-tune"
    scratch = "scratch"


class KindChoice(StrEnum):
    """The kinds of data."""

    image = "image"
    text = "text"
    qa = "qa"


class Reading(TypedDict):
    """How to read the data: the keyword arguments of `line.read`."""

    kind: Any
    text_column: str | None
    label_column: str | None
    path_column: str | None
    split_column: str | None
    group_column: str | None
    question_column: str | None
    answer_column: str | None
    document_column: str | None


PathArgument = Annotated[
    str, typer.Argument(metavar="PATH", help="A folder, an archive, a table, or a sample such as sample:digits.")
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the last four characters of one, or the word last.")
]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Backbone = Annotated[str | None, typer.Option(metavar="NAME", help="A backbone of the catalog; see: advisor weights.")]
Budget = Annotated[float, typer.Option(metavar="SECONDS", help="Seconds for measuring.")]

_READING: dict[str, Any] = {
    "kind": Annotated[KindChoice | None, typer.Option(help="Read the data as this kind instead of looking.")],
    **{
        f"{name}_column": Annotated[str | None, typer.Option(metavar="NAME", help=help_text)]
        for name, help_text in {
            "text": "The table's column with the texts.",
            "label": "The table's column with the labels.",
            "path": "The table's column with the image paths.",
            "split": "The table's column with the official split.",
            "group": "The table's column whose equal values stay in one part.",
            "question": "The table's column with the questions over documents.",
            "answer": "The table's column with their answers.",
            "document": "The table's column that names the document which answers.",
        }.items()
    },
}


def reads_data(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading; it receives them together as its argument `reading`."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "reading"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _READING.items()
    ]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        reading = {name: given.pop(name) for name in _READING}
        reading["kind"] = reading["kind"] and reading["kind"].value
        command(reading=reading, **given)

    # typer asks the signature, which must be the wrapper's own and not the command's
    del called.__wrapped__  # type: ignore[attr-defined, unused-ignore]
    called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined, unused-ignore]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
    return called
