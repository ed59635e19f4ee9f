"""What the user wishes, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.errors import AdviceError
from advisor.ladder import RUNG_NAMES, RungName
from advisor.ladder import rung as find_rung
from advisor.records import Constraints


def checked_target(target: float | None) -> float | None:
    """The target as a share. Raises AdviceError for anything else."""
    if target is None or 0 < target <= 1:
        return target
    raise AdviceError(f"The target {target:g} is not a share. Give a number above 0 and at most 1, such as 0.9.")


def checked_budget(budget: float) -> float:
    """The budget in seconds. Raises AdviceError when it is too short to measure anything."""
    if 5 <= budget <= 7 * 86400:
        return float(budget)
    raise AdviceError(f"A budget of {budget:g} seconds cannot be kept. Give 5 seconds to 7 days (604800 seconds).")


def checked_constraints(constraints: Constraints | None, backbone: str | None) -> Constraints:
    """The constraints, none by default. Raises AdviceError where measuring itself would break one."""
    from advisor.language import ENDPOINT

    if constraints is not None and constraints.local_only and backbone == ENDPOINT:
        raise AdviceError("No data may leave this machine, and an endpoint is asked elsewhere. Choose a local model.")
    return constraints or Constraints()


def checked_rungs(rungs: Iterable[str] | None) -> tuple[RungName, ...]:
    """The allowed rungs in the ladder's order. Raises AdviceError for an unknown or an empty choice."""
    if rungs is None:
        return RUNG_NAMES
    wanted = {find_rung(name.strip()).name for name in rungs if name.strip()}
    if not wanted:
        raise AdviceError(f"No rung is allowed. Name at least one of {', '.join(RUNG_NAMES)}.")
    return tuple(name for name in RUNG_NAMES if name in wanted)
