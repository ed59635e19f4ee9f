"""The options that several commands share, and how they are added to a command."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from advisor.core.errors import AdviceError
from advisor.core.kinds import KIND_NAMES, SEVERAL_LABELS
from advisor.core.ladder import RUNG_NAMES
from advisor.core.ladder import rung as find_rung

if TYPE_CHECKING:
    from advisor.core.records.wishes import Wish

#: What `advisor train --rung` takes where no rung is named: the recommended one.
AUTO = "auto"
#: What `--kind` takes.
KindChoice = StrEnum("KindChoice", [(name, name) for name in KIND_NAMES])  # type: ignore[misc]


#: What `--several-labels` takes.
SeveralChoice = StrEnum("SeveralChoice", [(name, name) for name in SEVERAL_LABELS])  # type: ignore[misc]


class Reading(TypedDict):
    """How to read the data: the keyword arguments of `api.read`."""

    kind: Any
    text_column: str | None
    label_column: str | None
    path_column: str | None
    split_column: str | None
    group_column: str | None
    question_column: str | None
    answer_column: str | None
    document_column: str | None
    several_labels: Any
    number_ranges: int | None


PathArgument = Annotated[
    str, typer.Argument(metavar="PATH", help="A folder, an archive, a table, or a sample such as sample:digits.")
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the last four characters of one, or the word last.")
]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Timings = Annotated[bool, typer.Option("--timings", help="Print where the time went.", show_default=False)]
Target = Annotated[
    str | None, typer.Option(metavar="SHARE", help="The metric you need, such as 0.95 or 95%.", show_default=False)
]
Tolerance = Annotated[
    float,
    typer.Option(
        metavar="POINTS",
        help="What is nearly as good: points that a simpler rung may be behind, for each step of the ladder. "
        "0 asks for the best model.",
    ),
]
Backbone = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A backbone of the catalog, a folder or a hub name; see: advisor weights."),
]
Backbones = Annotated[
    str,
    typer.Option(
        metavar="LIST",
        help="The backbones to compare with the default where --backbone names none: names between commas, at-hand "
        "(all whose weights are here), or none.",
    ),
]
Budget = Annotated[float, typer.Option(metavar="SECONDS", help="Seconds for measuring.")]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.")]


def _rung_name(words: str) -> str:
    """The name of the rung meant, or auto."""
    if words.strip().lower() == AUTO:
        return AUTO
    try:
        return find_rung(words).name
    except AdviceError as error:
        raise typer.BadParameter(str(error)) from error


RungName = Annotated[
    str,
    typer.Option(
        parser=_rung_name,
        metavar="RUNG",
        help=f"The rung to train: {', '.join(RUNG_NAMES)}; auto takes the recommended one.",
    ),
]

_READING: dict[str, Any] = {
    "kind": Annotated[KindChoice | None, typer.Option(help="The kind of data; detected by default.")],
    **{
        f"{name}_column": Annotated[str | None, typer.Option(metavar="NAME", help=help_text)]
        for name, help_text in {
            "text": "The table's column with the texts; several, such as title,body, are joined.",
            "label": "The table's column with the labels; several of zeros and ones are one label.",
            "path": "The table's column with the image paths.",
            "split": "The table's column with the official split.",
            "group": "The table's column of groups; a group stays in one part.",
            "question": "The table's column with the questions over documents.",
            "answer": "The table's column with their answers.",
            "document": "The table's column that names the document with the answer.",
        }.items()
    },
    "several_labels": Annotated[
        SeveralChoice | None,
        typer.Option(
            help="Rows with several labels: each learns every label for itself (each-or-none: an empty cell has none), "
            "combine makes each combination a class, single leaves them out."
        ),
    ],
    "number_ranges": Annotated[
        int | None,
        typer.Option(min=2, max=20, help="A label that is a number: into how many ranges of as many items each."),
    ],
}


#: The records of prices and constraints by their argument, each with its heading in the help.
PANELS = {"prices": "Prices, in one currency of your own; none by default", "constraints": "Constraints"}


class Wishes(TypedDict):
    """The fields of `Prices` and `Constraints` that were named, and no others."""

    prices: dict[str, Any]
    constraints: dict[str, Any]


def wishes_by_argument() -> dict[str, list[Wish]]:
    """What prices and constraints there are."""
    from advisor.core.records.wishes import Constraints, Prices, wishes_of

    return {"prices": list(wishes_of(Prices)), "constraints": list(wishes_of(Constraints))}


def _wish_option(wish: Wish, panel: str) -> Any:
    words = wish.words
    titled = f"{words.title}. {words.help}"
    if wish.type is bool:
        return Annotated[
            bool | None, typer.Option(words.option, help=titled, show_default=False, rich_help_panel=panel)
        ]
    if wish.type is str:
        help_text = typer.Option(words.option, metavar=words.metavar, help=words.help, rich_help_panel=panel)
        return Annotated[str | None, help_text]
    option = typer.Option(
        words.option,
        metavar=words.metavar,
        help=words.help if wish.default is not None else titled,
        min=int(wish.least) if wish.least.is_integer() else wish.least,
        show_default=False if wish.default is None else f"{wish.default:g}",
        rich_help_panel=panel,
    )
    return Annotated[wish.type | None, option]


def reads_data(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading; it receives them together as its argument `reading`."""

    def gathered(arguments: dict[str, Any]) -> dict[str, Any]:
        reading = {name: arguments.pop(name) for name in _READING}
        reading["kind"] = reading["kind"] and reading["kind"].value
        return {"reading": reading}

    return _extended(command, _READING, "reading", gathered)


def with_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of prices and constraints; it receives them as its argument `wishes`."""
    groups = wishes_by_argument()
    options = {wish.name: _wish_option(wish, PANELS[name]) for name, wishes in groups.items() for wish in wishes}
    flags = {wish.name: wish.words.option for wishes in groups.values() for wish in wishes}

    def gathered(arguments: dict[str, Any]) -> dict[str, Any]:
        every = {name: arguments.pop(name) for name in options}
        wanted = {name: value for name, value in every.items() if value is not None}
        for name, value in wanted.items():
            if isinstance(value, int | float) and not math.isfinite(value):
                raise typer.BadParameter(f"{flags[name]} is {value}. Give a finite number.")
        return {
            "wishes": {
                argument: {wish.name: wanted[wish.name] for wish in wishes if wish.name in wanted}
                for argument, wishes in groups.items()
            }
        }

    return _extended(command, options, "wishes", gathered)


def without_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """The command as the list of commands needs it: the records behind `with_wishes` are slow to import."""
    return _extended(command, {}, "wishes", lambda _: {"wishes": {"prices": {}, "constraints": {}}})


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
    def called(**arguments: Any) -> None:
        command(**gathered(arguments), **arguments)

    # typer asks the signature, which must be the wrapper's own and not the command's
    del called.__wrapped__  # type: ignore[attr-defined, unused-ignore]
    called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined, unused-ignore]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
    return called
