"""The decision record as sections of plain words and tables; Markdown and HTML only draw them."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.outlook.cost import CPU_WATTS, GPU_WATTS
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.side_by_side import Table, side_by_side
from advisor.core.kinds import kind_row
from advisor.core.ladder import rung
from advisor.core.records import Advice, Constraints, Prices, WhatIf
from advisor.core.records.wishes import Wish, wishes_of
from advisor.core.wording import amount, count, duration, percent
from probes.measured import Measured


@dataclass(frozen=True)
class Section:
    """A part of the record: sentences, then a table, then code to copy; any of them may be missing."""

    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    code: str = ""


def sections(record: DecisionRecord) -> tuple[Section, ...]:
    """The whole record in its order; sections without content are left out."""
    advice = record.advice
    every = (
        Section("The recommendation", (advice.headline, *advice.sentences, *_coin_toss(advice))),
        Section("What was asked", _asked(advice), _prices(advice.question.prices)),
        Section("The five rungs", _origins(advice), side_by_side(advice)),
        Section("Why each rung is taken or not", (), _reasons(advice)),
        Section("What-if", tuple(what_if.sentence for what_if in advice.flips), _what_ifs(advice.flips)),
        _exchange(advice),
        Section("What was measured", record.remarks, _known(record)),
        Section("The data", _subject(record), _findings(record)),
        Section("Device and versions", (record.device_reason,), _hashes(record)),
        Section("How to repeat it", (REPLAY,), code="\n".join(record.commands)),
        Section("The plan", ("What the run reads, word for word.",), code=_plan(record)),
    )
    return tuple(s for s in every if s.code or s.sentences or (s.table and s.table.rows))


def _plan(record: DecisionRecord) -> str:
    """The plan without the situation, whose numbers stand above; the record as JSON has it."""
    return record.plan.model_dump_json(indent=1, exclude={"situation"})


REPLAY = "The first command advises for the same goal; the second trains with the settings that come of it."


def _coin_toss(advice: Advice) -> tuple[str, ...]:
    if advice.race is None:
        return ()
    one, other = (rung(name).title for name in advice.race)
    return (f"{one} and {other} are too close to call; a race of both would settle it.",)


def _asked(advice: Advice) -> tuple[str, ...]:
    goal = advice.question
    rungs = ", ".join(rung(name).title for name in goal.rungs)
    nameless = _given(goal.prices) and not goal.prices.currency
    return (
        f"{_need(advice)} Rungs allowed: {rungs}. Time for measuring: {duration(goal.budget_seconds)}.",
        f"Constraints: {_constraints(goal.constraints)}",
        *(("Prices are in one currency of the user's own.",) if nameless else ()),
    )


def _need(advice: Advice) -> str:
    """What the user needs, a sentence."""
    goal = advice.question
    if goal.target is not None:
        return f"Asked for: {percent(goal.target)} {advice.metric}."
    if goal.tolerance == 0:
        return "Asked for: the best model."
    points = "1 point" if goal.tolerance == 1 else f"{goal.tolerance:g} points"
    return f"Asked for: the cheapest rung that is nearly as good, up to {points} behind for each step of the ladder."


def _constraints(constraints: Constraints) -> str:
    """Each constraint in a sentence."""
    sentences = []
    for wish in wishes_of(Constraints):
        value = getattr(constraints, wish.name)
        if value is True:
            sentences.append(f"{wish.words.title}.")
        elif value:
            unit, times = wish.words.page_unit or (wish.words.unit, 1.0)
            sentences.append(f"{wish.words.title}: {value / times:g} {unit}.")
    return " ".join(sentences) or "none."


def _given(prices: Prices) -> list[Wish]:
    """The prices that the user gave."""
    return [wish for wish in wishes_of(Prices) if getattr(prices, wish.name) != wish.default]


def _prices(prices: Prices) -> Table | None:
    """The prices given, with the months that they count over; None without any."""
    wishes = [wish for wish in wishes_of(Prices) if wish in _given(prices) or wish.name == "months"]
    rows = [(wish.words.title, _price(wish, prices)) for wish in wishes if wish.type is not str]
    return Table(("Price", "Amount"), tuple(rows)) if _given(prices) else None


def _price(wish: Wish, prices: Prices) -> str:
    number = getattr(prices, wish.name)
    return count(number) if wish.type is int else amount(number, prices.currency)


def _origins(advice: Advice) -> tuple[str, ...]:
    """How the numbers of the table are known."""
    costs = "Costs are computed from times and prices. " if any(e.costs for e in advice.estimates) else ""
    return (
        "Values are expected on data the model has not seen. 'Known by' says how: measured by a probe, or predicted "
        "from what was measured on other datasets; n counts the items behind it.",
        f"Training time and memory are predicted for this device. {costs}Energy is the training time at an assumed "
        f"{CPU_WATTS:g} W for a processor or {GPU_WATTS:g} W for a GPU.",
        *_luck(advice),
    )


def _luck(advice: Advice) -> tuple[str, ...]:
    """Why a rung that trains nothing is trusted less where it comes close."""
    if not any(e.curse >= 0.0005 for e in advice.estimates):
        return ()
    return (
        "Rungs that train nothing and come close to the best were mostly lucky on other datasets, so some points are "
        "taken off their forecasts; the table names them.",
    )


def _reasons(advice: Advice) -> Table:
    rows = [(rung(e.rung).title, " ".join(filter(None, (e.blocked, e.reason))), e.details) for e in advice.estimates]
    return Table(("Rung", "Reason", "What the number rests on"), tuple(rows))


def _what_ifs(what_ifs: tuple[WhatIf, ...]) -> Table:
    rows = [
        (w.what, _amount(w.what, w.now), _amount(w.what, w.value), _between(w), rung(w.rung).title) for w in what_ifs
    ]
    headings = ("What changes", "Now", "Changes at", "90 % interval", "Then recommended")
    return Table(headings, tuple(rows)).without_empty()


def _amount(what: str, value: float | None) -> str:
    if value is None:
        return ""
    if what == "tolerance":
        return f"{value:g} points a step"
    return percent(value) if what == "target" else f"{value:,.4g}"


def _between(what_if: WhatIf) -> str:
    if what_if.low is None or what_if.high is None:
        return ""
    return f"{_amount(what_if.what, what_if.low)} to {_amount(what_if.what, what_if.high)}"


def _exchange(advice: Advice) -> Section:
    rate = advice.exchange
    title = "What the pre-trained model is worth in labels"
    if rate is None:
        return Section(title)
    limit = f"{rate.provenance.capitalize()}, and not beyond {rate.furthest:g} times the labels at hand."
    return Section(title, (rate.sentence, limit))


def _known(record: DecisionRecord) -> Table:
    rows = [(k.what, *_number(k.number), k.backbone) for k in record.known]
    heads = ("What", record.advice.metric.capitalize(), "Interval", "n", "Took", "Provenance", "Backbone")
    return Table(heads, tuple(rows))


def _number(number: Measured) -> tuple[str, str, str, str, str]:
    interval = f"{100 * number.low:.1f} to {percent(number.high)} ({100 * number.level:.0f} %)"
    return percent(number.value), interval, f"{number.n:,}", duration(number.seconds), number.provenance


def _subject(record: DecisionRecord) -> tuple[str, ...]:
    subject = record.subject
    classes = f" in {subject.n_classes} classes" if subject.n_classes else ""
    parts = ", ".join(f"{n:,} {part}" for part, n in subject.parts.items())
    aside = f" {subject.n_set_aside:,} are set aside." if subject.n_set_aside else ""
    items = kind_row(subject.kind).counted(subject.n_used)
    split = "official split" if subject.official_split else "drawn here"
    return (
        f"{subject.name}: {items}{classes}, read from {subject.source}.{aside}",
        f"Parts ({split}): {parts}. The advice has not looked at the test part.",
    )


def _findings(record: DecisionRecord) -> Table:
    rows = [(f.severity, f.sentence) for f in record.subject.findings]
    return Table(("Finding", "What"), tuple(rows))


def _hashes(record: DecisionRecord) -> Table:
    rows = [
        ("Dataset, SHA-256", record.subject.fingerprint),
        ("Backbone", record.backbone),
        ("Weights, SHA-256", record.backbone_hash),
        ("Device", record.device),
        *record.versions.items(),
    ]
    return Table(("What", "Which"), tuple(rows))
