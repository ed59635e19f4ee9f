"""Class names on a backbone that knows no ImageNet classes: the default one reads the images for that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor import api
from advisor.data.class_names import knows_names, namer
from advisor.data.features import input_size, load_backbone
from probes.backbones import catalog
from tests.probes import tiny_models


def test_a_network_without_classes_lends_the_default_for_names(tmp_path: Path) -> None:
    dataset = api.read("sample:digits")
    entry = catalog.find(str(tiny_models.timm_folder(tmp_path, *tiny_models.TIMM[0])), "image")
    headless = load_backbone(entry, input_size(dataset, entry), "cpu")
    assert not knows_names(headless)
    lent = namer(dataset, headless)
    assert lent.entry is catalog.default("image") and namer(dataset, lent) is lent


@pytest.mark.slow
def test_a_backbone_of_ones_own_is_probed_advised_on_and_trained(tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path, *tiny_models.TIMM[3])
    dataset = api.read("sample:digits")
    evidence = api.probe(dataset, backbone=str(folder), budget=6.0)
    assert evidence.backbone == str(folder)
    named, linear = evidence.result("zero-shot"), evidence.result("linear")
    assert named is not None and linear is not None and named.measured.n == linear.measured.n
    assert evidence.depths is not None
    report = api.train(dataset, rung="frozen", backbone=str(folder), budget=20.0, advice=api.advise(
        dataset, backbone=str(folder), budget=6.0))  # fmt: skip
    model = api.load(report.run)
    assert np.isfinite(report.test.value) and model.classes == dataset.classes
