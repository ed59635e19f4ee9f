"""A climb in sentences: why it goes on or ends, what a step brought, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.advice.budgets import least_of
from advisor.advice.climbing import Lead, Onward, candidates
from advisor.advice.comparison import is_capped
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Climb, ClimbStep, Gain, Goal
from advisor.core.wording import about, between, capital, chance, counted, duration, listed, percent
from probes.measured import Measured

#: A climb is advised so many times the time that its trainings are expected to take.
ROOM = 1.5


def plan_sentence(climb: Climb) -> str:
    """What a climb is to do, before it has trained anything."""
    first, *others = [row_of(rung).in_text for rung in candidates(climb)]
    if climb.every:
        return f"Trains {listed((first, *others))}, and keeps the better one."
    more = f", then {', then '.join(others)}" if others else ""
    within = f"within {duration(climb.budget_seconds)} in all"
    said = [f"Trains {first}{more}, {within}.", f"{capital(aim(climb.advice.question))}.", too_long(climb)]
    return " ".join(filter(None, said))


def too_long(climb: Climb) -> str:
    """Which rungs the budget is too short for, after those before them, and the one that would do; "" where all fit."""
    times = expected_seconds(climb)
    each, spent = [], 0.0
    for rung, seconds in times.items():
        spent += seconds
        if spent > climb.budget_seconds:
            capped = is_capped(climb.advice.estimate(rung))
            each.append(f"{row_of(rung).in_text} ({f'{duration(seconds)} or more' if capped else about(seconds)})")
    if not each:
        return ""
    return f"The time is too short for {listed(each)}: give it {duration(ROOM * sum(times.values()))} in all."


def expected_seconds(climb: Climb) -> dict[RungName, float]:
    """What each training of a climb is expected to take, 0.0 where that is not known."""
    return {rung: climb.advice.estimate(rung).train_seconds or 0.0 for rung in candidates(climb)}


def enough(climb: Climb, budgets: Sequence[float]) -> float:
    """The least of the budgets (seconds) with room for all trainings of a climb; the longest where none has."""
    return least_of(budgets, ROOM * sum(expected_seconds(climb).values())) or max(budgets)


def button_words(climb: Climb) -> str:
    """What a button says that starts a climb: "Climb: train frozen features, then fine-tuning if needed"."""
    first, *others = [row_of(rung).in_text for rung in candidates(climb)]
    more = f", then {' and '.join(others)} if needed" if others else ""
    return f"Climb: train {first}{more}"


def aim(goal: Goal) -> str:
    """When a climb ends, a sentence without its full stop.

    >>> aim(Goal(target=0.9))
    'it ends once your target of 90.0 % is likely to be reached on held-out items'
    >>> from advisor.core.records import Prices
    >>> aim(Goal(prices=Prices(point=10.0, rung=5.0)))
    'it ends once a higher rung is not expected to bring what it costs'
    """
    if goal.target is not None:
        return f"it ends once your target of {percent(goal.target)} is likely to be reached on held-out items"
    if goal.prices.point and goal.prices.rung is not None:  # which take the place of the tolerance
        return "it ends once a higher rung is not expected to bring what it costs"
    if goal.tolerance:
        return f"it ends once a higher rung is not expected to bring more than {points(goal.tolerance)} a step"
    return "it ends once no higher rung has a chance of being better"


def points(amount: float) -> str:
    """A number of points.

    >>> points(1.0), points(0.54), points(2.25)
    ('1 point', '0.5 points', '2.2 points')
    """
    written = f"{amount:.1f}".removesuffix(".0")
    return f"{written} point{'s' * (written != '1')}"


def reason(climb: Climb, onward: Onward) -> str:
    """Why a climb goes on or ends, a sentence."""
    goal, step = climb.advice.question, climb.steps[-1] if climb.steps else None
    likely = chance(step.p_target) if step is not None and step.p_target is not None else "not known to be"
    target = f"The target of {percent(goal.target or 0.0)} is {likely} likely to be reached"
    onto = f"so it goes on to {row_of(onward.rung).in_text}" if onward.rung else ""
    lead = onward.lead
    if onward.why == "reached":
        return f"{target}, so it ends here."
    if climb.every:
        return ""
    missed = f"{target}. " if goal.target is not None and onward.rung is None else ""
    if onward.why == "top":
        return f"{missed}No allowed rung is left."
    if lead is None:
        return ""
    higher = row_of(lead.rung)
    expected = f"{higher.subject} {higher.verb('is', 'are')} expected to be {apart(lead)}"
    enough = f"the {points(lead.asked)} that would be worth it"
    match onward.why:
        case "target":
            return f"{target}, {onto}, expected {apart(lead)}."
        case "best":
            return f"You asked for the best model, {onto}, expected {apart(lead)}."
        case "gain":
            return f"{expected}. That is more than {enough}, {onto}."
        case "enough":
            return f"{expected}. That is less than {enough}, so it ends here."
        case "behind":
            return f"{missed}{expected}, so it ends here."
        case _:
            spent = f"The budget of {duration(climb.budget_seconds)} is used up"
            return f"{missed}{spent} before {higher.in_text} was tried."


def apart(lead: Lead) -> str:
    """What a higher rung is expected to bring over what was measured.

    >>> apart(Lead("fine-tune", 1.2, 0.72, 0.5)), apart(Lead("scratch", -20.0, 0.001, 1.0))
    ('1.2 points higher (72 % likely to be better)', '20 points lower (under 1 % likely to be better)')
    """
    where = "at the same value"
    if abs(lead.points) >= 0.05:
        where = f"{points(abs(lead.points))} {'higher' if lead.points > 0 else 'lower'}"
    return f"{where} ({chance(lead.chance)} likely to be better)"


def value_words(number: Measured) -> str:
    """A held-out value with its interval and n: 93.4 % (90.1 to 96.0 %) on 210 held-out items."""
    items = counted(number.n, "held-out item")
    return f"{percent(number.value)} ({between(number.low, number.high)}) on {items}"


def brought_words(gain: Gain | None) -> str:
    """What a step brought, in points with its interval; "" for none.

    >>> brought_words(Gain(points=1.5, low=-0.4, high=3.4, paired=True))
    '+1.5 points (-0.4 to +3.4)'
    """
    return "" if gain is None else f"{gain.points:+.1f} points ({gain.low:+.1f} to {gain.high:+.1f})"


def step_words(step: ClimbStep) -> str:
    """A step that has ended, in one sentence: what it reached, what that cost and brought."""
    row = row_of(step.rung)
    took = f"in {duration(step.seconds)}"
    if step.held_out is None:
        why = step.dropped or "nothing was held out"
        return f"{row.subject} {row.verb('was', 'were')} tried for {duration(step.seconds)} and not measured: {why}."
    brought = f", {brought_words(step.brought)}" if step.brought else ""
    return f"{row.subject} reached {value_words(step.held_out)} {took}{brought}."


def basis(climb: Climb) -> str:
    """What a step was compared with, where no row shows that value; "" where all are shown."""
    shown = {(step.held_out.value, step.held_out.n) for step in climb.steps if step.held_out is not None}
    said = []
    for step in climb.steps:
        start, row = step.start, row_of(step.rung)
        if step.brought is None or not step.brought.paired or start is None or (start.value, start.n) in shown:
            continue
        reached = f"{percent(start.value)} on the same {counted(start.n, 'held-out item')}"
        are = row.verb("is", "are")
        said.append(f"{row.subject} {are} compared with the model that it started from, which reached {reached}.")
    return " ".join(said)


def sentence(climb: Climb, why: str) -> str:
    """How a climb stands: what is kept, what it reached and what all took, then why it ended or goes on, and the test.

    A race says instead what each of its runs reached.
    """
    if climb.kept_rung is None:
        return why
    row, ended = row_of(climb.kept_rung), [step for step in climb.steps if step.seconds is not None]
    reached = f": {value_words(climb.held_out)}" if climb.held_out is not None else ""
    names = listed(row_of(step.rung).in_text for step in ended)
    kept = f"{row.subject} {row.verb('is', 'are')} kept{reached}, after {duration(climb.seconds)} for {names}."
    others = [step_words(step) for step in ended if climb.every and step.rung != climb.kept_rung]
    said = [kept, *others, why]
    if climb.test is not None:
        said.append(f"Locked test part: {percent(climb.test.value)} ({between(climb.test.low, climb.test.high)}).")
    return " ".join(filter(None, said))
