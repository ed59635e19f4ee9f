"""Who else might advise: constant answers, rules of thumb, single probes, and races.

Each is a learner like the advisor itself (`advisor.score.choice`): it learns from other datasets' tasks and answers for
one situation. What a rule leaves open is read in its favour: a rule made for classification answers retrieval where
questions are asked, a choice among values takes the cheapest within one point of the best, and what must be fitted is
fitted per kind of data. All but one know no targets and answer the same with one. Rules of thumb name rungs; nothing
else in this room does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.tasks import outlook_of
from advisor.core.kinds import KIND_NAMES, Kind, kind_row
from advisor.core.ladder import BASE, FRESH, RUNG_NAMES, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Goal, Situation
from advisor.score.choice import Adviser, Choice, Learner, take
from advisor.score.measures import Truth, cheapest, number, truths

#: The newsletter's table: hundreds of labels for frozen, thousands for fine-tuning, very many for scratch.
HUNDREDS, THOUSANDS, VERY_MANY = 100, 2_000, 50_000
#: The one baseline that knows targets.
TARGET_RULE = "measured enough, else fine-tune"
#: CS231n: more labels than this are many.
LARGE = 1_000


def always(rung: RungName) -> Learner:
    """The same rung for everyone."""
    return lambda past: lambda case, goal: take(rung)


def at_random(past: Experience) -> Adviser:
    """Any rung that can be carried out, each as likely; scored by its expected value, not by one draw."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        rungs = applicable(case)
        return Choice({rung: 1.0 / len(rungs) for rung in rungs})

    return answer


def of_classes(rule: Callable[[Situation], RungName]) -> Adviser:
    """A rule for classes; where questions are answered from documents it answers retrieval."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        classes = kind_row(case.situation.kind).task == "classification"
        return take(rule(case.situation) if classes else "rag")

    return answer


def by_kind(known: Sequence[Truth]) -> dict[Kind, list[Truth]]:
    """The tasks of each kind of data."""
    return {kind: [truth for truth in known if truth.kind == kind] for kind in KIND_NAMES}


def newsletter(past: Experience) -> Adviser:
    """The table of "what to do with a pre-trained model" that the ladder comes from (docs/design.md), as a rule."""
    return of_classes(by_table)


def by_table(s: Situation) -> RungName:
    """By the number of labels."""
    if s.n_labels < HUNDREDS:
        return "prompting"
    if s.n_labels < THOUSANDS:
        return "frozen"
    return "fine-tune" if s.n_labels < VERY_MANY else "scratch"


def cs231n(past: Experience) -> Adviser:
    """Size by similarity, as Stanford's course notes have it: https://cs231n.github.io/transfer-learning/"""
    return of_classes(by_size_and_similarity)


def by_size_and_similarity(s: Situation) -> RungName:
    """Few labels: a linear head, on earlier layers where the data is unlike; both are the frozen rung. Many: fine-tune.

    Many and unlike: the notes allow scratch, and say that in practice it is still better to start from pre-trained
    weights. So likeness changes the layer, never the rung.
    """
    return "frozen" if s.n_labels <= LARGE else "fine-tune"


def logme(past: Experience) -> Adviser:
    """LogME (You et al., ICML 2021) as the judge: frozen from a fitted threshold on, else fine-tune."""
    known = truths(past)
    limits = {kind: _threshold(of_kind) for kind, of_kind in by_kind(known).items()}

    def judged(s: Situation) -> RungName:
        return "frozen" if s.logme is not None and s.logme >= limits[s.kind] else "fine-tune"

    return of_classes(judged)


def _threshold(known: Sequence[Truth]) -> float:
    """The threshold on LogME that names the ideal rung most often, of equals the one of least regret."""
    cases = [(c.situation.logme, t) for t in known for c in t.cases if c.situation.logme is not None]
    scores = sorted({score for score, _ in cases})
    limits = [-math.inf, *((a + b) / 2 for a, b in pairwise(scores)), math.inf]

    def quality(limit: float) -> tuple[int, float]:
        picks: list[tuple[RungName, Truth]] = [("frozen" if score >= limit else "fine-tune", t) for score, t in cases]
        return sum(rung == t.ideal for rung, t in picks), sum(t.values.get(rung, 0.0) for rung, t in picks)

    return max(limits, key=quality)


def probes_only(past: Experience) -> Adviser:
    """The best of what the probes measure of the pre-trained model: prompting, retrieval or frozen."""
    return lambda case, goal: take(cheapest(probed(case.situation)) or BASE)


def probed(s: Situation) -> dict[RungName, float]:
    """The measured value of the rungs that stand on the pre-trained model."""
    values = outlook_of(s.kind).measured_values(s)
    return {rung: value for rung, value in values.items() if row_of(rung).starts_pretrained}


def measured_enough(past: Experience) -> Adviser:
    """The cheapest rung that was measured to reach the target, else fine-tuning; without a target fine-tuning."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        values = probed(case.situation) if goal.target is not None else {}
        return take(next((rung for rung in RUNG_NAMES if values.get(rung, 0.0) >= (goal.target or 0.0) > 0), TUNED))

    return answer


def static_ranking(past: Experience) -> Adviser:
    """The rungs in one order per kind of data: by how often each was ideal on other datasets, then by its value."""
    known = truths(past)
    orders = {kind: _order(of_kind) for kind, of_kind in by_kind(known).items()}

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        rungs = applicable(case)
        return take(next(rung for rung in orders[case.situation.kind] if rung in rungs))

    return answer


def _order(known: Sequence[Truth]) -> list[RungName]:
    def quality(rung: RungName) -> tuple[int, float]:
        return sum(t.ideal == rung for t in known), sum(t.values.get(rung, 0.0) for t in known)

    return sorted(RUNG_NAMES, key=quality, reverse=True)


def short_race(past: Experience) -> Adviser:
    """Successive halving at the advice's own cost: the probes and short runs are the race, their winner is taken."""
    return lambda case, goal: take(cheapest(short_runs(case)) or BASE)


def short_runs(case: CompletedTask) -> dict[RungName, float]:
    """The measured values with those of the short runs: fine-tuning on a few items, images from scratch likewise.

    The short fine-tuning was scored on items of its own, so its gain over the frozen head there is added to the frozen
    value.
    """
    values = outlook_of(case.situation.kind).measured_values(case.situation)
    gain, fresh = case.short.get("tuned_gain"), case.short.get("fresh_value")
    if BASE in values and gain is not None:
        values[TUNED] = values[BASE] + gain
    if fresh is not None:
        values.setdefault(FRESH, fresh)
    return values


def halving(past: Experience) -> Adviser:
    """Successive halving over all rungs: the two ahead in the short runs are carried out, validation decides."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        values = short_runs(case)
        last = sorted(values, key=lambda rung: (-values[rung], RUNG_NAMES.index(rung)))[:2]
        return raced(case, last)

    return answer


def trying_everything(past: Experience) -> Adviser:
    """Every rung is carried out and validation decides: what certainty costs. No baseline, since it needs no advice."""
    return lambda case, goal: raced(case, applicable(case))


def raced(case: CompletedTask, rungs: Sequence[RungName]) -> Choice:
    """Carry out the rungs, take the cheapest within a point of the best in validation, and charge the others."""
    run = [rung for rung in rungs if case.value(rung) is not None]
    validated = {rung: case.number(rung, "validation") for rung in run}
    values = {rung: value for rung, value in validated.items() if value is not None}
    taken: RungName = cheapest(values) or (rungs[0] if rungs else BASE)
    return Choice({taken: 1.0}, sum(number(case, rung, "cpu_seconds") for rung in run if rung != taken))


def applicable(case: CompletedTask) -> list[RungName]:
    """The rungs that can be carried out for this kind of data; which do is known before."""
    return [rung for rung in RUNG_NAMES if case.value(rung) is not None]


BASELINES: tuple[tuple[str, Learner], ...] = (
    *((f"always {rung}", always(rung)) for rung in RUNG_NAMES),
    ("random rung", at_random),
    ("newsletter table", newsletter),
    ("CS231n rule", cs231n),
    ("LogME", logme),
    ("probes only", probes_only),
    ("static ranking", static_ranking),
    (TARGET_RULE, measured_enough),
    ("short race", short_race),
    ("successive halving", halving),
)
REFERENCES: tuple[tuple[str, Learner], ...] = (("trying every rung", trying_everything),)
