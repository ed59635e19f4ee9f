"""Estimates and advice: what each rung is expected to reach and cost, and which one to take."""

from __future__ import annotations

from typing import Any, ClassVar

from advisor.core import notebook
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as rung_of
from advisor.core.records.backbones import Backbones
from advisor.core.records.base import Metric, Record
from advisor.core.records.former import with_points
from advisor.core.records.wishes import Constraints, Prices
from advisor.core.wording import between, capital, duration, percent
from probes.measured import Provenance


class Expected(Record):
    """What was expected of a rung before a run on the dataset told more; the fields are those of `Estimate`."""

    value: float
    low: float
    high: float
    gain_error: float | None
    curse: float
    n: int
    provenance: Provenance
    details: str


class Estimate(Record):
    """What one rung is expected to reach on the locked test part, and what it costs on this device.

    ``value``, ``low``, ``high``: the metric with its 90 % prediction interval, None when not available.
    ``gain_error``: standard error of its difference from the frozen rung (the test part's noise, which both share,
    left out). ``train_seconds``, ``peak_memory_bytes``: of a training here. ``p_target``: the chance that it reaches
    the target. ``usual_gain``: the rung's mean gain over the frozen one on other datasets (a share). ``kept_chance``:
    that what is tuned is kept; ``place``: on the ladder, 0 to 4, of the model that is then served, None for the rung's
    own. ``curse``: what was taken off the value (a share), since the luckiest leads; ``before_luck``: value, low and
    high before that, None where nothing was taken off.
    ``utility``: in points of the metric, less what place and costs take off at the goal's tolerance and prices;
    ``costs`` names those that have a price. ``price_per_1000``: of a thousand predictions. ``labels_missing``: labels
    until the target is expected, None where not reachable or not asked. ``blocked``: the constraint that it breaks, ""
    for none. ``details``: what the number rests on, for the page. ``run``: the finished run on this dataset that
    measured the value, "" for a forecast; ``run_seconds``: what that run took, with loading and reading;
    ``before``: what was expected until a run told more. ``kept``: the rung whose
    model that run kept, since training this one brought nothing; None where it did, or was not tried.
    """

    rung: RungName
    available: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    gain_error: float | None = None
    n: int = 0
    provenance: Provenance | None = None
    train_seconds: float | None = None
    peak_memory_bytes: float | None = None
    energy_wh: float | None = None
    milliseconds_per_prediction: float | None = None
    price_per_1000: float | None = None
    p_target: float | None = None
    usual_gain: float | None = None
    kept_chance: float | None = None
    place: float | None = None
    curse: float = 0.0
    before_luck: tuple[float, float, float] | None = None
    utility: float | None = None
    costs: dict[str, float] = {}
    labels_missing: int | None = None
    labels_price: float | None = None
    blocked: str = ""
    settings: dict[str, Any] = {}
    details: str = ""
    reason: str = ""
    run: str = ""
    run_seconds: float | None = None
    before: Expected | None = None
    kept: RungName | None = None


class Goal(Record):
    """What the user wants: a target (share, 0 to 1) or what is nearly as good, seconds for measuring, rungs, backbone.

    ``tolerance``: points that each step down the ladder may cost; 0 asks for the best model. ``backbones``: those to
    compare where none is named, "at-hand", "none" or names between commas. ``prices`` and ``constraints``: what things
    cost, and what must hold.
    """

    target: float | None = None
    tolerance: float = 1.0
    budget_seconds: float = 60.0
    rungs: tuple[RungName, ...] = RUNG_NAMES
    backbone: str | None = None
    backbones: str = "at-hand"
    prices: Prices = Prices()
    constraints: Constraints = Constraints()


class WhatIf(Record):
    """A change that changes the recommendation.

    ``what`` changes ("target", "tolerance", "labels per class", "label price", "price of a point", "predictions a
    month", "a GPU") from ``now`` to ``value``, with a 90 % interval where it is estimated. ``rung`` is then
    recommended. ``sentence`` says so.
    """

    what: str
    now: float | None = None
    value: float
    low: float | None = None
    high: float | None = None
    rung: RungName
    sentence: str


class Exchange(Record):
    """The exchange rate: labels that training from scratch needs for what fine-tuning reaches with ``n`` labels.

    ``times`` None: not reached within what may be extrapolated (``furthest`` times the labels at hand).
    """

    n: int
    fine_tuned: float
    from_scratch: float
    times: float | None = None
    low: float | None = None
    high: float | None = None
    furthest: float
    provenance: Provenance
    sentence: str


class Advice(Record):
    """The recommended rung, the runner-up, a reason for every rung, and the what-if.

    ``race``: two rungs between which the choice is a coin toss; a race of both under a budget settles it.
    ``backbone``: that to start from, by its reference, which the evidence was gathered with; None in advice of earlier
    versions. ``backbones``: the comparison behind it, None where the user named one or there was nothing to compare.
    """

    schema_version: int = 2
    fingerprint: str
    metric: Metric
    question: Goal
    recommended: RungName
    runner_up: RungName | None
    race: tuple[RungName, RungName] | None = None
    headline: str
    sentences: tuple[str, ...]
    flips: tuple[WhatIf, ...]
    exchange: Exchange | None = None
    backbone: str | None = None
    backbones: Backbones | None = None
    estimates: tuple[Estimate, ...]
    seconds: float

    SCHEMA: ClassVar[int] = 2

    @classmethod
    def upgraded(cls, content: dict[str, Any]) -> dict[str, Any]:
        """As `Record.upgraded`."""
        return with_points(content)

    @property
    def measured_with(self) -> str | None:
        """The backbone whose evidence the advice rests on, by name; None for the default."""
        return self.backbone or self.question.backbone

    def estimate(self, rung: RungName) -> Estimate:
        """The estimate of one rung (all five are always there)."""
        return next(e for e in self.estimates if e.rung == rung)

    def _repr_html_(self) -> str:
        """The headline, the ladder and the reasons, as a notebook shows them."""
        heads = ["Rung", f"{capital(self.metric)}, 90 % interval", "Training", "A prediction", "Why"]
        names = [estimate.rung for estimate in self.estimates]
        chosen = names.index(self.recommended) if self.recommended in names else None
        rows = [_notebook_row(estimate) for estimate in self.estimates]
        shown = notebook.headline(self.headline) + notebook.table(heads, rows, chosen)
        return shown + notebook.listing([sentence for sentence in self.sentences if sentence != self.headline])


def _notebook_row(estimate: Estimate) -> list[str]:
    """A rung of the ladder: value, training, a prediction, and the reason for or against it."""
    value = "no number"
    if estimate.value is not None and estimate.low is not None and estimate.high is not None:
        value = f"{percent(estimate.value)} ({between(estimate.low, estimate.high)})"
    each = estimate.milliseconds_per_prediction
    row = rung_of(estimate.rung)
    training = "" if estimate.train_seconds is None else duration(estimate.train_seconds)
    return [
        row.title,
        value,
        training if row.trains else "none",
        "" if each is None else f"{each:,.3g} ms",
        estimate.blocked or estimate.reason,
    ]
