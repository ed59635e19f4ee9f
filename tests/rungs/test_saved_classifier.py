"""A saved head reads texts as it learned them, whatever the catalog or a folder says by now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.rungs.saved.classifier import entry_of
from probes.backbones import catalog
from probes.backbones.small import SMALL
from tests.probes import tiny_models


def spec_of(name: str, kind: str = "text", **read: Any) -> dict[str, Any]:
    """The parts of a model.json that say how it reads."""
    return {"kind": kind, "backbone": {"name": name}, "input": {"max_tokens": 64, **read}}


@pytest.mark.parametrize(
    ("read", "pooling", "prefix"),
    [
        ({}, "mean", ""),  # as the first versions wrote
        ({"pooling": "mean"}, "mean", ""),
        ({"pooling": "cls", "prefix": "query: "}, "cls", "query: "),
    ],
)
def test_a_text_is_pooled_and_prefixed_as_the_model_json_says(
    tmp_path: Path, read: dict[str, str], pooling: str, prefix: str
) -> None:
    folder = tiny_models.encoder(tmp_path, pooling="cls_token")
    for name in (str(folder), "multilingual-e5-small"):
        entry = entry_of(spec_of(name, **read))
        assert (entry.pooling, entry.prefixes.item) == (pooling, prefix)


def test_an_image_backbone_is_the_catalogs_and_the_small_network_is_known() -> None:
    assert entry_of(spec_of("efficientnet-lite2", "image")) is catalog.find("efficientnet-lite2")
    assert entry_of(spec_of(SMALL.name, "image")) is SMALL
