"""Models that the user names: what a folder's configuration says, and what the hub's cache holds."""

from __future__ import annotations

import json
from pathlib import Path

import huggingface_hub.constants
import pytest

from probes.backbones import catalog, weights
from probes.backbones.folders import facts_of, takes_images
from probes.errors import BackboneError
from tests.probes import tiny_models


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cached(hub: Path, name: str) -> Path:
    """The empty folder of a hub model in the cache, laid out as a download leaves it."""
    model = hub / f"models--{name.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0123")
    (model / "snapshots" / "0123").mkdir(parents=True)
    return model / "snapshots" / "0123"


def test_a_folder_says_what_it_reads(tmp_path: Path) -> None:
    text = tiny_models.encoder(tmp_path / "text")
    image = tiny_models.vision(tmp_path / "image", "dinov2")
    timm = tiny_models.timm_folder(tmp_path / "timm", *tiny_models.TIMM[0])
    assert [takes_images(folder) for folder in (text, image, timm)] == [False, True, True]
    assert [catalog.find(str(folder)).kind for folder in (text, image, timm)] == ["text", "image", "image"]
    assert catalog.find(str(text), "language").kind == "language"
    with pytest.raises(BackboneError, match="dataset is image"):
        catalog.find(str(text), "image")
    with pytest.raises(BackboneError, match="dataset is text"):
        catalog.find(str(image), "text")


def test_pixels_are_those_of_the_folder(tmp_path: Path) -> None:
    entry = catalog.find(str(tiny_models.vision(tmp_path / "image", "vit")), "image")
    assert (entry.input_size, entry.mean, entry.std) == (64, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    timm = catalog.find(str(tiny_models.timm_folder(tmp_path / "timm", *tiny_models.TIMM[3])), "image")
    assert (timm.input_size, timm.mean) == (64, (0.5, 0.5, 0.5))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"size": "large", "image_mean": [1, 2]}', "\x00"])
def test_a_damaged_configuration_says_nothing(tmp_path: Path, content: str) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_text(content)
    facts = facts_of(tmp_path, "image")
    assert (facts["input_size"], len(facts["mean"])) == (224, 3)
    assert facts_of(tmp_path, "text") == {"pooling": "mean"}


@pytest.mark.parametrize(("said", "pooling"), [("cls_token", "cls"), ("lasttoken", "last"), ("mean_tokens", "mean")])
def test_a_sentence_encoder_says_how_it_pools(tmp_path: Path, said: str, pooling: str) -> None:
    folder = tiny_models.encoder(tmp_path / "text", pooling=said)
    assert catalog.find(str(folder), "text").pooling == pooling
    (folder / "1_Pooling" / "config.json").unlink()
    assert catalog.find(str(folder), "text").pooling == "mean"


def test_a_hub_model_is_found_in_the_cache_with_what_its_configuration_says(hub: Path) -> None:
    name = "someone/their-vit"
    assert not weights.available(catalog.find(name, "image"))[0]
    tiny_models.vision(cached(hub, name), "vit")
    entry = catalog.find(name, "image")
    assert (entry.kind, entry.input_size) == ("image", 64)
    assert weights.available(entry)[0]
    assert catalog.find(entry.reference, "image") == entry


def test_a_hub_name_of_timm_is_an_image_model_and_the_catalogs_own_are_known(hub: Path) -> None:
    assert catalog.find("timm/some_model.some_weights").kind == "image"
    assert catalog.find("timm/vit_small_patch14_dinov2.lvd142m").name == "dinov2-small"
    assert catalog.find("BAAI/bge-small-en-v1.5", "text").pooling == "cls"


def test_own_models_are_those_of_the_named_folder_by_what_they_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tiny_models.encoder(tmp_path / "mine" / "texts")
    image = tiny_models.vision(tmp_path / "mine" / "images", "vit")
    (tmp_path / "mine" / "unfinished").mkdir()
    (tmp_path / "mine" / "unfinished" / "config.json").write_text(json.dumps({}))
    monkeypatch.setenv(weights.WEIGHTS_FOLDER, str(tmp_path / "mine"))
    assert weights.own_models("text") == [text]
    assert weights.own_models("image") == [image]
    monkeypatch.delenv(weights.WEIGHTS_FOLDER)
    assert weights.own_models("text") == []
