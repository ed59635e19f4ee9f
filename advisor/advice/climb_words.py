"""A climb in sentences: why it goes on or ends, what a step brought, and what is kept."""

from __future__ import annotations

from advisor.advice.climbing import Lead, Onward
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Climb, ClimbStep, Gain
from advisor.core.wording import between, capital, chance, counted, duration, listed, percent
from probes.measured import Measured


def plan_sentence(rungs: tuple[RungName, ...], aim: str) -> str:
    """What a climb does, before it starts.

    >>> plan_sentence(("frozen", "fine-tune"), "your target of 90.0 % is likely to be reached")
    'Trains frozen features, then fine-tuning, and stops when your target of 90.0 % is likely to be reached.'
    """
    names = [row_of(rung).in_text for rung in rungs]
    return f"Trains {', then '.join(names)}{f', and stops when {aim}' if len(rungs) > 1 else ''}."


def aim(climb_or_target: float | None, tolerance: float) -> str:
    """When a climb ends, as the end of a sentence.

    >>> aim(0.9, 1.0), aim(None, 0.0)
    ('your target of 90.0 % is likely to be reached', 'no higher rung has a chance of being better')
    """
    if climb_or_target is not None:
        return f"your target of {percent(climb_or_target)} is likely to be reached"
    if tolerance:
        return f"a higher rung is not expected to bring more than {points(tolerance)} a step"
    return "no higher rung has a chance of being better"


def points(amount: float) -> str:
    """A number of points.

    >>> points(1.0), points(0.54), points(2.25)
    ('1 point', '0.5 points', '2.2 points')
    """
    written = f"{amount:.1f}".removesuffix(".0")
    return f"{written} point{'s' * (written != '1')}"


def reason(climb: Climb, onward: Onward) -> str:
    """Why a climb goes on or ends, a sentence."""
    target, step = climb.advice.question.target, climb.steps[-1] if climb.steps else None
    likely = chance(step.p_target) if step is not None and step.p_target is not None else "unknown"
    onto = f"so it goes on to {row_of(onward.rung).in_text}" if onward.rung else ""
    expected = expectation(onward.lead) if onward.lead is not None else ""
    match onward.why:
        case "reached":
            return f"The target of {percent(target or 0.0)} is {likely} likely to be reached, so it ends here."
        case "target":
            return f"The target of {percent(target or 0.0)} is {likely} likely to be reached, {onto}: {expected}."
        case "best":
            return f"You asked for the best model, {onto}: {expected}."
        case "gain":
            assert onward.lead is not None
            return f"{capital(expected)}; {points(onward.lead.asked)} would do, {onto}."
        case "enough":
            assert onward.lead is not None
            return f"{capital(expected)}; {points(onward.lead.asked)} more are asked for, so it ends here."
        case "behind":
            return f"{capital(expected)}, so it ends here."
        case "budget":
            return (
                f"The budget of {duration(climb.budget_seconds)} is used up, so {expected_rung(onward)} is not tried."
            )
        case "top":
            return "No allowed rung is left." if not climb.every else ""
    return ""


def expectation(lead: Lead) -> str:
    """What a higher rung is expected to bring: "fine-tuning is expected 1.2 points above it (72 % likely …)"."""
    row = row_of(lead.rung)
    where = (
        f"{points(abs(lead.points))} {'above' if lead.points > 0 else 'below'}"
        if abs(lead.points) >= 0.05
        else "no higher"
    )
    return f"{row.in_text} {row.verb('is', 'are')} expected {where} ({chance(lead.chance)} likely to be better)"


def expected_rung(onward: Onward) -> str:
    """The rung that was left out."""
    return row_of(onward.lead.rung).in_text if onward.lead is not None else "another rung"


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
    said = [kept, *(step_words(step) for step in ended if step.rung != climb.kept_rung), why]
    if climb.test is not None:
        said.append(f"Locked test part: {percent(climb.test.value)} ({between(climb.test.low, climb.test.high)}).")
    return " ".join(filter(None, said))
