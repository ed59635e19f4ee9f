"""Backbone × fold probes: on Ray actors the same numbers as one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from advisor.core.records import Dataset
from advisor.runs import launchers
from advisor.runs.fan_out import FoldValue, fan_out

BACKBONES = ("efficientnet-lite0", "efficientnet-lite2")


@pytest.fixture
def ray_ended() -> Iterator[None]:
    yield
    import ray

    ray.shutdown()


def test_every_fold_of_every_backbone_is_measured_once_and_well(digits: Dataset) -> None:
    told: list[float] = []
    found = fan_out(digits, BACKBONES[:1], folds=3, input_size=64, progress=lambda words, share: told.append(share))
    assert [(one.backbone, one.fold) for one in found] == [(BACKBONES[0], fold) for fold in range(3)]
    assert sum(one.n for one in found) == len(digits.where("train"))
    assert np.mean([one.value for one in found]) > 0.8, "three digits, a third of them by chance"
    assert told[-1] == 1.0


@pytest.mark.skipif(bool(launchers.find("ray").missing()), reason="Ray is not installed")
@pytest.mark.slow
@pytest.mark.distributed
def test_on_ray_they_are_the_same_numbers(digits: Dataset, ray_ended: None) -> None:
    there: tuple[FoldValue, ...] = fan_out(digits, BACKBONES, folds=2, where="ray", input_size=64)
    assert there == fan_out(digits, BACKBONES, folds=2, input_size=64)
