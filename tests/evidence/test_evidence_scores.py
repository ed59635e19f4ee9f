from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from advisor.core.records import Dataset
from advisor.data.features import load_backbone
from advisor.data.read.samples import materialise
from advisor.data.reading import read
from advisor.evidence.feature_probes import nearest
from advisor.evidence.sample import Sample
from advisor.evidence.scores import measure_scores
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone


@pytest.fixture(scope="module")
def lite0() -> ImageBackbone:
    return load_backbone(catalog.default("image"), 64, "cpu")  # type: ignore[return-value]


@pytest.fixture
def digits() -> Dataset:
    return read(materialise("digits"))


def pixels_as_features(dataset: Dataset, dim: int) -> Sample:
    """Pixels of scikit-learn's digits, repeated to the backbone's width: the scores ask for arrays only."""
    features, labels = load_digits(return_X_y=True)
    wide = np.tile(features / 16, (1, dim // 64)).astype(np.float32)[:400]
    return Sample(np.arange(400), labels[:400], np.arange(400), wide)


def test_every_score_comes_with_its_meaning_and_its_weakness(lite0: ImageBackbone, digits: Dataset) -> None:
    sample = pixels_as_features(digits, lite0.dim)
    knn = nearest(digits, lite0, sample)
    found = measure_scores(digits, lite0, sample, [knn])
    assert [score.name for score in found] == ["logme", "h-score", "gbc", "leep", "knn"]
    assert all(np.isfinite(score.value) and score.better == "higher" for score in found)
    assert all(score.meaning.endswith(".") and score.weakness.endswith(".") for score in found)
    by_name = {score.name: score for score in found}
    assert 0 < by_name["h-score"].value < 9 and "at most 9" in by_name["h-score"].meaning
    assert by_name["gbc"].value < 0 and by_name["leep"].value < 0
    assert by_name["knn"].value == knn.measured.value


def test_without_a_source_head_or_neighbours_those_rows_are_left_out(digits: Dataset) -> None:
    class Headless:
        source_head = None

    sample = pixels_as_features(digits, 64)
    found = measure_scores(digits, Headless(), sample, [])  # type: ignore[arg-type]
    assert [score.name for score in found] == ["logme", "h-score", "gbc"]


def test_one_class_has_no_scores(lite0: ImageBackbone, digits: Dataset) -> None:
    sample = pixels_as_features(digits, lite0.dim)
    one = Sample(sample.rows, np.zeros_like(sample.labels), sample.groups, sample.features)
    assert measure_scores(digits, lite0, one, []) == ()
