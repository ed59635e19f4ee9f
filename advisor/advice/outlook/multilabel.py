"""Items with several labels: an estimate for each of the five rungs.

The probes measure four of them. What fine-tuning adds, and what networks from random weights lose, no completed task
with several labels says yet. Until this kind has enough of its own, the lines of the same items with one class each
stand in, in logits of the metric, and every interval is the prior's: wider by `PRIOR_VARIANCE`.
"""

from __future__ import annotations

import math

from advisor.advice.outlook.classification import DRAFTS, UNPROBED, items_of, seconds_per_item, words_decide
from advisor.advice.outlook.classification import situation_fields as situation_fields
from advisor.advice.outlook.common import TRAINING_SECONDS, excluded, forecast_of
from advisor.advice.outlook.elsewhere import informed
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.forecast import LEAST_TASKS, PRIOR_VARIANCE, Forecast, forecast
from advisor.advice.outlook.forecast import misses as misses
from advisor.advice.outlook.signals import Z, expit, logit
from advisor.advice.outlook.signals import measured_values as measured_values
from advisor.advice.outlook.steps import time_steps as time_steps
from advisor.advice.outlook.timing import peak_bytes, train_seconds
from advisor.core.kinds import kind_row
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Evidence, Goal, Kind, Situation
from advisor.core.wording import percent

BORROWED = (
    "No task with several labels has been completed yet: the interval is a prior's, wide, and the gains over frozen "
    "features are those of sets with one class per item."
)


def estimates(
    situation: Situation, evidence: Evidence, goal: Goal, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; a rung that is excluded or cannot be had says so in its reason.

    experience: what was carried out before; LadderBench and this machine's ledger where none is given.
    """
    known = Experience.here() if experience is None else experience
    values = expected(situation, known)
    every = tuple(one(rung, evidence, goal, situation, values.get(rung), known) for rung in RUNG_NAMES)
    return informed(every, situation.kind, known)


def one(
    rung: RungName, evidence: Evidence, goal: Goal, s: Situation, value: Forecast | None, known: Experience
) -> Estimate:
    """The estimate of one rung."""
    if rung not in goal.rungs:
        return excluded(rung)
    if value is None:
        return Estimate(rung=rung, available=False, reason=UNPROBED)
    draft = DRAFTS[rung](evidence)
    alike = stand_in(s)
    seconds = train_seconds(alike, rung, items_of(rung, s), known)
    return forecast_of(
        rung,
        value,
        n=draft.probe.measured.n,
        train_seconds=None if seconds is None else min(seconds, TRAINING_SECONDS),
        peak_memory_bytes=peak_bytes(known, alike.kind, rung),
        milliseconds_per_prediction=draft.milliseconds or 1000.0 * seconds_per_item(evidence),
        settings=draft.settings,
        details=draft.details if has_own(s.kind, known) else f"{draft.details} {BORROWED}",
    )


def expected(s: Situation, known: Experience) -> dict[RungName, Forecast]:
    """Every rung's forecast: by this kind's own tasks where they are enough, else by those that stand in, widened."""
    if has_own(s.kind, known):
        return forecast(s, known)
    return {rung: widened(value, s.n_test) for rung, value in forecast(stand_in(s), known).items()}


def has_own(kind: Kind, known: Experience) -> bool:
    """Whether this kind has enough completed tasks to say what its rungs reach."""
    return len({task.dataset for task in known.of_kind(kind)}) >= LEAST_TASKS


def stand_in(s: Situation) -> Situation:
    """The situation as one of the kind whose tasks stand in."""
    like = kind_row(s.kind).like
    return s.model_copy(update={"kind": like}) if like else s


def widened(value: Forecast, n_test: int) -> Forecast:
    """The forecast with the prior's variance added in logits."""
    centre = logit(value.value, n_test)
    sides = [abs(logit(bound, n_test) - centre) for bound in (value.low, value.high)]
    low, high = (math.hypot(side, Z * math.sqrt(PRIOR_VARIANCE)) for side in sides)
    gain = math.hypot(value.gain_error, math.sqrt(PRIOR_VARIANCE) * value.value * (1 - value.value))
    return Forecast(
        value=value.value,
        low=min(expit(centre - low), value.value),
        high=max(expit(centre + high), value.value),
        gain_error=gain if value.gain_error else 0.0,
        provenance=value.provenance,
    )


def asides(evidence: Evidence, chosen: Estimate, kind: Kind) -> tuple[str, ...]:
    """What is worth knowing beside the ladder: a trivial or a word-count model that comes close."""
    every = evidence.result("majority")
    sentences = [] if has_own(kind, Experience.here()) else [BORROWED]
    if every and chosen.low is not None and chosen.low <= every.measured.value:
        sentences.append(
            f"Giving every item every label reaches {percent(every.measured.value)} macro F1, so little is clearly "
            f"learned here yet. Check the labels, or add more."
        )
    return (*sentences, *words_decide(evidence, chosen))


def replayed(task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
    """What advice would expect of a completed task; `experience` should not hold its dataset."""
    return expected(task.situation, experience)
