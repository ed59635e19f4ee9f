"""What things are worth to the user, and what must hold: two records whose fields say how each is asked for.

The options of the command, the form of the page, the decision record and the tables of the guide are made from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args

import annotated_types
from pydantic import Field

from advisor.core.records.base import Record

#: A number that must be above 0 is at least this much.
LEAST_ABOVE_ZERO = 0.001


@dataclass(frozen=True)
class Words:
    """How a wish is asked for: its title, one or two sentences of help, its option, and what its number is in.

    ``metavar``: the option's placeholder. ``unit`` as in "ms"; ``page_unit``: another one that a page asks in, and how
    many of ours are one of it. ``step``: of the page's field.
    """

    title: str
    help: str
    option: str
    metavar: str = ""
    unit: str = ""
    page_unit: tuple[str, float] | None = None
    step: float = 1.0


class Prices(Record):
    """What things cost the user, all in one currency of their own; what is not given is not spoken of.

    Costs weigh against points only where ``point`` is given.
    """

    point: Annotated[
        float | None,
        Words(
            "What one percentage point is worth",
            "The value of one percentage point of the metric over the whole time of use. Without it nothing is weighed "
            "in money: costs are only named.",
            "--price-point",
            "AMOUNT",
            step=10.0,
        ),
    ] = Field(default=None, ge=0)
    rung: Annotated[
        float | None,
        Words(
            "Upkeep of one step up the ladder",
            "Upkeep of each step up the ladder over the same time: your own weights to keep, watch and retrain. "
            "Takes the place of the tolerance where a point has a price too.",
            "--price-rung",
            "AMOUNT",
            step=10.0,
        ),
    ] = Field(default=None, ge=0)
    hour: Annotated[
        float | None,
        Words(
            "One hour of this machine",
            "One hour of this machine, training or predicting, without electricity.",
            "--price-hour",
            "AMOUNT",
            step=0.5,
        ),
    ] = Field(default=None, ge=0)
    label: Annotated[
        float | None,
        Words(
            "One more label",
            "One more labelled item. The labels you have cost nothing.",
            "--price-label",
            "AMOUNT",
            step=0.05,
        ),
    ] = Field(default=None, ge=0)
    kwh: Annotated[
        float | None,
        Words("One kilowatt-hour", "One kilowatt-hour of electricity.", "--price-kwh", "AMOUNT", step=0.05),
    ] = Field(default=None, ge=0)
    token: Annotated[
        float | None,
        Words(
            "One million tokens",
            "One million tokens of a language model behind an endpoint.",
            "--price-token",
            "AMOUNT",
            step=0.5,
        ),
    ] = Field(default=None, ge=0)
    predictions_per_month: Annotated[
        int | None,
        Words("Predictions a month", "Predictions that the model makes each month.", "--predictions", "N", step=1000),
    ] = Field(default=None, ge=0)
    months: Annotated[
        int, Words("Months of use", "Months that the model is used before it is replaced.", "--months", "N")
    ] = Field(default=12, ge=1)
    currency: Annotated[
        str, Words("Currency", "The sign or code that is written after amounts, such as EUR.", "--currency", "CODE")
    ] = Field(default="", max_length=8)


class Constraints(Record):
    """What must hold whatever it costs."""

    weights_fixed: Annotated[
        bool,
        Words(
            "No weight may change",
            "Rules out fine-tuning and training from scratch. A head on frozen features is still allowed.",
            "--weights-fixed",
        ),
    ] = False
    knowledge_changes: Annotated[
        bool,
        Words(
            "Knowledge changes daily",
            "Answers must be looked up, which rules out everything but retrieval.",
            "--knowledge-changes",
        ),
    ] = False
    local_only: Annotated[
        bool, Words("No data may leave this machine", "Rules out language models behind an endpoint.", "--local-only")
    ] = False
    no_gpu: Annotated[
        bool,
        Words(
            "It must run without a GPU",
            "Rules out training that would take more than a day on a processor.",
            "--no-gpu",
        ),
    ] = False
    latency_ms: Annotated[
        float | None,
        Words(
            "Longest prediction",
            "Rules out rungs whose prediction takes longer on this machine.",
            "--latency",
            "MS",
            unit="ms",
            step=10.0,
        ),
    ] = Field(default=None, gt=0)
    deadline_seconds: Annotated[
        float | None,
        Words(
            "Longest training",
            "Rules out rungs whose training would take longer.",
            "--deadline",
            "SECONDS",
            unit="seconds",
            page_unit=("minutes", 60.0),
            step=5.0,
        ),
    ] = Field(default=None, gt=0)


class Wish(NamedTuple):
    """One field of `Prices` or `Constraints`. ``type``: bool, int, float or str; ``least``: the smallest number."""

    name: str
    words: Words
    type: type
    default: Any
    least: float


def wishes_of(record: type[Prices | Constraints]) -> Iterator[Wish]:
    """The fields that can be wished for, in their order.

    >>> [wish.name for wish in wishes_of(Constraints) if wish.type is bool][0], list(wishes_of(Prices))[-2].least
    ('weights_fixed', 1.0)
    """
    for name, field in record.model_fields.items():
        words = next((part for part in field.metadata if isinstance(part, Words)), None)
        if words is not None:
            kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)] or [field.annotation]
            yield Wish(name, words, kinds[0], field.default, _least(field.metadata))


def _least(metadata: list[Any]) -> float:
    bounds = [part.ge for part in metadata if isinstance(part, annotated_types.Ge)]
    return float(bounds[0]) if bounds else LEAST_ABOVE_ZERO  # type: ignore[arg-type]
