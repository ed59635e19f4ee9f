"""What a rung was worth on a task: the utility that advice expects (`advice.outlook.cost`), from what came out."""

from __future__ import annotations

from functools import lru_cache

from advisor.advice.outlook.cost import priced
from advisor.advice.outlook.experience import CompletedTask
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal
from advisor.score.measures import number


@lru_cache(maxsize=10_000)
def worth(case: CompletedTask, rung: RungName) -> float:
    """Utility of a rung that was carried out, at the default prices and in their currency.

    Training is charged at its processor seconds, a prediction at those of an item of the test part, loading included.
    """
    value = case.value(rung)
    assert value is not None, f"{case.dataset}: {rung} has no value"
    tested = number(case, rung, "test_cpu_seconds")
    came = Estimate(
        rung=rung,
        available=True,
        value=value,
        low=value,
        high=value,
        train_seconds=number(case, rung, "cpu_seconds"),
        milliseconds_per_prediction=1000.0 * tested / max(number(case, rung, "n_test"), 1.0),
    )
    utility = priced((came,), Goal(), case.situation.n_labels)[0].utility
    assert utility is not None
    return utility
