"""The options that several commands share, and how they are added to a command."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypedDict

import typer

from advisor.core.records.wishes import Constraints, Prices, Wish, wishes_of


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
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.")]

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


#: Prices and constraints, each with the panel of the help that it stands in.
PANELS: dict[str, tuple[type[Prices | Constraints], str]] = {
    "prices": (Prices, "Prices, in one currency of your own"),
    "constraints": (Constraints, "Constraints"),
}


class Wishes(TypedDict):
    """The fields of `Prices` and `Constraints` that were named, and no others."""

    prices: dict[str, Any]
    constraints: dict[str, Any]


def _wish(wish: Wish, panel: str) -> Any:
    words = wish.words
    if wish.type is bool:
        help_text = f"{words.title}. {words.help}"
        return Annotated[
            bool | None, typer.Option(words.option, help=help_text, show_default=False, rich_help_panel=panel)
        ]
    option = typer.Option(
        words.option,
        metavar=words.metavar,
        help=words.help if wish.default is not None else f"{words.title}. {words.help}",
        min=int(wish.least) if wish.least.is_integer() else wish.least,
        show_default=False if wish.default is None else f"{wish.default:g}",
        rich_help_panel=panel,
    )
    return Annotated[wish.type | None, option]


def reads_data(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading; it receives them together as its argument `reading`."""

    def gathered(given: dict[str, Any]) -> dict[str, Any]:
        reading = {name: given.pop(name) for name in _READING}
        reading["kind"] = reading["kind"] and reading["kind"].value
        return {"reading": reading}

    return _extended(command, _READING, "reading", gathered)


def has_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of prices and constraints; it receives them as its argument `wishes`."""
    groups = {argument: (list(wishes_of(record)), panel) for argument, (record, panel) in PANELS.items()}
    options = {wish.name: _wish(wish, panel) for wishes, panel in groups.values() for wish in wishes}
    flags = {wish.name: wish.words.option for wishes, _ in groups.values() for wish in wishes}

    def gathered(arguments: dict[str, Any]) -> dict[str, Any]:
        every = {name: arguments.pop(name) for name in options}
        wanted = {name: value for name, value in every.items() if value is not None}
        for name, value in wanted.items():
            if not math.isfinite(value):
                raise typer.BadParameter(f"{flags[name]} is {value}. Give a finite number.")
        return {
            "wishes": {
                argument: {wish.name: wanted[wish.name] for wish in wishes if wish.name in wanted}
                for argument, (wishes, _) in groups.items()
            }
        }

    return _extended(command, options, "wishes", gathered)


def _extended(
    command: Callable[..., None],
    options: dict[str, Any],
    argument: str,
    gathered: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[..., None]:
    """The command with `options` in the place of its `argument`, which `gathered` makes of them."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != argument]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in options.items()
    ]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        command(**gathered(given), **given)

    # typer asks the signature, which must be the wrapper's own and not the command's
    del called.__wrapped__  # type: ignore[attr-defined, unused-ignore]
    called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined, unused-ignore]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
    return called
