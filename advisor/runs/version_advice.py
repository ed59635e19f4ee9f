"""What is recommended and expected of a dataset and its version, judged alike: one goal, one rung, no runs.

An advice answers the goal that was asked last and knows the runs that there were. Those of a dataset and its version
may differ in both, so neither what they recommend nor what they expect of it can be put side by side as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.decide import decide
from advisor.advice.finished import without_runs
from advisor.advice.outlook.cost import repriced
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName, rung
from advisor.core.records import Advice, Estimate, Goal
from advisor.core.wording import percent
from probes.measured import Measured


@dataclass(frozen=True)
class Outlook:
    """What a goal asks for before and after; ``before``, ``after``: the rung recommended, None where not known.

    ``rung``: the one of which is said what it is expected to reach, that of the version where it is known.
    ``expected``: before and after.
    """

    goal: Goal
    before: RungName | None
    after: RungName | None
    rung: RungName
    expected: tuple[Measured | None, Measured | None]


def outlook(before: Advice | None, after: Advice | None, device: str) -> Outlook | None:
    """Both advices judged for the version's goal, or the parent's where the version has none yet.

    device: where the version was measured, which prices depend on. None without advice on the parent, and where the
    goal leaves no rung on either.
    """
    if before is None:
        return None
    goal = after.question if after is not None else before.question
    plain = [tuple(without_runs(e) for e in one.estimates) if one is not None else () for one in (before, after)]
    chosen = [_chosen(own, goal, device) for own in plain]
    name = chosen[1] or chosen[0]
    if name is None:
        return None
    expected = [_expected(own, name) for own in plain]
    return Outlook(goal, chosen[0], chosen[1], name, (expected[0], expected[1]))


def asked(goal: Goal) -> str:
    """What a goal asks for, in words.

    >>> asked(Goal(target=0.9)), asked(Goal(tolerance=0)), asked(Goal())
    ('a target of 90.0 %', 'the best model', 'the cheapest nearly as good')
    """
    if goal.target is not None:
        return f"a target of {percent(goal.target)}"
    return "the best model" if goal.tolerance == 0 else "the cheapest nearly as good"


def on_page(advice: Advice | None, goal: Goal) -> str:
    """What the page of advice says, in a table's cell: the rung, its value, and its question where that is another.

    goal: the one that both sides are judged for here. "" without advice.
    """
    if advice is None:
        return ""
    one = advice.estimate(advice.recommended)
    value = "" if one.value is None else f", {percent(one.value)} {'measured' if one.run else 'expected'}"
    own, other = asked(advice.question), asked(goal)
    return f"{rung(advice.recommended).title}{value}{f' (for {own})' if own != other else ''}"


def _chosen(estimates: tuple[Estimate, ...], goal: Goal, device: str) -> RungName | None:
    """The rung that estimates recommend for a goal; None without any, and where it leaves none."""
    try:
        return decide(repriced(estimates, goal, device), goal).recommended if estimates else None
    except AdviceError:
        return None


def _expected(estimates: tuple[Estimate, ...], name: RungName) -> Measured | None:
    """What a rung is expected to reach; None where nobody could say."""
    one = next((e for e in estimates if e.rung == name), None)
    if one is None or one.value is None or one.low is None or one.high is None:
        return None
    return Measured(
        value=one.value, low=min(one.low, one.value), high=max(one.high, one.value), n=one.n, seconds=0.0,
        provenance="predicted",
    )  # fmt: skip
