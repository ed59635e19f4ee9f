"""The race: two rungs between which the choice is a coin toss are both trained, and the better one is kept.

A run of fine-tuning also trains the rung that it starts from and rolls back to where tuning was not better on the
validation items, so one run of it is the race of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.explain import find, spent
from advisor.core.errors import AdviceError
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, RunReport
from advisor.core.wording import money, percent

Pair = tuple[RungName, RungName]


@dataclass(frozen=True)
class Race:
    """Two rungs, cheaper first, which one is kept, the run that holds it, all reports, and the verdict in words."""

    rungs: Pair
    kept: RungName
    run: str
    reports: tuple[RunReport, ...]
    sentence: str


def pair_of(advice: Advice, rungs: Sequence[RungName] | None) -> Pair:
    """The two rungs to race, cheaper first: those named, else the coin toss, else the two best.

    Raises AdviceError when they are not two, or one of them is not available.
    """
    named = tuple(rungs) if rungs is not None else advice.race or (advice.recommended, advice.runner_up)
    wanted = sorted({name for name in named if name is not None}, key=RUNG_NAMES.index)
    if len(wanted) != 2:
        raise AdviceError("A race takes two rungs. Name two available rungs, such as frozen,fine-tune.")
    for name in wanted:
        estimate = advice.estimate(name)
        if not estimate.available or estimate.blocked:
            why = estimate.blocked or estimate.reason
            raise AdviceError(f"{name} cannot race. {why} Name another rung.")
    return wanted[0], wanted[1]


def runs_of(advice: Advice, pair: Pair) -> Pair | tuple[RungName]:
    """The rungs to run: the dearer alone where its run starts from the cheaper one and measures both."""
    return (pair[1],) if row_of(pair[1]).falls_back_to.get(task_of_metric(advice.metric)) == pair[0] else pair


def judged(advice: Advice, pair: Pair, reports: Sequence[RunReport]) -> Race:
    """The verdict: the rung with the higher validation value, the cheaper one where both are alike.

    Raises AdviceError when a run has no validation value, as where a dataset is too small to hold items out.
    """
    one_run = len(runs_of(advice, pair)) == 1
    if one_run and "tuned" not in reports[0].validation:
        return Race(pair, pair[0], reports[0].run, tuple(reports), not_tuned(pair, reports[0]))
    values = tuple(validation_of(rung, pair, reports) for rung in pair)
    alike = abs(values[1] - values[0]) < 1e-9
    tuned_stays = one_run and not reports[0].dropped  # at the same value its log loss was lower then
    better = 1 if values[1] > values[0] or (alike and tuned_stays) else 0
    kept = pair[better]
    run = next((report for report in reports if report.rung == kept), reports[-1]).run
    return Race(pair, kept, run, tuple(reports), verdict(advice, pair, values, better))


def not_tuned(pair: Pair, report: RunReport) -> str:
    """Why the one run of a race ended before anything tuned was measured."""
    why = report.dropped or "fine-tuning was not measured on validation items"
    kept = row_of(pair[0])
    return (
        f"The race was inconclusive: {why}, so {kept.in_text} {kept.verb('was', 'were')} kept. Give a longer budget, "
        f"or add labels."
    )


def validation_of(rung: RungName, pair: Pair, reports: Sequence[RunReport]) -> float:
    """A rung's value on validation items; the report of a run that started from it has it too, by the rung's name."""
    own = next((report for report in reports if report.rung == rung), None)
    if own is not None:
        value = own.validation.get("tuned", own.validation.get("value"))
    else:
        value = next((report.validation.get(rung) for report in reports if report.rung == pair[1]), None)
    if value is None:
        raise AdviceError(
            f"The race was inconclusive: {rung} was not measured on validation items. Add labelled items."
        )
    return value


def verdict(advice: Advice, pair: Pair, values: Sequence[float], better: int) -> str:
    """Both values, what the difference is worth at the advice's prices, and what is kept."""
    winner, loser = (find(advice.estimates, pair[i]) for i in (better, 1 - better))
    name, other = row_of(winner.rung), row_of(loser.rung)
    points = 100 * (values[better] - values[1 - better])
    reached = (
        f"{name.subject} reached {percent(values[better])} on validation items and {other.in_text} "
        f"{percent(values[1 - better])}, so {name.in_text} {name.verb('is', 'are')} kept."
    )
    if points < 0.05:
        why = "the log loss is lower" if better else name.verb("it costs less", "they cost less")
        return f"{reached} Both reach the same value, and {why}."
    worth = points * advice.question.prices.point
    subject, cost = name.verb("it", "they"), spent(winner, loser, name.verb("costs", "cost"))
    if sum(winner.costs.values()) - sum(loser.costs.values()) > worth:
        return (
            f"{reached} At your prices the {points:.1f} points are worth {money(worth)}, and {subject} {cost}; "
            f"{other.in_text} would do."
        )
    more = f", and {subject} {cost}" if cost else ""
    return f"{reached} The {points:.1f} points are worth {money(worth)} at your prices{more}."
