"""Class names on a backbone that knows no ImageNet classes: the default one reads the images for that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor import api
from advisor.data.class_names import embed_names, embedded, kept_imagenet, knows_names, namer
from advisor.data.features import input_size, load_backbone
from probes.backbones import catalog
from probes.zero_shot import imagenet_names
from tests.probes import tiny_models


def test_a_network_without_classes_lends_the_default_for_names(tmp_path: Path) -> None:
    dataset = api.read("sample:digits")
    entry = catalog.find(str(tiny_models.timm_folder(tmp_path, *tiny_models.TIMM[0])), "image")
    headless = load_backbone(entry, input_size(dataset, entry), "cpu")
    assert not knows_names(headless)
    lent = namer(dataset, headless)
    assert lent.entry is catalog.default("image") and namer(dataset, lent) is lent


def test_the_names_that_come_with_the_advisor_are_those_that_the_encoder_gives() -> None:
    entry = catalog.default("text")
    encoder = load_backbone(entry, entry.usual_input, "cpu")
    kept = kept_imagenet(encoder.weights_hash)
    assert kept is not None and kept.shape == (1000, encoder.dim)
    some = list(range(0, 1000, 50))
    anew = embedded(encoder, [imagenet_names()[place] for place in some])
    assert (anew * kept[some]).sum(axis=1).min() > 0.9999
    assert kept_imagenet("0" * 64) is None


def test_class_names_are_embedded_once_and_not_mixed_up() -> None:
    entry = catalog.default("image")
    backbone = load_backbone(entry, 32, "cpu")
    cats, dogs = embed_names(["cat", "dog"], backbone), embed_names(["dog", "cat"], backbone)
    np.testing.assert_allclose(cats.classes, dogs.classes[::-1], atol=1e-5)
    assert embed_names(["cat", "dog"], backbone) is cats


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
