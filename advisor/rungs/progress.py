"""The numbers of a fit as a run reports them: the time left for the whole run, and which of its fits it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def of_run(numbers: Mapping[str, Any], fits_after: float, seconds_after: float, fit: str = "") -> dict[str, Any]:
    """The numbers of a fit for the run's metrics, with the time left for the whole run.

    ``fits_after``: how many fits of this one's length follow; ``seconds_after``: seconds after the last. ``fit``: the
    name of the fit where a run has several. The fit's own seconds are left out: the run adds its own.

    >>> of_run({"step": 3, "seconds": 2.0, "eta_seconds": 8.0}, 1.5, 4.0, "fold 1")
    {'step': 3, 'eta_seconds': 27.0, 'fit': 'fold 1'}
    """
    whole = numbers["seconds"] + numbers["eta_seconds"]
    left = numbers["eta_seconds"] + fits_after * whole + seconds_after
    shown = {key: value for key, value in numbers.items() if key != "seconds"} | {"eta_seconds": round(left, 1)}
    return shown | {"fit": fit} if fit else shown
