"""More or fewer labels, and what a label may cost: changes that need a curve, quoted to four times the labels only."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

from advisor.advice.cases import At, Case
from advisor.advice.comparison import title
from advisor.advice.decide import decide, gain_error, reaches, usable, worth
from advisor.advice.explain import likelihood
from advisor.advice.outlook.cost import Z, repriced
from advisor.advice.outlook.elsewhere import with_luck
from advisor.advice.outlook.signals import FURTHEST
from advisor.advice.search import first_change, first_reached, geometric, outward
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Goal, WhatIf
from advisor.core.wording import amount, count, counted, percent

#: How far a curve is followed, in times the labels at hand (docs/design.md, what is known, 6).
FEWEST, MOST = 0.25, 4.0
STEP = 2**0.25
HALVINGS = 7
#: A curve that ends below so many times the labels at hand says nothing of more labels.
WORTH_SAYING = 1.2
#: Shares of labels that could be bought, as multiples of those at hand.
BOUGHT = (1.5, 2.0, 3.0, 4.0)
#: Prices of a label that are tried.
LOWEST_PRICE, HIGHEST_PRICE = 1e-4, 1e4
#: A rung that is recommended with some labels bought, its utility in money before they are paid, and how many they are.
Offer = tuple[RungName, float, int]


def label_what_ifs(case: Case) -> Iterator[WhatIf]:
    """More labels, then fewer, with the interval that the errors of the two rungs leave."""
    if case.at is None or case.n_labels < 1:
        return
    at, now = functools.cache(case.at), case.decision.recommended

    def decided(times: float) -> RungName:
        return decide(at(times), case.goal).recommended

    if decided(1.0) != now:
        return
    for end in (MOST, FEWEST):
        change = first_change(decided, geometric(1.0, end, STEP), now, HALVINGS)
        if change:
            yield label_what_if(case, at, *change)


def label_what_if(case: Case, at: At, times: float, rung: RungName) -> WhatIf:
    """The what-if at so many times the labels, in labels per class where there are classes."""
    up, per_class = times > 1, case.n_classes > 1
    each = case.n_labels / (case.n_classes if per_class else 1)
    low, high = interval(case, at, times, rung)
    what = "labels per class" if per_class else "labels"
    ends = f"{count(rounded(each * low, up=False)) if low else f'under {count(each * FEWEST)}'} to " + (
        count(rounded(each * high, up=True)) if high else f"over {count(each * MOST)}"
    )
    one = "label per class" if per_class else "label"
    about = counted(rounded(each * times, up), one, what)
    sentence = (
        f"With about {about} (you have {count(each)}; plausible range: {ends}), "
        f"{title(case.find(rung))} would be recommended."
    )
    return WhatIf(
        what=what, now=each, value=each * times, low=low and each * low, high=high and each * high, rung=rung,
        sentence=sentence,
    )  # fmt: skip


def labels_for_target(case: Case) -> tuple[str, ...]:
    """Where no rung is likely to reach the target: the labels with which one would be, a sentence.

    Nothing without a curve to follow.
    """
    if case.at is None or case.n_labels < 1 or case.decision.sure is not False:
        return ()
    at = functools.cache(case.at)

    def likeliest(times: float) -> Estimate:
        return max(usable(at(times), case.goal), key=lambda e: (e.p_target or 0.0, -row_of(e.rung).place))

    times = first_reached(lambda times: reaches(likeliest(times)), geometric(1.0, MOST, STEP), HALVINGS)
    if times is None:
        return (unlikely(case, likeliest(MOST)),)
    n = rounded(times * case.n_labels, up=True)
    price = case.goal.prices.label
    cost = f"; {count(n - case.n_labels)} more cost {written(price * (n - case.n_labels), case)}" if price else ""
    target = percent(case.goal.target or 0.0)
    likely = f"{title(likeliest(times))} would be likely to reach {target}{cost}"
    return (f"With about {counted(n, 'label')} (you have {count(case.n_labels)}), {likely}.",)


def rounded(labels: float, up: bool) -> int:
    """A number of labels to two digits, away from the present: no curve tells more.

    >>> rounded(1226.4, up=True), rounded(37.5, up=False)
    (1300, 37)
    """
    return (math.ceil if up else math.floor)(outward(labels, up))


def unlikely(case: Case, best: Estimate) -> str:
    """How many labels would not make the target likely, with the best rung: a curve is quoted as far as it goes."""
    furthest = FURTHEST * best.n if row_of(best.rung).needs_labels else MOST * case.n_labels
    if furthest < WORTH_SAYING * case.n_labels:
        return (
            f"How many labels would make your target likely is unknown: the probes looked at {count(best.n)} of your "
            f"{count(case.n_labels)}. A longer budget measures more of them."
        )
    target = percent(case.goal.target or 0.0)
    odds = f"{title(best)} would have {likelihood(best.p_target or 0.0)} of {target}"
    if furthest < MOST * case.n_labels:
        no = "As far as the learning curve goes, no number would make your target likely"
        return f"{no}: {odds} with {count(furthest)}."
    return f"Four times your labels would not make your target likely: {odds} with {count(MOST * case.n_labels)}."


def interval(case: Case, at: At, times: float, rung: RungName) -> tuple[float | None, float | None]:
    """Where `rung` comes to be recommended when its gain over the chosen one is at its 5 % and at its 95 % point.

    In times the labels; None where that lies beyond a quarter or four times.
    """
    errors = gain_error(case.find(rung)), gain_error(case.chosen)
    shift = Z * math.hypot(*(error or 0.0 for error in errors))
    places = geometric(FEWEST, MOST, STEP) if times > 1 else geometric(MOST, FEWEST, STEP)

    def place(by: float) -> float | None:
        def reached(times: float) -> bool:
            return _decided(moved(at(times), rung, by, case), case.goal) == rung

        return first_reached(reached, places, HALVINGS)

    ends = (place(shift), place(-shift)) if times > 1 else (place(-shift), place(shift))
    low, high = ends
    if times > 1:  # with luck it holds from the fewest labels on: the lower end lies below them
        low = None if low is not None and low <= FEWEST else low
    else:
        high = None if high is not None and high >= MOST else high
    return (None if low is None else min(low, times)), (None if high is None else max(high, times))


def moved(estimates: Sequence[Estimate], rung: RungName, by: float, case: Case) -> tuple[Estimate, ...]:
    """The estimates with one rung's value and bounds moved by so much, within 0 to 1, and priced again."""

    def shifted(estimate: Estimate) -> Estimate:
        if estimate.rung != rung or estimate.value is None:
            return estimate
        lucky = with_luck(estimate)
        span = {name: getattr(lucky, name) for name in ("value", "low", "high")}
        return lucky.model_copy(update={name: min(max(x + by, 0.0), 1.0) for name, x in span.items()})

    return repriced([shifted(e) for e in estimates], case.goal, case.device)


def label_price_what_ifs(case: Case) -> Iterator[WhatIf]:
    """The price of a label at which buying some and taking another rung is worth more than the recommendation.

    Nothing where the user has not said what a label costs and what a point is worth.
    """
    price = case.goal.prices.label
    if case.at is None or case.n_labels < 1 or price is None or not case.goal.prices.point:
        return
    offers = offers_of(case, functools.cache(case.at))
    if best_offer(offers, price)[0] == case.decision.recommended:
        yield from cheaper_labels(case, offers, price)
    else:
        yield from dearer_labels(case, offers, price)


def dearer_labels(case: Case, offers: Sequence[Offer], price: float) -> Iterator[WhatIf]:
    """Buying labels pays at the present price: up to which price it does."""
    rung, more = best_offer(offers, price)
    change = first_change(
        lambda each: best_offer(offers, each)[0], geometric(max(price, LOWEST_PRICE), HIGHEST_PRICE, 2.0), rung
    )
    if change is None:
        return
    prices = (outward(change[0], up=False), 0.995 * change[0])
    limit = next((each for each in prices if best_offer(offers, each)[0] == rung), None)
    if limit is None or limit < price:
        return
    begin = f"As long as a label costs at most {written(limit, case)} (now {written(price, case)}), it pays"
    yield WhatIf(what="label price", now=price, value=limit, rung=rung, sentence=bought(begin, more, rung, case))


def cheaper_labels(case: Case, offers: Sequence[Offer], price: float) -> Iterator[WhatIf]:
    """The price, below the present one, at which labels and another rung would pay."""
    if price <= LOWEST_PRICE:
        return
    now = case.decision.recommended
    change = first_change(lambda p: best_offer(offers, p)[0], geometric(price, LOWEST_PRICE, 2.0), now)
    if change is None:
        return
    place, rung = change
    limit = outward(place, up=False)
    limit = limit if best_offer(offers, limit)[0] == rung else place
    begin = f"If a label cost {written(limit, case)} or less (now {written(price, case)}), it would pay"
    sentence = bought(begin, best_offer(offers, limit)[1], rung, case)
    yield WhatIf(what="label price", now=price, value=limit, rung=rung, sentence=sentence)


def bought(begin: str, more: int, rung: RungName, case: Case) -> str:
    """That labels and another rung pay, a sentence."""
    return (
        f"{begin} to label {counted(more, 'more item')} and use {title(case.find(rung))} instead of "
        f"{title(case.chosen)}."
    )


def written(price: float, case: Case) -> str:
    """A price in the user's currency."""
    return amount(price, case.goal.prices.currency)


def offers_of(case: Case, at: At) -> list[Offer]:
    """What is recommended with the labels at hand, and with each number that could be had, worth in money."""
    point = case.goal.prices.point or 0.0
    offers = [(case.decision.recommended, point * worth(case.chosen), 0)]
    for times in BOUGHT:
        try:
            estimates = at(times)
            rung = decide(estimates, case.goal).recommended
        except AdviceError:
            continue
        utility = point * worth(next(e for e in estimates if e.rung == rung))
        offers.append((rung, utility, round((times - 1) * case.n_labels)))
    return offers


def best_offer(offers: Sequence[Offer], price: float) -> tuple[RungName, int]:
    """(rung, labels to buy) of the offer that is worth most at a price of a label; the fewest labels where alike."""
    rung, _, more = max(offers, key=lambda offer: (offer[1] - price * offer[2], -offer[2]))
    return rung, more


def _decided(estimates: Sequence[Estimate], goal: Goal) -> RungName | None:
    try:
        return decide(estimates, goal).recommended
    except AdviceError:
        return None
