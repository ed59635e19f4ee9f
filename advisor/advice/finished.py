"""Finished runs of a dataset: what a rung reached is no longer forecast, and what is still forecast is moved along.

All rungs are judged on one test part, so a run that comes out below its forecast lowers the forecasts of the others
too, by as much as forecasts miss together on LadderBench (`advisor.advice.outlook.shared`), and narrows them. Then a
forecast and a measured value rest on the same test items.

A run that went back to the frozen model measured the frozen model. Where its training was no better on held-out items,
that is measured too: what fine-tuning yields here is the frozen model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.advice.outlook.cost import Z
from advisor.advice.outlook.elsewhere import curse, with_luck
from advisor.advice.outlook.forecast import to_the_end
from advisor.advice.outlook.shared import SharedMisses, Told
from advisor.advice.outlook.signals import NEARLY_EXACT, expit, logit, logit_error
from advisor.core.ladder import BASE, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Estimate, Expected
from advisor.core.wording import capital, duration, listed, percent
from probes.measured import Measured

DETAILS = "Measured by a run on the locked test part; {expected}."
IN_VAIN = (
    "Measured: {subject} brought nothing here. In a run of {time} it was no better on held-out items than {kept}, "
    "whose model was kept."
)
MOVED = "{expected} was expected before {rungs} {were} measured: rungs miss their forecasts together."
#: Forecasts that move by less than this share did not move.
LEVEL = 5e-4


@dataclass(frozen=True)
class Finished:
    """What the model of a finished run reached on the locked test part. ``rung``: that of the model that was kept.

    ``tried``: the rung that was trained in vain, None where its model was kept. ``seconds``: what the run took.
    ``n_learned``: training items that it learned from; ``partial``: that the time allowed only a part of them, "" where
    it allowed all. ``promised``: the forecast when it started, a share; None where it had none. ``fell_back``: whether
    the run was to train another rung.
    """

    run: str
    rung: RungName
    backbone: str
    test: Measured
    tried: RungName | None = None
    seconds: float = 0.0
    n_learned: int = 0
    partial: str = ""
    promised: float | None = None
    fell_back: bool = False

    @property
    def weight(self) -> tuple[int, bool]:
        """What a run of the rung stands on: the items it learned from, then whether the rung itself was planned."""
        return self.n_learned, not self.fell_back


def with_runs(
    estimates: Sequence[Estimate], runs: Mapping[RungName, Finished], shared: SharedMisses
) -> tuple[Estimate, ...]:
    """The estimates with the values of the runs, by rung; what earlier runs had changed and these do not is undone.

    shared: how far forecasts of this kind of data miss together.
    """
    former = [without_runs(estimate) for estimate in estimates]
    plain = [e.model_copy(update={"curse": curse(e, former)}) for e in former]
    measured = {e.rung for e in plain if e.rung in runs and e.value is not None}
    if not measured:
        return tuple(plain)
    own = [_measured(e, runs[e.rung]) if e.rung in measured and runs[e.rung].rung == e.rung else e for e in plain]
    by = {e.rung: e for e in own}
    known = [_in_vain(e, runs[e.rung], by) if e.rung in measured and not e.run else e for e in own]
    told = shared.given({e.rung: _miss(e) for e in known if e.run})
    n_test = max(runs[rung].test.n for rung in measured)
    names = [e.rung for e in known if e.run]
    apart = next((e.gain_error is None or e.gain_error == 0.0 for e in plain if e.rung == BASE), True)
    moved = (e if e.run else _forecast(e, told, names, n_test) for e in known)
    return tuple(_with_error(e, told, names, apart) for e in moved)


def without_runs(estimate: Estimate) -> Estimate:
    """The estimate as it was before any run."""
    if estimate.before is None:
        return with_luck(estimate)
    former = estimate.before.model_dump(exclude={"schema_version"})
    none = dict.fromkeys(("run_seconds", "before", "before_luck", "kept"))
    return estimate.model_copy(update={**former, **none, "run": ""})


def is_current(advice: Advice, runs: Mapping[RungName, Finished]) -> bool:
    """Whether an advice knows these runs, and all its forecasts were moved by what they measured."""
    known = {e.rung: e.run for e in advice.estimates if e.run}
    moved = not known or all(e.before is not None for e in advice.estimates if e.available and e.value is not None)
    return moved and known == {
        e.rung: runs[e.rung].run for e in advice.estimates if e.rung in runs and e.value is not None
    }


def moved_along(more: Sequence[Estimate], now: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Forecasts with more labels, moved by as much as the runs have moved those of now.

    What was trained in vain is not expected to do better with more labels: nothing measured says so.
    """
    by = {e.rung: e for e in now if e.before is not None and e.value is not None}
    return tuple(_along(e, by[e.rung]) if e.rung in by else e for e in more)


def _measured(estimate: Estimate, finished: Finished) -> Estimate:
    test, expected = finished.test, both_expected(estimate, finished.promised)
    details = f"{DETAILS.format(expected=expected)} {finished.partial}".strip()
    return _changed(
        estimate, value=test.value, low=test.low, high=test.high, n=test.n, provenance="measured", curse=0.0,
        details=details, run=finished.run, run_seconds=finished.seconds,
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
        gain_error=0.0, details=said, run=finished.run, run_seconds=finished.seconds, kept=finished.rung,
    )  # fmt: skip


def _miss(estimate: Estimate) -> float:
    """How far a measured value lies above its forecast, in logits: both are kept half a test item off 0 and 1."""
    assert estimate.before is not None and estimate.value is not None
    return logit(estimate.value, estimate.n) - logit(estimate.before.value, estimate.n)


def _with_error(estimate: Estimate, told: Told, measured: Sequence[RungName], from_base: bool) -> Estimate:
    """The estimate with the error of its gain that the runs left, at its value of now.

    from_base: errors are those of the gain over the frozen model, which has none; else each rung's own. That of a
    measured rung beside a measured one is at most its test value's: both are judged on the same items. That of a
    forecast beside a measured frozen model is at least the forecast's own: what is left open of it is all in the gain.
    """
    before, low, high = estimate.before, estimate.low, estimate.high
    if estimate.gain_error is None or estimate.kept is not None or before is None or low is None or high is None:
        return estimate
    was, now = (max(p * (1.0 - p), 0.5 / NEARLY_EXACT) for p in (before.value, estimate.value or 0.0))
    error = estimate.gain_error * now / was
    if estimate.run and (BASE in measured or not from_base):
        error = min(error, (high - low) / (2 * Z))
    else:
        error *= told.gain_left(estimate.rung) if from_base else told.left(estimate.rung)
        if from_base and BASE in measured:
            error = max(error, (high - low) / (2 * Z))
    return estimate.model_copy(update={"gain_error": error})


def _forecast(estimate: Estimate, told: Told, measured: Sequence[RungName], n_test: int) -> Estimate:
    """A rung without a run, moved by what the measured ones missed; its interval keeps the error that is left."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    shift, left = told.shift(estimate.rung), told.left(estimate.rung)
    value, low, high = _moved(estimate, shift, left)
    moved = _changed(estimate, value=value, low=to_the_end(low, n_test), high=to_the_end(high, n_test))
    details = estimate.details
    if abs(value - estimate.value) >= LEVEL:
        rungs, were = listed(row_of(rung).in_text for rung in measured), _were(measured)
        said = MOVED.format(expected=percent(expected_before(estimate)), rungs=rungs, were=were)
        details = f"{details} {said}".strip()
    return moved.model_copy(update={"details": capital(details)})


def expected_before(forecast: Estimate | Expected) -> float:
    """A forecast before any run as it was shown: a share, with its luck taken off."""
    return max((forecast.value or 0.0) - forecast.curse, 0.0)


def both_expected(forecast: Estimate, promised: float | None) -> str:
    """What was expected before any run, and, where earlier runs had moved that, when the run started; a clause."""
    before = percent(expected_before(forecast))
    if promised is None or percent(promised) == before:
        return f"{before} was expected before any run"
    return f"{percent(promised)} was expected when it started, {before} before any run"


def _were(rungs: Sequence[RungName]) -> str:
    return "were" if len(rungs) > 1 else row_of(rungs[0]).verb("was", "were")


def _moved(estimate: Estimate, shift: float, left: float) -> tuple[float, float, float]:
    """Value, low and high moved by so many logits, with a share of the standard error left."""
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    centre = logit(estimate.value, NEARLY_EXACT) + shift
    spread = Z * left * logit_error(estimate.value, estimate.low, estimate.high)
    return expit(centre), expit(centre - spread), expit(centre + spread)


def _along(more: Estimate, now: Estimate) -> Estimate:
    """A forecast with more labels, moved as `now` was: by its logits, with the share of the error that is left."""
    before = now.before
    assert before is not None and now.value is not None and now.low is not None and now.high is not None
    if more.value is None or more.low is None or more.high is None:
        return more
    shift = logit(now.value, NEARLY_EXACT) - logit(before.value, NEARLY_EXACT)
    was = logit_error(before.value, before.low, before.high)
    left = logit_error(now.value, now.low, now.high) / was if was else 1.0
    value, low, high = _moved(more, shift, left)
    error = more.gain_error
    if error is not None and before.gain_error:
        error *= (now.gain_error or 0.0) / before.gain_error
    return _changed(
        more, value=value, low=low, high=high, gain_error=error, run=now.run, kept=now.kept
    )  # fmt: skip


def _changed(estimate: Estimate, **fields: object) -> Estimate:
    before = Expected(**{name: getattr(estimate, name) for name in Expected.model_fields if name != "schema_version"})
    return estimate.model_copy(update={**fields, "before": before})
