"""The decision record as sections of plain words and tables; Markdown and HTML only draw them."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.outlook.cost import CPU_WATTS, GPU_WATTS
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.side_by_side import Table, side_by_side
from advisor.core.ladder import rung
from advisor.core.records import Advice, Constraints, Prices, WhatIf
from advisor.core.records.wishes import wishes_of
from advisor.core.wording import count, duration, money, percent
from probes.measured import Measured

KINDS = {"image": "images", "text": "texts", "qa": "questions over documents"}


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
    made = (
        Section("The recommendation", (advice.headline, *advice.sentences, *_tossed(advice))),
        Section("What was asked", _asked(advice), _prices(advice.question.prices)),
        Section("The five rungs", _told(advice), side_by_side(advice)),
        Section("Why each rung is taken or not", (), _reasons(advice)),
        Section("What would flip it", tuple(f.sentence for f in advice.flips), _flips(advice.flips)),
        _exchange(advice),
        Section("What was measured", record.remarks, _known(record)),
        Section("The data", _subject(record), _findings(record)),
        Section("On what", (record.device_reason,), _hashes(record)),
        Section("To do it again", (REPLAY,), code="\n".join(record.commands)),
        Section("The plan", ("What the run is given, word for word.",), code=_plan(record)),
    )
    return tuple(s for s in made if s.code or s.sentences or (s.table and s.table.rows))


def _plan(record: DecisionRecord) -> str:
    """The plan without the situation, whose numbers stand above; the record as JSON has it."""
    return record.plan.model_dump_json(indent=1, exclude={"situation"})


REPLAY = "The first command asks the same question, the second trains with the settings that come of it."


def _tossed(advice: Advice) -> tuple[str, ...]:
    if advice.race is None:
        return ()
    one, other = (rung(name).title for name in advice.race)
    return (f"{one} and {other} are too close to call from what was measured; a race of both would settle it.",)


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


def _told(advice: Advice) -> tuple[str, ...]:
    """Where the numbers of the table come from that were not measured."""
    return (
        "Values are expected on data the model has not seen. 'Known by' names how: measured by a probe, or "
        "predicted from what was measured on other datasets; n counts the items behind it.",
        "Training time and memory are predicted for this device. Costs are computed from times and prices. Energy is "
        f"the training time at an assumed {CPU_WATTS:g} W for a processor or {GPU_WATTS:g} W for a GPU.",
        f"Utility is {money(advice.question.prices.point)} for each point of {advice.metric}, costs taken off.",
    )


def _reasons(advice: Advice) -> Table:
    rows = [(rung(e.rung).title, " ".join(filter(None, (e.blocked, e.reason))), e.details) for e in advice.estimates]
    return Table(("Rung", "Reason", "What the number rests on"), tuple(rows))


def _flips(flips: tuple[WhatIf, ...]) -> Table:
    rows = [(f.what, _amount(f.what, f.now), _amount(f.what, f.value), _between(f), rung(f.rung).title) for f in flips]
    return Table(("What changes", "Now", "Flips at", "90 % interval", "Then recommended"), tuple(rows)).without_empty()


def _amount(what: str, value: float | None) -> str:
    if value is None:
        return ""
    return percent(value) if what == "target" else f"{value:,.4g}"


def _between(flip: WhatIf) -> str:
    if flip.low is None or flip.high is None:
        return ""
    return f"{_amount(flip.what, flip.low)} to {_amount(flip.what, flip.high)}"


def _exchange(advice: Advice) -> Section:
    found = advice.exchange
    title = "What the pre-trained model is worth in labels"
    if found is None:
        return Section(title)
    told = f"{found.provenance.capitalize()}, and not beyond {found.furthest:g} times the labels at hand."
    return Section(title, (found.sentence, told))


def _known(record: DecisionRecord) -> Table:
    rows = [(k.what, *_number(k.number), k.backbone) for k in record.known]
    heads = ("What", record.advice.metric.capitalize(), "Interval", "n", "Took", "Provenance", "Backbone")
    return Table(heads, tuple(rows))


def _number(number: Measured) -> tuple[str, str, str, str, str]:
    interval = f"{100 * number.low:.1f} to {percent(number.high)} ({100 * number.level:.0f} %)"
    return percent(number.value), interval, f"{number.n:,}", duration(number.seconds), number.provenance


def _subject(record: DecisionRecord) -> tuple[str, ...]:
    it = record.subject
    classes = f" in {it.n_classes} classes" if it.n_classes else ""
    parts = ", ".join(f"{n:,} {part}" for part, n in it.parts.items())
    aside = f" {it.n_set_aside:,} are set aside." if it.n_set_aside else ""
    split = "given with the data" if it.official_split else "drawn here"
    return (
        f"{it.name}: {it.n_used:,} {KINDS[it.kind]}{classes}, read from {it.source}.{aside}",
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
