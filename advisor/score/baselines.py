"""Who else might advise: constant answers, rules of thumb, single probes, and races.

Each is a learner like the advisor itself (`advisor.score.choice`): it learns from other datasets' tasks and
answers for one situation. What a rule leaves open is read in its favour: a rule made for classification answers
retrieval for questions, a choice among values takes the cheapest within one point of the best, and what must be fitted
is fitted per kind of data. Rules know no targets and answer the same with one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Goal, Situation
from advisor.score import seen
from advisor.score.choice import Adviser, Choice, Learner, take
from advisor.score.measures import Truth, cheapest, number, truths
from advisor.score.replay import number as noted
from advisor.score.seen import measured, short_runs
from advisor.score.worth import worth

#: The newsletter's table: hundreds of labels for frozen, thousands for fine-tuning, very many for scratch.
HUNDREDS, THOUSANDS, VERY_MANY = 100, 2_000, 50_000
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


def newsletter(past: Experience) -> Adviser:
    """The table of "what to do with a pre-trained model" that the ladder comes from (docs/design.md), as a rule."""
    return lambda case, goal: take(by_table(case.situation))


def by_table(s: Situation) -> RungName:
    """Knowledge in documents: retrieval; else by the number of labels."""
    if s.kind == "qa":
        return "rag"
    if s.n_labels < HUNDREDS:
        return "prompting"
    if s.n_labels < THOUSANDS:
        return "frozen"
    return "fine-tune" if s.n_labels < VERY_MANY else "scratch"


def cs231n(past: Experience) -> Adviser:
    """Size by similarity, as Stanford's course notes have it: https://cs231n.github.io/transfer-learning/"""
    return lambda case, goal: take(by_size_and_similarity(case.situation))


def by_size_and_similarity(s: Situation) -> RungName:
    """Few labels: a linear head, on earlier layers where the data is unlike; both are the frozen rung. Many: fine-tune.

    Many and unlike: the notes allow scratch, and say that in practice it is still better to start from pre-trained
    weights. So likeness changes the layer, never the rung.
    """
    if s.kind == "qa":
        return "rag"
    return "frozen" if s.n_labels <= LARGE else "fine-tune"


def logme(past: Experience) -> Adviser:
    """LogME (You et al., ICML 2021) as the judge: frozen from a fitted threshold on, else fine-tune."""
    known = truths(past, worth)
    limits = {kind: _threshold([t for t in known if t.kind == kind]) for kind in ("image", "text")}

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        s = case.situation
        if s.kind == "qa":
            return take("rag")
        return take("frozen" if s.logme is not None and s.logme >= limits[s.kind] else "fine-tune")

    return answer


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
    """The best of what the probes measure themselves: prompting, retrieval or frozen."""
    return lambda case, goal: take(cheapest(measured(case.situation)) or "frozen")


def static_ranking(past: Experience) -> Adviser:
    """The rungs in one order per kind of data: by how often each was ideal on other datasets, then by its value."""
    known = truths(past, worth)
    orders = {kind: _order([t for t in known if t.kind == kind]) for kind in ("image", "text", "qa")}

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
    return lambda case, goal: take(cheapest(short_runs(case)) or "frozen")


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
    values = seen.known({rung: noted(case.outcomes[rung], "validation") for rung in run})
    taken: RungName = cheapest(values) or (rungs[0] if rungs else "frozen")
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
    ("short race", short_race),
    ("successive halving", halving),
)
REFERENCES: tuple[tuple[str, Learner], ...] = (("trying every rung", trying_everything),)
