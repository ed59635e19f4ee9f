"""Begin a climb or a race: keep its record, queue its first run, see that somebody carries it on; and its verdict."""

from __future__ import annotations

from advisor.advice import climb_plan
from advisor.advice.racing import Pair, Race, runs_of
from advisor.advice.wishes import checked_budget
from advisor.core.errors import RunError
from advisor.core.records import Advice, Climb, Dataset, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, store, supervisor

#: Seconds of a run, and of all runs of a climb together, where none are named.
TRAINING_SECONDS = 300.0


def start_climb(
    dataset: Dataset, advice: Advice, *, budget: float | None = None, device: str = "auto", seed: int = 0
) -> Climb:
    """Begin a climb under an advice, `budget` seconds for all its runs, and return at once.

    Raises AdviceError where no rung that trains may be used.
    """
    seconds = TRAINING_SECONDS if budget is None else checked_budget(budget)
    return _begun(climb_plan.planned(dataset, advice, budget_seconds=seconds, device=device, seed=seed))


def start_race(
    dataset: Dataset, advice: Advice, pair: Pair, *, budget: float | None = None, device: str = "auto", seed: int = 0
) -> Climb:
    """Begin a race of two rungs, `budget` seconds for each run, and return at once."""
    rungs = runs_of(advice, pair)
    seconds = len(rungs) * (TRAINING_SECONDS if budget is None else checked_budget(budget))
    return _begun(climb_plan.planned(dataset, advice, budget_seconds=seconds, device=device, seed=seed, every=rungs))


def _begun(planned: Climb) -> Climb:
    begun = climbs.submit(planned)
    supervisor.ensure()
    return begun


def verdict(pair: Pair, raced: Climb) -> Race:
    """What a race that has ended came to. Raises RunError where a run of it failed or was stopped."""
    if raced.state != "done" or raced.kept is None or raced.kept_rung is None:
        raise RunError(f"The race did not finish. {raced.sentence}")
    reports = tuple(RunReport.load(RunFiles(store.directory(step.run)).report) for step in raced.steps)
    return Race(pair, raced.kept_rung, raced.kept, reports, raced.sentence)
