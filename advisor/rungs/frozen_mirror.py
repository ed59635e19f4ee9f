"""Features averaged over an image and its mirror image, where cross-validation says so by more than noise.

A mirrored picture of most things is as good a picture of them, so the average is less noisy; it doubles the price of
every later prediction, and so must earn it. Never where class names are digits, letters or sides.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from advisor.rungs import common
from advisor.rungs.common import Gathered
from advisor.rungs.context import RunContext
from advisor.rungs.frozen_choice import Chosen, honest
from probes.folds import spread_order
from probes.hooks import hooked
from probes.interval import paired_error

if TYPE_CHECKING:
    from advisor.data.features import Backbone

SAMPLE_ITEMS = 500
#: Standard errors of the paired difference to lead by (one-sided 95 %).
NOISE = 1.645
TIMED_ITEMS = 32
#: Asking may take this share of the time: on dtd10 and wbc it gained nothing (+0.5 and -0.4 points, within an error).
SAMPLE_SHARE = 0.15
#: The whole, two passes over every item with the test part to come, may take this share of the time left.
SHARE = 0.6


def allowed(context: RunContext) -> bool:
    """Whether a mirror image of this dataset's pictures shows the same class, and the plan does not forbid it."""
    from advisor.training.augmentation import is_written

    dataset = context.dataset
    wanted = context.plan.settings.get("mirrored", True)
    return dataset.kind == "image" and bool(wanted) and not is_written(dataset.classes)


def choose(
    context: RunContext, backbone: Backbone, chosen: Chosen, train: Gathered, val: Gathered, seconds: float
) -> tuple[Chosen, tuple[Gathered, Gathered] | None, tuple[str, ...]]:
    """The choice with mirrored features of (train, val) where they are better; None where they are not, or too dear.

    Shape: train.array (n, d), val.array (m, d) at the chosen depths.
    """
    if chosen.predicted is None or not allowed(context):
        return chosen, None, ()
    dataset, started = context.dataset, time.monotonic()
    view: Any = hooked(backbone, chosen.depths, mirrored=True)
    few = train.rows[spread_order(dataset.labels[train.rows], context.plan.seed)][:SAMPLE_ITEMS]
    timed = common.gather(context, view, few[:TIMED_ITEMS], seconds, (0.75, 0.75))
    pace = (time.monotonic() - started) / max(len(timed.rows), 1)
    n_all = len(train.rows) + len(val.rows) + len(dataset.where("test", "ood"))
    if pace * len(few) > SAMPLE_SHARE * seconds or pace * n_all > SHARE * context.seconds_left:
        return chosen, None, ()
    sample = common.gather(context, view, few, seconds, (0.75, 0.75), timed.calibration)
    gain, error = _gain(context, train, sample)
    told = f"Mirrored pictures gave {100 * gain:+.1f} points (standard error {100 * error:.1f}) on {len(few):,} items"
    if gain <= NOISE * error:
        return chosen, None, (f"{told}, not more than noise, so they are left out.",)
    left = seconds - (time.monotonic() - started)
    both = [common.gather(context, view, g.rows, left / 2, (0.75, 0.75), timed.calibration) for g in (train, val)]
    probe = common.probe_head(context, both[0], min(20.0, 0.2 * context.seconds_left))
    if probe is None or not all(given.complete for given in both):
        return chosen, None, (f"{told}, but the time did not suffice for all.",)
    temperature = honest(probe, dataset.labels[both[0].rows])
    again = dataclasses.replace(chosen, recipe=probe.recipe, temperature=temperature)
    return again, (both[0], both[1]), (f"{told}, so features are averaged over both.",)


def _gain(context: RunContext, train: Gathered, sample: Gathered) -> tuple[float, float]:
    """What averaging gains on the sample's items, cross-validated, and the standard error of the difference."""
    import numpy as np

    dataset = context.dataset
    plain = dataclasses.replace(train, rows=sample.rows, array=train.array[np.searchsorted(train.rows, sample.rows)])
    found = [common.probe_head(context, given, 4.0) for given in (plain, sample)]
    if found[0] is None or found[1] is None:
        return 0.0, 1.0
    labels = dataset.labels[sample.rows]
    error = paired_error(dataset.metric, labels, found[1].oof_predicted, found[0].oof_predicted, len(dataset.classes))
    return found[1].measured.value - found[0].measured.value, error
