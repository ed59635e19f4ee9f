"""The climb: rungs trained one after the other, cheapest first, until what was measured is enough.

With a target the climb ends as soon as the model that it keeps is likely to reach it (`decide.LIKELY`), judged by its
value on held-out items. Without one it ends where no higher rung is expected to bring more than the goal's tolerance
and prices ask for, over what was just measured; who tolerates nothing gets every rung that may be better.

What was measured moves the forecast of the next rung along, since the forecasts of two rungs share most of their error:
on 222 tasks of LadderBench how far the frozen rung came out above its forecast says nothing about what fine-tuning adds
(r = -0.06). So the forecast difference is expected on top of the measured value, in points or as the step in logits
that the outcome model adds (`advice.outlook.forecast`), whichever is less. It missed what fine-tuning then added by 5.6
points (root mean square); the forecast of fine-tuning less the measured value missed by 11.4. The locked test part
plays no role.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.advice.decide import LIKELY, error_towards, rank, usable, value
from advisor.advice.outlook.cost import Z, normal_cdf, points_of
from advisor.advice.outlook.signals import expit, logit
from advisor.core.errors import AdviceError
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Climb, ClimbStep, Estimate, Gain, Metric, RunReport
from probes.interval import Counts, measured_from, posterior
from probes.measured import Measured

#: A rung with less than this chance of being better is not tried, whatever is asked for.
WORTH_TRYING = 0.1
#: A forecast is kept half an item of so many off 0 and 100 %.
FORECAST_ITEMS = 1000
#: Seconds that a step takes at least; with less left the climb ends.
LEAST_SECONDS = 5.0
#: A step that others may follow gets this share of what is left; it passes on what it does not use.
SHARE = 0.5


def rungs_of(advice: Advice) -> tuple[RungName, ...]:
    """The rungs of a climb, cheapest first: those that may be recommended, from the one that tuning starts from.

    Raises AdviceError where none of them trains.
    """
    first = row_of(TUNED).falls_back_to[task_of_metric(advice.metric)]
    rungs = [e for e in usable(advice.estimates, advice.question) if rank(e) >= row_of(first).place]
    if any(row_of(e.rung).trains for e in rungs):
        return tuple(e.rung for e in rungs)
    higher = [e for e in advice.estimates if rank(e) >= row_of(first).place and row_of(e.rung).trains]
    why = " ".join(f"{row_of(e.rung).title}: {why}" for e in higher if (why := e.blocked or _not_allowed(e, advice)))
    raise AdviceError(f"There is nothing to climb, since no rung that trains may be used. {why} Allow one.")


def _not_allowed(estimate: Estimate, advice: Advice) -> str:
    return estimate.reason if estimate.rung in advice.question.rungs else "it is not among the allowed rungs."


def tried(metric: Metric, report: RunReport, class_shares: Sequence[float]) -> tuple[Measured | None, Measured | None]:
    """What a run's training reached on held-out items, and what the model that it started from reached there.

    Each None where the run did not measure it.
    """
    values, start = report.validation, row_of(report.rung).falls_back_to.get(task_of_metric(metric))
    n = round(values.get("n", 0.0))
    own = values.get("tuned", None if report.dropped else values.get("value"))
    began = None if start is None else values.get(start, values.get("value") if report.dropped else None)

    def measured(share: float | None) -> Measured | None:
        return None if share is None or n == 0 else held_out(metric, share, n, class_shares, report.seconds)

    return measured(own), measured(began)


def held_out(metric: Metric, share: float, n: int, class_shares: Sequence[float], seconds: float) -> Measured:
    """A value on `n` held-out items with its 90 % interval."""
    return measured_from(share, draws(metric, share, n, class_shares), n, seconds)


def draws(metric: Metric, share: float, n: int, class_shares: Sequence[float]) -> np.ndarray:
    """Draws of the true value. Shape: (DRAWS,).

    Only the value is known, not which items were right: each class is taken to have the mean recall. Of a mean of
    scores between 0 and 1 the interval is that of answers that are right or wrong, the widest there is.
    """
    shares = np.array(class_shares) if metric == "balanced accuracy" else np.ones(1)
    total = n * shares[shares > 0]
    drawn: np.ndarray = posterior(Counts(share * total, total)).mean(axis=1)
    return drawn


def judged(climb: Climb, step: ClimbStep, report: RunReport) -> Climb:
    """The climb with a step that has ended: what it cost and brought, and which model is kept."""
    own, start = tried(climb.advice.metric, report, climb.class_shares)
    begins = row_of(step.rung).falls_back_to.get(task_of_metric(climb.advice.metric))
    offered = start if report.dropped else own
    if _is_better(climb, begins, offered, bool(report.dropped)):
        kept = {"kept": step.run, "kept_rung": report.served, "held_out": offered}
    else:
        kept = {"held_out": _firmer(climb.held_out, start if begins == climb.kept_rung else None)}
    after = climb.model_copy(update=kept)
    ended = step.model_copy(
        update={
            "seconds": report.seconds,
            "served": report.served,
            "held_out": own,
            "start": start,
            "brought": _brought(climb, begins, own, start, report),
            "p_target": p_target(after),
            "dropped": report.dropped,
        }
    )
    return after.model_copy(update={"steps": (*climb.steps[:-1], ended)})


def _is_better(climb: Climb, begins: RungName | None, offered: Measured | None, dropped: bool) -> bool:
    """Whether the model that a run saved takes the place of the one kept: its own comparison decides where it made one.

    Two that reach the same are alike, and the cheaper one stays.
    """
    if climb.kept is None:
        return True
    if begins == climb.kept_rung:
        return not dropped
    return offered is not None and (climb.held_out is None or offered.value > climb.held_out.value)


def _firmer(one: Measured | None, other: Measured | None) -> Measured | None:
    """Of two values of one model the one on more items."""
    return other if other is not None and (one is None or other.n > one.n) else one


def _brought(
    climb: Climb, begins: RungName | None, own: Measured | None, start: Measured | None, report: RunReport
) -> Gain | None:
    """What a step brought over the model kept before it, or, as the first step, over the model that it started from."""
    error = report.validation.get("gain_error")
    paired = start is not None and (climb.kept is None or begins == climb.kept_rung)
    before = start if paired else climb.held_out
    if own is None or before is None:
        return None
    points = 100 * (own.value - before.value)
    if paired and error is not None:
        return Gain(points=points, low=points - 100 * Z * error, high=points + 100 * Z * error, paired=True)
    metric, shares = climb.advice.metric, climb.class_shares
    one, other = (draws(metric, m.value, m.n, shares) for m in (own, before))
    apart = 100 * (one - np.random.default_rng(0).permutation(other))  # both are drawn from the same seed
    low, high = np.quantile(apart, [0.05, 0.95])
    return Gain(points=points, low=min(float(low), points), high=max(float(high), points), paired=False)


def p_target(climb: Climb) -> float | None:
    """The chance that the model kept really reaches the target; None without one."""
    target, reached = climb.advice.question.target, climb.held_out
    if target is None or reached is None:
        return None
    return float(np.mean(draws(climb.advice.metric, reached.value, reached.n, climb.class_shares) >= target))


@dataclass(frozen=True)
class Lead:
    """What a higher rung is expected to bring over the kept model, in points, and the chance that it is better.

    ``asked``: the points that its place and its costs ask for at the goal's tolerance and prices.
    """

    rung: RungName
    points: float
    chance: float
    asked: float

    def is_worth(self, has_target: bool) -> bool:
        """Whether to try it: a target, or the wish for the best, asks for a chance; a tolerance asks for points."""
        if self.chance < WORTH_TRYING:
            return False
        return has_target or self.asked <= 1e-9 or self.points > self.asked


def lead(climb: Climb, rung: RungName) -> Lead:
    """A higher rung against the model kept, or against the forecast of the first rung before anything was measured."""
    base, higher = (climb.advice.estimate(name) for name in (climb.kept_rung or climb.rungs[0], rung))
    reached = climb.held_out
    level = logit(reached.value, max(reached.n, 1)) if reached is not None else _forecast(base)
    step = 100 * (expit(level + _forecast(higher) - _forecast(base)) - expit(level))
    apart = 100 * (value(higher) - value(base))
    points = min(step, apart, key=abs)
    shrunk = points / apart if apart else 1.0
    error = shrunk * error_towards(points, higher, base)
    chance = normal_cdf(points / error) if error > 0 else float(points > 0)
    goal = climb.advice.question
    asked = points_of(higher, higher.costs, goal) - points_of(base, base.costs, goal)
    return Lead(rung, points, chance, max(0.0, asked))


def _forecast(estimate: Estimate) -> float:
    """The logit of a forecast."""
    return logit(value(estimate), FORECAST_ITEMS)


def candidates(climb: Climb) -> tuple[RungName, ...]:
    """The rungs that the climb is to train as far as is known: its first, and those that are worth trying by now."""
    has_target = climb.advice.question.target is not None
    done = {step.rung for step in climb.steps}
    left = [rung for rung in climb.rungs[1:] if rung not in done]
    return tuple(
        rung for rung in climb.rungs if climb.every or rung not in left or lead(climb, rung).is_worth(has_target)
    )


@dataclass(frozen=True)
class Onward:
    """What follows: a rung with its seconds, or None where the climb ends; and why (`said` in the page's words).

    ``why``: "first", "every", "target", "gain", "best" to go on; "reached", "top", "behind", "enough", "budget" to end.
    """

    rung: RungName | None
    why: str
    seconds: float = 0.0
    lead: Lead | None = None


def onward(climb: Climb) -> Onward:
    """Whether to train another rung, which, and for how long."""
    done = [step.rung for step in climb.steps]
    left = [rung for rung in climb.rungs if rung not in done]
    if climb.every:
        each = climb.budget_seconds / len(climb.rungs)
        return Onward(left[0], "every" if done else "first", each) if left else Onward(None, "top")
    if done and is_reached(climb):
        return Onward(None, "reached")
    if not left:
        return Onward(None, "top")
    has_target = climb.advice.question.target is not None
    leads = [lead(climb, rung) for rung in left]
    worth = [one for one in leads if one.is_worth(has_target)]
    if not done:
        return Onward(left[0], "first", seconds_for(climb, [one for one in worth if one.rung != left[0]]))
    if not worth:
        best = max(leads, key=lambda one: one.points - one.asked)
        return Onward(None, "behind" if best.chance < WORTH_TRYING else "enough", lead=best)
    seconds = seconds_for(climb, worth[1:])
    if seconds < LEAST_SECONDS:
        return Onward(None, "budget", lead=worth[0])
    why = "target" if has_target else "best" if worth[0].asked <= 1e-9 else "gain"
    return Onward(worth[0].rung, why, seconds, worth[0])


def is_reached(climb: Climb) -> bool:
    """Whether the model kept is likely to reach the target."""
    last = climb.steps[-1].p_target if climb.steps else None
    return last is not None and last >= LIKELY


def seconds_for(climb: Climb, others: Sequence[Lead]) -> float:
    """The seconds of the next step: what is left of the budget, or half of it where another is expected to be better.

    ``others``: the rungs that may follow. One that is only tried for its chance has what the steps before leave.
    """
    left = climb.budget_seconds - climb.seconds
    deadline = climb.advice.question.constraints.deadline_seconds or math.inf
    reserved = any(one.points > 0 for one in others) and SHARE * left >= LEAST_SECONDS
    return min(deadline, SHARE * left if reserved else left)
