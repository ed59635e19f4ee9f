"""Runs side by side as a document and as tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console

from advisor.cli.tables import safe, table
from advisor.core.wording import between, counted, duration, percent, short, size
from advisor.runs import compare, sides
from advisor.runs.compare import Comparison
from advisor.runs.paired import Pair
from advisor.runs.settings import NONE
from advisor.runs.sides import Side

#: Shown of an item, and classes listed at most.
MOST_CHARACTERS, MOST_CLASSES = 60, 12


def document(compared: Comparison, n_items: int) -> dict[str, Any]:
    """`advisor runs compare --json`."""
    return {
        "runs": [side_json(side) for side in compared.sides],
        "settings": {name: dict(zip(ids(compared), values, strict=True)) for name, values in compared.settings},
        "pairs": [pair_json(pair, n_items) for pair in compared.pairs],
        "per_class": compared.per_class.astype(object).where(compared.per_class.notna(), None).to_dict("records"),
        "sentences": list(compare.sentences(compared)),
    }


def ids(compared: Comparison) -> list[str]:
    """The runs' ids."""
    return [side.run for side in compared.sides]


def side_json(side: Side) -> dict[str, Any]:
    """One run."""
    status, test = side.status, side.test
    value = (
        None if test is None else {"metric": side.plan.metric, **test.model_dump(include={"value", "low", "high", "n"})}
    )
    named = {
        "run": side.run,
        "name": status.name,
        "note": status.note,
        "starred": status.starred,
        "title": status.title,
    }
    return {**named, "dataset": status.dataset_name, "state": status.state, "test": value, **sides.facts(side)}


def pair_json(pair: Pair, n_items: int) -> dict[str, Any]:
    """One pair; the numbers are None where it could not be made."""
    numbers = ("difference", "low", "high", "level", "n", "n_both", "n_neither")
    items = [] if pair.items is None else pair.items.head(n_items).to_dict("records")
    base, other = pair.n_right
    found = {name: None if pair.reason else getattr(pair, name) for name in numbers}
    counts = {"n_base_only": None if pair.reason else base, "n_other_only": None if pair.reason else other}
    return {"base": pair.base, "other": pair.other, "reason": pair.reason, **found, **counts, "items": items}


def draw(to: Console, compared: Comparison, n_items: int) -> None:
    """`advisor runs compare`."""
    _sides(to, compared)
    for line in compare.sentences(compared):
        to.print(safe(line))
    _settings(to, compared)
    _classes(to, compared)
    for pair in compared.pairs:
        _items(to, pair, n_items)


def _sides(to: Console, compared: Comparison) -> None:
    rows = table("run", "test", ">took", ">model", ">predicts")
    rows.columns[0].min_width = rows.columns[0].max_width = max(map(len, ids(compared)))
    for side in compared.sides:
        test, latency = side.test, side.latency
        value: str = side.status.state
        if test:
            value = f"{percent(test.value)}\n{between(test.low, test.high)}\nn = {test.n:,}"
        seconds = duration(sides.facts(side)["seconds"])
        ms = f"{latency.single_ms:,.1f} ms" if latency else ""
        rows.add_row(
            safe(side.run).append("\n").append_text(safe(side.status.name or side.status.title)), value, seconds,
            size(side.weights_bytes), ms,
        )  # fmt: skip
    to.print(rows)


def _settings(to: Console, compared: Comparison) -> None:
    if not compared.settings:
        to.print("No setting differs.", style="dim")
        return
    rows = table("setting", *ids(compared))
    shared = [row for row in compared.settings if row[1].count(NONE) < len(row[1]) - 1]
    for name, values in shared:
        rows.add_row(safe(name), *map(safe, values))
    to.print(rows)
    if alone := len(compared.settings) - len(shared):
        to.print(f"{counted(alone, 'setting')} of one run alone: see --json.", style="dim")


def _classes(to: Console, compared: Comparison) -> None:
    if compared.per_class.empty:
        return
    rows = table("class", ">n", *(f">{run}" for run in ids(compared)))
    for _, row in compared.per_class.head(MOST_CLASSES).iterrows():
        shares = ["" if pd.isna(row[run]) else percent(row[run]) for run in ids(compared)]
        rows.add_row(safe(short(str(row["class"]))), f"{row['n']:,}", *shares)
    to.print(rows)


def _items(to: Console, pair: Pair, n_items: int) -> None:
    if pair.items is None:
        return
    base, other = pair.n_right
    alone = f"{pair.base} alone has {counted(base, 'test item')} right, {pair.other} alone {other:,}"
    to.print(safe(f"{alone}. Both have {pair.n_both:,} right and {pair.n_neither:,} wrong."))
    if not n_items or pair.items.empty:
        return
    rows = table("item", "truth", pair.base, pair.other)
    for _, row in pair.items.head(n_items).iterrows():
        key = str(row["key"]) or f"row {row['row']}"
        rows.add_row(
            *(safe(short(str(text), MOST_CHARACTERS)) for text in (key, row["truth"], row["base"], row["other"]))
        )
    to.print(rows)
