"""The packaged backbones, loaded once for the probe tests."""

from __future__ import annotations

import pytest
from platformdirs import user_cache_path

from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.backbones.language import LanguageModel
from probes.backbones.text import TextBackbone


@pytest.fixture(scope="session")
def lite0() -> ImageBackbone:
    """EfficientNet-Lite0 with its real weights, fed 64 px so that a test costs milliseconds."""
    return ImageBackbone.load(catalog.find("efficientnet-lite0"), input_size=64)


@pytest.fixture(scope="session")
def minilm() -> TextBackbone:
    """all-MiniLM-L6-v2 with its real weights."""
    return TextBackbone.load(catalog.find("all-MiniLM-L6-v2"))


@pytest.fixture(scope="session")
def smollm() -> LanguageModel:
    """SmolLM2 with its real weights, converted once on this machine (15 seconds) and kept as the advisor does."""
    cache = user_cache_path("transfer-advisor", appauthor=False) / "models"
    return LanguageModel.load(catalog.default("language"), cache)
