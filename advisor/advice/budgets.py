"""Whether a training budget suffices for a rung, and which would do, said before the training begins."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.advice.outlook.common import TRAINING_SECONDS
from advisor.core.kinds import kind_row
from advisor.core.ladder import rung as row_of
from advisor.core.records import Dataset, Estimate
from advisor.core.wording import about, count, duration

#: A budget is taken as enough from so many times the expected training: the report reads the test part as well, and a
#: machine is busier at times.
ROOM = 1.1
#: So many test questions are answered even where the time is up.
LEAST_QUESTIONS = 64
#: A test that takes more than this share of the budget leaves too little for what comes before it.
TEST_SHARE = 0.75


def enough(estimate: Estimate, budgets: Sequence[float], testing: float = 0.0) -> float | None:
    """The least of the budgets (seconds) that suffices for all steps; None where none does or no time is known.

    testing: seconds that the test takes in any case.
    """
    if not estimate.train_seconds:
        return None
    return least_of(budgets, max(ROOM * estimate.train_seconds, testing / TEST_SHARE))


def least_of(budgets: Sequence[float], seconds: float) -> float | None:
    """The least of the budgets that holds so many seconds; None where none does."""
    return next((budget for budget in sorted(budgets) if budget >= seconds), None)


def usual(estimate: Estimate, budgets: Sequence[float], testing: float = 0.0) -> float:
    """The budget to start from: the least that suffices, the longest where none does, the second without a time."""
    longest, second = max(budgets), sorted(budgets)[1]
    return enough(estimate, budgets, testing) or (longest if estimate.train_seconds else second)


def too_short(estimate: Estimate, budget: float, budgets: Sequence[float]) -> str:
    """What a budget (seconds) that is too short would do, and which of `budgets` would suffice; "" where it does."""
    row, seconds = row_of(estimate.rung), estimate.train_seconds
    if not row.needs_labels or not seconds or budget >= ROOM * seconds:
        return ""
    better = enough(estimate, budgets)
    would_do = f" {duration(better)} would do." if better is not None else ""
    it, takes, learns = (row.verb(*of) for of in (("it", "they"), ("takes", "take"), ("learns", "learn")))
    risk = f"{it} {learns} from a part of your items only"
    if row.changes_weights:
        risk = (
            "it is then likely to fall back to the model that it starts from"
            if row.falls_back_to
            else "it is then cut short"
        )
    time = f"{duration(seconds)} or more" if seconds >= TRAINING_SECONDS else about(seconds)
    return f"{row.subject} {takes} {time} on this machine; within {duration(budget)} {risk}.{would_do}"


def n_tested(estimate: Estimate, dataset: Dataset) -> int:
    """The test items that a run reads at its end however short its budget is.

    Of classes the whole part, except by a language model that is asked item by item: there the budget decides.
    """
    n = len(dataset.where("test", "ood"))
    if kind_row(dataset.kind).task == "answering":
        return min(n, LEAST_QUESTIONS)
    return 0 if row_of(estimate.rung).asks_per_call else n


def seconds_of_test(estimate: Estimate, dataset: Dataset) -> float:
    """What the test takes at the end of a run however short its budget is."""
    return n_tested(estimate, dataset) * (estimate.milliseconds_per_prediction or 0.0) / 1000.0


def overrun(estimate: Estimate, dataset: Dataset, budget: float) -> str:
    """That the run will take longer than a budget (seconds), and why, a sentence; "" where it need not."""
    testing, row = seconds_of_test(estimate, dataset), kind_row(dataset.kind)
    if testing <= TEST_SHARE * budget:
        return ""
    tested = f"{'answering' if row.task == 'answering' else 'reading'} {count(n_tested(estimate, dataset))} test"
    return (
        f"The run will take longer than {duration(budget)}: {tested} {row.items} "
        f"takes {about(testing)} on this machine, and no limit cuts that short."
    )
