"""What a measurement does once: a backbone's pace is checked once, its layers are read once, the rest runs beside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor import api
from advisor.core.records import Dataset, Domain
from advisor.data import images
from advisor.data.features import load_backbone
from advisor.evidence import instruments, opening
from advisor.evidence.image_probes import IMAGE_PROBES
from advisor.evidence.layers import layer_features
from advisor.evidence.opening import calibrated, opened
from advisor.evidence.sample import sampled
from probes import calibrations
from probes.backbones import catalog
from probes.device import Calibration
from probes.progress import silent
from tests.evidence.few_digits import few_digits


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Sixty digits, fed small."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 32)
    return api.read(few_digits(tmp_path / "digits", 6))


def test_the_pace_is_checked_once_for_a_backbone_and_again_later(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    known = calibrations.calibration_of

    def counted(*arguments: Any) -> Calibration:
        asked.append(arguments[0])
        return known(*arguments)

    monkeypatch.setattr(calibrations, "calibration_of", counted)
    backbone, first = opened(digits, catalog.default("image"), load_backbone)
    assert calibrated(digits, backbone) == first and asked == [backbone]
    monkeypatch.setattr(opening, "PRESENT_SECONDS", 0.0)
    calibrated(digits, backbone)
    assert asked == [backbone, backbone]
    other, _ = opened(digits, catalog.default("image"), load_backbone)
    assert asked[-1] is other is not backbone


def test_layers_that_the_sample_was_read_with_are_those_of_the_cache(digits: Dataset) -> None:
    backbone, calibration = opened(digits, catalog.default("image"), load_backbone)
    sample = sampled(digits, backbone, calibration, 40, silent)
    assert sample.layers is not None
    own = layer_features(digits, backbone, calibration, sample, 20)
    read = layer_features(digits, backbone, calibration, replace(sample, layers=None), 20)
    assert own is not None and read is not None
    np.testing.assert_array_equal(own.part.rows, read.part.rows)
    assert list(own.by_layer) == list(read.by_layer)
    for name, features in own.by_layer.items():
        np.testing.assert_array_equal(features, read.by_layer[name])


def test_the_distance_is_the_same_beside_the_others_and_after_them(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone, calibration = opened(digits, catalog.default("image"), load_backbone)
    sample = sampled(digits, backbone, calibration, 40, silent)
    found: list[Domain] = []
    for beside in (True, False):
        monkeypatch.setattr(IMAGE_PROBES, "domain_beside", beside, raising=False)
        domain, why = instruments._Distance(digits, backbone, calibration, sample, 60.0).result(silent)
        assert domain is not None and why is None
        found.append(domain)
    one, other = found
    assert (one.sentence, one.nearest, one.n) == (other.sentence, other.nearest, other.n)
    values = [[stage.value for stage in domain.stages] for domain in found]
    assert values[0] == pytest.approx(values[1], abs=1e-3)
    short = instruments._Distance(digits, backbone, calibration, sample, 5.0).result(silent)
    assert short == (None, instruments.NO_DOMAIN)
