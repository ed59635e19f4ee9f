"""The options that several commands share, and how they are added to a command."""

from __future__ import annotations

import functools
import inspect
import math
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


#: Of each price and constraint: the option, its type, its metavar and its help; a field of `Prices` or `Constraints`.
_PRICES: dict[str, tuple[str, type, str, str]] = {
    "point": ("--price-point", float, "AMOUNT", "What one percentage point more is worth over the time of use (100)."),
    "rung": ("--price-rung", float, "AMOUNT", "Upkeep of each step up the ladder over that time (50)."),
    "hour": ("--price-hour", float, "AMOUNT", "An hour of this machine (1)."),
    "label": ("--price-label", float, "AMOUNT", "One more label (0.1)."),
    "kwh": ("--price-kwh", float, "AMOUNT", "A kilowatt-hour of electricity (0.3)."),
    "token": ("--price-token", float, "AMOUNT", "A million tokens of an endpoint (1)."),
    "predictions_per_month": ("--predictions", int, "N", "Predictions a month (10000)."),
    "months": ("--months", int, "N", "Months that the model is used (12)."),
}
_MUSTS: dict[str, tuple[str, type, str, str]] = {
    "weights_fixed": ("--weights-fixed", bool, "", "No weight of the model may change."),
    "knowledge_changes": ("--knowledge-changes", bool, "", "What answers rest on changes daily: look it up."),
    "local_only": ("--local-only", bool, "", "No data may leave this machine."),
    "no_gpu": ("--no-gpu", bool, "", "It must run without a GPU."),
    "latency_ms": ("--latency", float, "MS", "The longest a prediction may take, in milliseconds."),
    "deadline_seconds": ("--deadline", float, "SECONDS", "The longest that training may take."),
}
#: Amounts may be nought, these may not.
_LEAST = {"months": 1, "latency_ms": 0.001, "deadline_seconds": 0.001}


class Wishes(TypedDict):
    """What was given of `Prices` and `Constraints`, by their fields; what was not given is left out."""

    prices: dict[str, Any]
    constraints: dict[str, Any]


def _wish(field: str, option: tuple[str, type, str, str]) -> Any:
    flag, kind, metavar, help_text = option
    panel = "Prices, in one currency of your own" if field in _PRICES else "What must hold"
    if kind is bool:
        return Annotated[bool | None, typer.Option(flag, help=help_text, show_default=False, rich_help_panel=panel)]
    least = _LEAST.get(field, 0)
    given = typer.Option(flag, metavar=metavar, help=help_text, min=least, rich_help_panel=panel)
    return Annotated[kind | None, given]


def reads_data(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading; it receives them together as its argument `reading`."""

    def gathered(given: dict[str, Any]) -> dict[str, Any]:
        reading = {name: given.pop(name) for name in _READING}
        reading["kind"] = reading["kind"] and reading["kind"].value
        return {"reading": reading}

    return _extended(command, _READING, "reading", gathered)


def has_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of prices and constraints; it receives them as its argument `wishes`."""
    groups = {"prices": _PRICES, "constraints": _MUSTS}
    options = {name: _wish(name, option) for group in groups.values() for name, option in group.items()}

    def gathered(given: dict[str, Any]) -> dict[str, Any]:
        asked = {name: given.pop(name) for name in options}
        kept = {name: value for name, value in asked.items() if value is not None}
        for name, value in kept.items():
            if not math.isfinite(value):
                raise typer.BadParameter(f"{value} is no amount for {(_PRICES | _MUSTS)[name][0]}. Give a number.")
        return {"wishes": {of: {n: kept[n] for n in group if n in kept} for of, group in groups.items()}}

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
