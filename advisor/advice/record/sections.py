"""The decision record as sections of plain words and tables; Markdown and HTML only draw them."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.outlook.cost import CPU_WATTS, GPU_WATTS
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.side_by_side import Table, side_by_side
from advisor.core.kinds import kind_row
from advisor.core.ladder import rung
from advisor.core.records import Advice, Constraints, Prices, WhatIf
from advisor.core.records.wishes import wishes_of
from advisor.core.wording import count, duration, money, percent
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
    target = f"{percent(goal.target)} {advice.metric}" if goal.target is not None else "none"
    rungs = ", ".join(rung(name).title for name in goal.rungs)
    return (
        f"Target: {target}. Rungs allowed: {rungs}. Time for measuring: {duration(goal.budget_seconds)}.",
        f"Constraints: {_constraints(goal.constraints)}",
        "Prices are in one currency of the user's own.",
    )


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


def _prices(prices: Prices) -> Table:
    rows = [(wish.words.title, _price(getattr(prices, wish.name))) for wish in wishes_of(Prices)]
    return Table(("Price", "Amount"), tuple(rows))


def _price(amount: float) -> str:
    return count(amount) if isinstance(amount, int) else money(amount)


def _origins(advice: Advice) -> tuple[str, ...]:
    """How the numbers of the table are known."""
    return (
        "Values are expected on data the model has not seen. 'Known by' says how: measured by a probe, or predicted "
        "from what was measured on other datasets; n counts the items behind it.",
        "Training time and memory are predicted for this device. Costs are computed from times and prices. Energy is "
        f"the training time at an assumed {CPU_WATTS:g} W for a processor or {GPU_WATTS:g} W for a GPU.",
        f"Utility is {money(advice.question.prices.point)} for each point of {advice.metric}, less the costs.",
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
