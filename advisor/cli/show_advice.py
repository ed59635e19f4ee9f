"""Advice, the race and the exchange rate: documents for programs (`*_json`) and calm tables for people."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.advice.comparison import chance_beside, milliseconds, training_time
from advisor.cli.output import plain
from advisor.cli.show import dataset_json, heading
from advisor.cli.tables import safe, table
from advisor.core.ladder import rung
from advisor.core.records import Advice, Backbones, Dataset, Estimate, Exchange
from advisor.core.wording import amount, between, duration, percent, size

if TYPE_CHECKING:
    from advisor.advice.racing import Race

#: Columns of a terminal that the whole table of the advice fits into.
WIDE = 110


def advice_json(dataset: Dataset, advice: Advice) -> dict[str, Any]:
    """`advisor advise --json`."""
    return {
        "dataset": dataset_json(dataset),
        "metric": advice.metric,
        "question": _question_json(advice),
        "recommended": advice.recommended,
        "runner_up": advice.runner_up,
        "headline": advice.headline,
        "sentences": list(advice.sentences),
        "race": list(advice.race) if advice.race else None,
        "flips": [line.model_dump(mode="json", exclude={"schema_version"}) for line in advice.flips],
        "exchange": advice.exchange.model_dump(mode="json", exclude={"schema_version"}) if advice.exchange else None,
        "backbone": advice.backbone,
        "backbones": backbones_json(advice.backbones),
        "seconds": advice.seconds,
        "rungs": [e.model_dump(mode="json", exclude={"schema_version", "settings"}) for e in advice.estimates],
    }


def backbones_json(found: Backbones | None) -> dict[str, Any] | None:
    """The comparison of backbones, without the versions of its parts."""
    hidden: dict[str, Any] = {"schema_version": True, "trials": {"__all__": {"schema_version"}}}
    return None if found is None else found.model_dump(mode="json", exclude=hidden)


def _question_json(advice: Advice) -> dict[str, Any]:
    """The question without the versions of its parts."""
    hidden: dict[str, Any] = {"schema_version": True, "prices": {"schema_version"}, "constraints": {"schema_version"}}
    return advice.question.model_dump(mode="json", exclude=hidden)


RULED_OUT = "ruled out"


def advice(to: Console, dataset: Dataset, advice: Advice) -> None:
    """`advisor advise`: the recommendation, one line for each rung, and what would change it."""
    heading(to, dataset)
    to.print(safe(advice.headline), style="bold")
    for sentence in advice.sentences:
        to.print(safe(sentence))
    to.print(_rungs(advice, to.width))
    for estimate in advice.estimates:
        to.print(safe(f"{rung(estimate.rung).title}: {estimate.reason}"))
    for line in advice.flips:
        to.print(safe(line.sentence))
    if advice.exchange is not None:
        exchange(to, advice.exchange)
    source = shlex.quote(plain(dataset.source))
    if advice.race is not None:
        to.print(Text(f"To race {' and '.join(advice.race)}: advisor race {source}", style="dim"))
    to.print(Text(f"Took {duration(advice.seconds)}. To carry it out: advisor train {source}", style="dim"))


def _rungs(advice: Advice, width: int) -> Table:
    """A row for each rung: what it reaches, the chance of the target or of being better, what it takes and costs.

    Where the terminal is narrow, provenance, n and memory are left to --json, and with prices a prediction's time too.
    """
    wide, priced = width >= WIDE, any(e.costs for e in advice.estimates)
    odds = ">P(target)" if advice.question.target is not None else ">P(better)"
    cost = [f">cost, {advice.question.prices.currency}".rstrip(", ")] if priced else []
    timed = wide or not priced
    names = (
        "rung", f">{advice.metric}", ">90 % interval", odds, *(("from", ">n") if wide else ()), ">training",
        *((">prediction",) if timed else ()), *((">memory",) if wide else ()), *cost,
    )  # fmt: skip
    rows = table(*names)
    for column, name in zip(rows.columns, names, strict=True):
        column.no_wrap = name in ("rung", odds)
    for estimate in advice.estimates:
        chosen = estimate.rung == advice.recommended
        rows.add_row(
            Text(("→ " if chosen else "  ") + rung(estimate.rung).title, style="bold" if chosen else ""),
            *_reached(estimate),
            chance_beside(estimate, advice) if wide or not estimate.blocked else RULED_OUT,
            *([RULED_OUT if estimate.blocked else estimate.provenance or "no number"] if wide else []),
            *([f"{estimate.n:,}" if estimate.n else ""] if wide else []),
            training_time(estimate) if estimate.available else "",
            *([_cell(estimate.milliseconds_per_prediction, milliseconds)] if timed else []),
            *([_cell(estimate.peak_memory_bytes, size)] if wide else []),
            *([_cell(round(sum(estimate.costs.values()), 2), amount) if estimate.costs else ""] if priced else []),
        )
    return rows


def _reached(estimate: Estimate) -> tuple[str, str]:
    """The forecast and its interval, empty where there is none."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "", ""
    return percent(estimate.value), between(estimate.low, estimate.high).removesuffix(" %")


def _cell(amount: float | None, in_words: Callable[[float], str]) -> str:
    return "" if amount is None else in_words(amount)


def race_json(race: Race) -> dict[str, Any]:
    """`advisor race --json`."""
    fields = {"run", "rung", "metric", "test", "validation", "seconds", "device"}
    return {
        "rungs": list(race.rungs),
        "kept": race.kept,
        "run": race.run,
        "sentence": race.sentence,
        "reports": [report.model_dump(mode="json", include=fields) for report in race.reports],
    }


def race(to: Console, race: Race) -> None:
    """`advisor race`: the verdict, one line for each run, and how to use the model that is kept."""
    to.print(safe(race.sentence), style="bold")
    rows = table("run", "rung", ">test", "90 % interval", ">took")
    for report in race.reports:
        test = report.test
        rows.add_row(
            report.run, report.title, percent(test.value), between(test.low, test.high), duration(report.seconds)
        )
    to.print(rows)
    to.print(f"Try it: advisor predict {race.run} INPUT", style="dim", markup=False)


def exchange(to: Console, exchange: Exchange) -> None:
    """`advisor exchange`: the rate in a sentence."""
    to.print(safe(exchange.sentence))
