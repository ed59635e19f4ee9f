"""What the user wishes, checked before anything is read or measured."""

from __future__ import annotations

import math
from collections.abc import Iterable

from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as find_rung
from advisor.core.records import Constraints, Goal, Prices
from advisor.core.wording import duration
from advisor.evidence.backbones import AT_HAND

#: The longest budget, in seconds.
MOST_BUDGET = 7 * 86400


def checked_goal(
    *,
    target: float | str | None,
    tolerance: float = 1.0,
    budget: float,
    rungs: str | Iterable[str] | None,
    backbone: str | None,
    backbones: str = AT_HAND,
    prices: Prices | None,
    constraints: Constraints | None,
) -> Goal:
    """The goal that these wishes make. Raises AdviceError for the first that cannot be met."""
    return Goal(
        target=checked_target(target),
        tolerance=checked_tolerance(tolerance),
        budget_seconds=checked_budget(budget),
        rungs=checked_rungs(rungs),
        backbone=backbone,
        backbones=backbones,
        prices=checked_prices(prices),
        constraints=checked_constraints(constraints, backbone),
    )


def checked_target(target: float | str | None) -> float | None:
    """The target as a share; words such as "0.9" or "90 %" are read. Raises AdviceError for anything else."""
    if target is None:
        return None
    share = share_of(str(target))
    if 0 < share <= 1:
        return share
    meant = f"Did you mean {share / 100:g}?" if 1 < share <= 100 else "Give a number such as 0.9."
    raise AdviceError(f"The target {share:g} is not a share above 0 and at most 1. {meant}")


def checked_tolerance(points: float) -> float:
    """The points that each step down the ladder may cost. Raises AdviceError unless it is from 0 to 100."""
    if 0 <= points <= 100:
        return float(points)
    raise AdviceError(f"The tolerance {points:g} is not a number of points from 0 to 100. Give a number such as 1.")


def share_of(words: str) -> float:
    """The number in words, a percentage as a share. Raises AdviceError where there is none.

    >>> share_of("0.9"), share_of("90 %")
    (0.9, 0.9)
    """
    number = words.strip()
    try:
        return float(number.removesuffix("%")) / 100 if number.endswith("%") else float(number)
    except ValueError:
        raise AdviceError(f"The target {words!r} is not a number. Give a share such as 0.9, or 90%.") from None


def checked_budget(budget: float) -> float:
    """The budget in seconds. Raises AdviceError when it is too short to measure anything."""
    if 5 <= budget <= MOST_BUDGET:
        return float(budget)
    if budget > 5:
        raise AdviceError(f"The budget is too long. Give at most {duration(MOST_BUDGET)}.")
    raise AdviceError(f"A budget of {budget:g} second{'s' * (budget != 1)} is too short. Give at least 5 seconds.")


def checked_prices(prices: Prices | None) -> Prices:
    """The prices, the defaults where there are none. Raises AdviceError for an infinite amount."""
    _check_finite("price", prices)
    return prices or Prices()


def checked_constraints(constraints: Constraints | None, backbone: str | None) -> Constraints:
    """The constraints, none by default. Raises AdviceError for an infinite limit, or one that measuring would break."""
    from advisor.llm.models import ENDPOINT

    _check_finite("limit", constraints)
    if constraints is not None and constraints.local_only and backbone == ENDPOINT:
        raise AdviceError("No data may leave this machine, and an endpoint runs elsewhere. Choose a local model.")
    return constraints or Constraints()


def checked_rungs(rungs: str | Iterable[str] | None) -> tuple[RungName, ...]:
    """The allowed rungs in the ladder's order; a string holds one, or several between commas.

    Raises AdviceError for an unknown or an empty choice.
    """
    if rungs is None:
        return RUNG_NAMES
    names = rungs.split(",") if isinstance(rungs, str) else rungs
    wanted = {find_rung(name).name for name in names if name.strip()}
    if not wanted:
        raise AdviceError(f"No rung is allowed. Name at least one of {', '.join(RUNG_NAMES)}.")
    return tuple(name for name in RUNG_NAMES if name in wanted)


def checked_pair(rungs: str | Iterable[str] | None) -> tuple[RungName, ...] | None:
    """The two rungs named for a race, None where the advice names them. Raises AdviceError unless they are two."""
    pair = None if rungs is None else checked_rungs(rungs)
    if pair is not None and len(pair) != 2:
        raise AdviceError(f"A race takes two rungs. Name two, such as frozen,fine-tune, and not {', '.join(pair)}.")
    return pair


def _check_finite(what: str, wishes: object) -> None:
    if wishes is None:
        return
    if not isinstance(wishes, Prices | Constraints):  # whoever calls from Python may give anything
        made = "Prices(hour=2.0)" if what == "price" else "Constraints(no_gpu=True)"
        raise AdviceError(f"A {what} was given in a {type(wishes).__name__}. Give {made} of advisor.core.records.")
    for name, amount in wishes.model_dump().items():
        if isinstance(amount, float) and not math.isfinite(amount):
            raise AdviceError(f"The {what} {name} is {amount:g}. Give a finite number.")
