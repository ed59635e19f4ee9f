"""The race: two rungs between which the choice is a coin toss, both carried out, and the better one kept.

Fine-tuning carries out the frozen rung too and goes back to it where tuning was not better on the validation items, so
one run of it is the race of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.explain import find, spent, subject, title
from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES, RungName, dropped_sentence
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

    Raises AdviceError when they are not two, or one of them cannot be had.
    """
    named = tuple(rungs) if rungs is not None else advice.race or (advice.recommended, advice.runner_up)
    wanted = sorted({name for name in named if name is not None}, key=RUNG_NAMES.index)
    if len(wanted) != 2:
        raise AdviceError(f"A race takes two rungs, such as frozen,fine-tune; {len(wanted)} can be had or is named.")
    for name in wanted:
        estimate = advice.estimate(name)
        if not estimate.available or estimate.blocked:
            why = estimate.blocked or estimate.reason
            raise AdviceError(f"{name} cannot race. {why} Name another rung.")
    return wanted[0], wanted[1]


def runs_of(pair: Pair) -> Pair | tuple[RungName]:
    """The rungs to carry out: fine-tuning alone stands for itself and for frozen."""
    return ("fine-tune",) if pair == ("frozen", "fine-tune") else pair


def judged(advice: Advice, pair: Pair, reports: Sequence[RunReport]) -> Race:
    """The verdict: the rung with the higher validation value, the cheaper one where both are alike.

    Raises AdviceError when a run has no validation value, as where a set is too small to hold items out.
    """
    if untuned := not_tuned(pair, reports):
        return Race(pair, "frozen", reports[0].run, tuple(reports), untuned)
    values = tuple(validation_of(rung, reports) for rung in pair)
    alike = abs(values[1] - values[0]) < 1e-9
    better = 1 if values[1] > values[0] or (alike and _tuned_stays(pair, reports)) else 0
    kept = pair[better]
    run = next((report for report in reports if report.rung == kept), reports[-1]).run
    return Race(pair, kept, run, tuple(reports), verdict(advice, pair, values, better))


def not_tuned(pair: Pair, reports: Sequence[RunReport]) -> str:
    """Why fine-tuning's run of a race with frozen ended before anything tuned was measured; "" where it was."""
    if len(runs_of(pair)) > 1 or "tuned" in reports[0].validation:
        return ""
    why = reports[0].dropped
    why = dropped_sentence(why) if why else "Fine-tuning was not measured on validation items."
    return f"{why} So frozen features are kept, and the race is not decided. Give a longer budget, or add labels."


def _tuned_stays(pair: Pair, reports: Sequence[RunReport]) -> bool:
    """Whether fine-tuning's run kept the tuned weights; at the same value its log loss was lower then."""
    return len(runs_of(pair)) == 1 and not reports[0].dropped


def validation_of(rung: RungName, reports: Sequence[RunReport]) -> float:
    """A rung's value on validation items; frozen's is told by fine-tuning's run where it has none of its own."""
    own = next((report for report in reports if report.rung == rung), None)
    tuned = next((report for report in reports if report.rung == "fine-tune"), None)
    found = own.validation.get("tuned", own.validation.get("value")) if own is not None else None
    if own is None and tuned is not None and rung == "frozen":
        found = tuned.validation.get("frozen")
    if found is None:
        raise AdviceError(f"The race is not decided: {rung} was not measured on validation items. Add labelled items.")
    return found


def verdict(advice: Advice, pair: Pair, values: Sequence[float], better: int) -> str:
    """Both values, what the difference is worth at the advice's prices, and what is kept."""
    ours, theirs = (find(advice.estimates, pair[i]) for i in (better, 1 - better))
    points = 100 * (values[better] - values[1 - better])
    name, plural = subject(ours)
    said = (
        f"{name} reached {percent(values[better])} on validation items and {title(theirs)} "
        f"{percent(values[1 - better])}, so {title(ours)} {'are' if plural else 'is'} kept."
    )
    if points < 0.05:
        less = "the log loss is lower" if better else f"{'they cost' if plural else 'it costs'} less"
        return f"{said} Both are alike, and {less}."
    worth, more = points * advice.question.prices.point, spent(ours, theirs)
    dearer = sum(ours.costs.values()) - sum(theirs.costs.values())
    if dearer > worth:
        return (
            f"{said} At your prices the {points:.1f} points are worth {money(worth)}, and it {more}; "
            f"{title(theirs)} would do."
        )
    return (
        f"{said} The {points:.1f} points are worth {money(worth)} at your prices{f', and it {more}' if more else ''}."
    )
