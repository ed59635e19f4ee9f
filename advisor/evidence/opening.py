"""A backbone on this device, and how it runs here: checked once for all stages of a measurement.

The first look, the comparison of backbones and the measurement ask within seconds of each other for the same backbone,
and each check computes for half a second.
"""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

from advisor.core.records import Dataset
from advisor.data.features import feature_cache, input_size
from advisor.evidence.modality_probes import probes_of

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from probes.backbones.entry import Entry
    from probes.device import Calibration

#: So long a rate that was checked counts as the present one.
PRESENT_SECONDS = 60.0
#: By backbone: for which data and cache it was checked, when, and what came of it.
_checked: weakref.WeakKeyDictionary[Any, tuple[tuple[str, str], float, Calibration]] = weakref.WeakKeyDictionary()


def opened(dataset: Dataset, entry: Entry, load: Load) -> tuple[Backbone, Calibration]:
    """The backbone at the dataset's input size, and its calibration. Raises BackboneError."""
    from probes import device as devices

    backbone = load(entry, input_size(dataset, entry), devices.pick())
    return backbone, calibrated(dataset, backbone)


def calibrated(dataset: Dataset, backbone: Backbone) -> Calibration:
    """How a loaded backbone runs on this device with the dataset's items."""
    from probes.calibrations import calibration_of

    cache = feature_cache()
    of = dataset.fingerprint, str(cache)
    known, at, calibration = _checked.get(backbone, (None, 0.0, None))
    if calibration is None or known != of or time.monotonic() - at > PRESENT_SECONDS:
        calibration = calibration_of(backbone, cache, probes_of(dataset).texts_to_time(dataset))
        _checked[backbone] = of, time.monotonic(), calibration
    return calibration
