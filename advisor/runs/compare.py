"""Runs side by side: what was set differently, what each reached, and whether the difference is more than luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from advisor.core.errors import RunError
from advisor.core.ladder import rung
from advisor.core.wording import duration, listed
from advisor.runs import settings, store
from advisor.runs.paired import Pair, paired
from advisor.runs.sides import Open, Side, called, facts, learned_from, side_of, timed
from probes.progress import Progress, silent


@dataclass(frozen=True)
class Comparison:
    """Runs side by side, the first as the base.

    ``settings``: name and a value for each run, of those that differ. ``per_class``: class, n, and the recall of each
    run under its id; empty for questions and for runs of different classes.
    """

    sides: tuple[Side, ...]
    settings: tuple[tuple[str, tuple[str, ...]], ...]
    pairs: tuple[Pair, ...]
    per_class: pd.DataFrame

    @property
    def base(self) -> Side:
        """The run that the others are compared with."""
        return self.sides[0]


def compare(runs: Sequence[str], opened: Open, measure: bool = False, progress: Progress = silent) -> Comparison:
    """Runs side by side, the first as the base. Raises RunError for fewer than two, or an unknown one.

    opened: gives a dataset. measure: time the models that nobody has timed yet.
    """
    names = list(dict.fromkeys(store.find(run) for run in runs))
    if len(names) < 2:
        raise RunError("A comparison needs two different runs. `advisor runs` lists them.")
    sides = [side_of(name) for name in names]
    if measure:
        sides = [timed(side, opened, progress) for side in sides]
    differing = settings.differing([settings.of(side.plan, side.status.files) for side in sides])
    pairs = tuple(paired(sides[0], side, opened) for side in sides[1:])
    return Comparison(tuple(sides), differing, pairs, _per_class(sides))


def _per_class(sides: Sequence[Side]) -> pd.DataFrame:
    """Class, n and the recall of each run under its id, the most different first; empty where classes differ."""
    reports = [side.report for side in sides]
    tables = [pd.DataFrame(report.per_class) for report in reports if report is not None and report.per_class]
    classes = {report.classes for report in reports if report is not None}
    if len(tables) < len(sides) or len(classes) != 1:
        return pd.DataFrame()
    table = tables[0][["class", "n"]].copy()
    for side, own in zip(sides, tables, strict=True):
        table[side.run] = own.set_index("class")["recall"].astype(float).reindex(table["class"]).to_numpy()
    values = table[[side.run for side in sides]]
    order = (values.max(axis=1) - values.min(axis=1)).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """The comparison in a few sentences: the pairs, those that could be paired first, and how long the runs took."""
    base, *others = (called(side, comparison.sides) for side in comparison.sides)
    pairs = sorted(zip(others, comparison.pairs, strict=True), key=lambda row: bool(row[1].reason))
    lines = [f"{other} against {base}: {pair.verdict(base, other)}" for other, pair in pairs]
    if all(side.report is not None for side in comparison.sides):
        lines.append(f"Time of the whole run: {listed(map(took, comparison.sides, [base, *others]))}.")
    if learned := unequal(comparison.sides, [base, *others]):
        lines.append(learned)
    return tuple(lines)


def unequal(sides: Sequence[Side], names: Sequence[str]) -> str:
    """How many training items each model was fitted on, where that is not the same for all; "" else.

    names: what the sides are called.
    """
    known = [(name, learned_from(side)) for name, side in zip(names, sides, strict=True)]
    told = [(name, *learned) for name, learned in known if learned is not None]
    if len({n for _, n, _ in told}) < 2:
        return ""
    each = (f"{name} {n:,}{f' (settings chosen by {by:,} more)' if by else ''}" for name, n, by in told)
    return f"Training items that the model was fitted on: {listed(each)}."


def took(side: Side, name: str) -> str:
    """A run with the time that it took; where nothing is trained, that is said."""
    untrained = "" if rung(side.plan.rung).trains else " (nothing is trained)"
    return f"{name} {duration(facts(side)['seconds'])}{untrained}"
