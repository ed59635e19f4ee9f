"""Finished runs of a dataset take the place of forecasts: what a rung reached is no longer estimated.

A run that went back to the frozen model measured the frozen model. Where its training was no better on held-out items,
that is measured too: what fine-tuning yields here is the frozen model. Otherwise the forecast of fine-tuning follows
the frozen model's value: tuning begins there, so the error that it leaves keeps its ratio to the frozen model's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.advice.outlook.cost import Z
from advisor.core.ladder import BASE, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Estimate, Expected
from advisor.core.wording import duration, percent
from probes.measured import Measured

DETAILS = "Measured by a run on the locked test part; {expected} was expected before it."
IN_VAIN = (
    "Measured: {subject} brought nothing here. In a run of {time} it was no better on held-out items than {kept}, "
    "whose model was kept."
)
FOLLOWS = "Its forecast follows what the frozen model reached on the test part."
#: Below this error the ratio of two errors says nothing.
LEAST_ERROR = 1e-3


@dataclass(frozen=True)
class Finished:
    """What the model of a finished run reached on the locked test part. ``rung``: that of the model that was kept.

    ``tried``: the rung that was trained in vain, None where its model was kept. ``seconds``: what the run took.
    """

    run: str
    rung: RungName
    backbone: str
    test: Measured
    tried: RungName | None = None
    seconds: float = 0.0


def with_runs(estimates: Sequence[Estimate], runs: Mapping[RungName, Finished]) -> tuple[Estimate, ...]:
    """The estimates with the values of the runs, by rung; what earlier runs had changed and these do not is undone."""
    plain = [without_runs(estimate) for estimate in estimates]
    measured = {e.rung for e in plain if e.rung in runs and e.value is not None}
    own = [_measured(e, runs[e.rung]) if e.rung in measured and runs[e.rung].rung == e.rung else e for e in plain]
    by = {e.rung: e for e in own}
    changed = [_in_vain(e, runs[e.rung], by) if e.rung in measured and not e.run else e for e in own]
    base = next((e for e in changed if e.rung == BASE), None)
    follows = base is not None and base.before is not None
    return tuple(_following(e, base) if base and follows and e.rung == TUNED and not e.run else e for e in changed)


def without_runs(estimate: Estimate) -> Estimate:
    """The estimate as it was before any run."""
    if estimate.before is None:
        return estimate
    return estimate.model_copy(
        update={**estimate.before.model_dump(exclude={"schema_version"}), "run": "", "before": None, "kept": None}
    )


def is_current(advice: Advice, runs: Mapping[RungName, Finished]) -> bool:
    """Whether an advice knows these runs."""
    return {e.rung: e.run for e in advice.estimates if e.run} == {
        e.rung: runs[e.rung].run for e in advice.estimates if e.rung in runs and e.value is not None
    }


def moved_along(more: Sequence[Estimate], now: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Forecasts with more labels, moved by as much as the runs have moved those of now.

    What was trained in vain is not expected to do better with more labels: nothing measured says so.
    """
    kept = {e.rung: e.kept for e in now if e.kept is not None}
    more = [e.model_copy(update={"kept": kept[e.rung]}) if e.rung in kept else e for e in more]
    by = {e.rung: e.value - e.before.value for e in now if e.before is not None and e.value is not None}
    return tuple(_shifted(e, by[e.rung]) if e.rung in by else e for e in more)


def _measured(estimate: Estimate, finished: Finished) -> Estimate:
    """The error of a difference from another rung is at most that of the run: both are judged on the same items."""
    test, error = finished.test, estimate.gain_error
    own, expected = (test.high - test.low) / (2 * Z), percent(estimate.value or 0.0)
    return _changed(
        estimate, value=test.value, low=test.low, high=test.high, n=test.n, provenance="measured", curse=0.0,
        gain_error=None if error is None else min(error, own), details=DETAILS.format(expected=expected),
        run=finished.run,
    )  # fmt: skip


def _in_vain(estimate: Estimate, finished: Finished, by: Mapping[RungName, Estimate]) -> Estimate:
    """A rung that was trained in vain: the model that a run of it yields is that of the rung it started from."""
    test, start = finished.test, by.get(finished.rung)
    same = start if start is not None and start.run else Expected(
        value=test.value, low=test.low, high=test.high, n=test.n, provenance="measured", gain_error=0.0, curse=0.0,
        details="",
    )  # fmt: skip
    row, kept = row_of(estimate.rung), row_of(finished.rung)
    said = IN_VAIN.format(subject=row.in_text, time=duration(finished.seconds), kept=kept.in_text)
    return _changed(
        estimate, value=same.value, low=same.low, high=same.high, n=same.n, provenance="measured", curse=0.0,
        gain_error=0.0, details=said, run=finished.run, kept=finished.rung,
    )  # fmt: skip


def _following(estimate: Estimate, base: Estimate) -> Estimate:
    """Fine-tuning where the frozen model is measured: each end of the interval keeps its ratio of errors."""
    assert base.before is not None and base.value is not None
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    ratio = max(1 - base.value, LEAST_ERROR) / max(1 - base.before.value, LEAST_ERROR)
    ends = (max(0.0, 1 - ratio * (1 - end)) for end in (estimate.value, estimate.low, estimate.high))
    value, low, high = ends
    return _changed(estimate, value=value, low=low, high=high, details=f"{estimate.details} {FOLLOWS}".strip())


def _changed(estimate: Estimate, **fields: object) -> Estimate:
    before = Expected(**{name: getattr(estimate, name) for name in Expected.model_fields if name != "schema_version"})
    return estimate.model_copy(update={**fields, "before": before})


def _shifted(estimate: Estimate, by: float) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    value, low, high = (min(1.0, max(0.0, end + by)) for end in (estimate.value, estimate.low, estimate.high))
    return estimate.model_copy(update={"value": value, "low": low, "high": high})
