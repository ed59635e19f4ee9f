"""Another target: every target to a tenth of a point with what is decided for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.advice.cases import Case
from advisor.advice.comparison import title
from advisor.advice.decide import LEAST_CHANCE, LIKELY, SAME_CHANCE, Decision, decide, high, low, usable, value
from advisor.advice.outlook.cost import p_at_least
from advisor.core.records import Estimate, WhatIf
from advisor.core.wording import percent

#: Targets are tenths of a point.
TENTHS = 1000
STEP = 1.0 / TENTHS
#: Of targets that no rung has this chance of, nothing is said.
HOPE = 0.05
#: Which rungs are likely to reach a target, which have the best chance of it, and whether none has any.
Chances = tuple[tuple[bool, ...], tuple[bool, ...], bool]


def target_what_ifs(case: Case) -> Iterator[WhatIf]:
    """Every span of targets at which another rung is recommended, the lowest first; without a target those alone that
    are likely to be reached.

    The sentence says where no rung is likely to reach a target.
    """
    target = case.goal.target
    changed = (span for span in target_spans(case) if span.decision.recommended != case.decision.recommended)
    for span in changed:
        if not (span.decision.sure or (target is not None and hoped(case, span) >= HOPE)):
            continue
        one = title(case.find(span.decision.recommended))
        unlikely = f"{one} would come closest, and no rung would be likely to reach it"
        yield WhatIf(
            what="target",
            now=target,
            value=span.low if target is not None and span.low > target else span.high,
            rung=span.decision.recommended,
            sentence=f"With a target of {span}, {f'{one} would be recommended' if span.decision.sure else unlikely}.",
        )


def hoped(case: Case, span: TargetSpan) -> float:
    """The best chance of the lowest target of a span."""
    return max(e.p_target or 0.0 for e in case.repriced(target=span.low))


@dataclass(frozen=True)
class TargetSpan:
    """Targets from `low` to `high`, shares on a grid of a tenth of a point, for which the same is decided."""

    low: float
    high: float
    decision: Decision

    def __str__(self) -> str:
        if self.low <= STEP:
            return f"{percent(self.high)} or less"
        if self.high >= 1.0 > self.low:
            return f"{percent(self.low)} or more"
        return percent(self.low) if self.low == self.high else f"{percent(self.low)} to {percent(self.high)}"


def target_spans(case: Case) -> list[TargetSpan]:
    """Every target with what is decided for it, the lowest first.

    All that a decision asks of a target is `chances`, so it is decided once for each run of targets where these stay.
    """
    open_to_it = usable(case.repriced(target=STEP), case.goal.model_copy(update={"target": STEP}))
    every = [chances(place / TENTHS, open_to_it) for place in range(1, TENTHS + 1)]
    spans: list[TargetSpan] = []
    start = 1
    for end in (p for p in range(1, TENTHS + 1) if p == TENTHS or every[p] != every[p - 1]):
        decision = at_target(case, end / TENTHS)
        before = spans[-1] if spans else None
        if before and (before.decision.recommended, before.decision.sure) == (decision.recommended, decision.sure):
            spans[-1] = TargetSpan(before.low, end / TENTHS, decision)
        else:
            spans.append(TargetSpan(start / TENTHS, end / TENTHS, decision))
        start = end + 1
    return spans


def chances(target: float, open_to_it: Sequence[Estimate]) -> Chances:
    """What the decision asks of the chances of a target (`advice.decide`)."""
    every = [p_at_least(target, value(e), low(e), high(e)) for e in open_to_it]
    most = max(every)
    return tuple(p >= LIKELY - 1e-9 for p in every), tuple(p >= most - SAME_CHANCE for p in every), most < LEAST_CHANCE


def at_target(case: Case, target: float) -> Decision:
    """What is decided for a target."""
    return decide(case.repriced(target=target), case.goal.model_copy(update={"target": target}))
