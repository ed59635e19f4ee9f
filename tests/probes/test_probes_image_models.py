"""Image networks from every library, in every architecture of the catalog, made tiny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from probes.backbones import catalog
from probes.backbones.image import ImageBackbone, blocks
from probes.errors import BackboneError
from probes.hooks import LAST, hooked
from tests.probes import tiny_models

HUB = [entry for entry in catalog.CATALOG if entry.kind == "image" and entry.hub]


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8))


def check(backbone: ImageBackbone) -> None:
    """Features of the promised width at two sizes, every parameter in one block, layers that end in the features."""
    for side in (64, 50):
        backbone.input_size = side
        features = backbone.embed([picture(), picture()])
        assert features.shape == (2, backbone.dim) and np.isfinite(features).all()
        np.testing.assert_allclose(features[0], features[1], atol=1e-4)
    every = hooked(backbone)
    both = backbone.prepare(np.stack([backbone.pixels(picture())]))
    with torch.inference_mode():
        wide = every.module(both)
        last = every.split(wide.numpy())[-1]
    assert every.names[-1] == LAST and wide.shape[1] == every.dim
    np.testing.assert_allclose(last, backbone.embed([picture()]), atol=1e-4)
    inside = [id(parameter) for group in blocks(backbone.module) for parameter in group]
    assert sorted(inside) == sorted(map(id, backbone.module.parameters()))


@pytest.mark.parametrize(("architecture", "arguments"), tiny_models.TIMM, ids=[name for name, _ in tiny_models.TIMM])
def test_a_folder_of_timm_loads(tmp_path: Path, architecture: str, arguments: dict[str, Any]) -> None:
    folder = tiny_models.timm_folder(tmp_path, architecture, arguments)
    backbone = ImageBackbone.load(catalog.find(str(folder), "image"))
    assert backbone.source_head is None
    check(backbone)


@pytest.mark.parametrize("model_type", list(tiny_models.VISION))
def test_a_folder_of_transformers_loads(tmp_path: Path, model_type: str) -> None:
    folder = tiny_models.vision(tmp_path, model_type)
    backbone = ImageBackbone.load(catalog.find(str(folder), "image"))
    assert len(hooked(backbone).names) > 1
    check(backbone)


def test_the_image_half_of_a_model_for_images_and_texts_is_used(tmp_path: Path) -> None:
    import transformers

    part: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
    }
    config = transformers.SiglipConfig(text_config={**part, "vocab_size": 20},
                                       vision_config={**part, "image_size": 64, "patch_size": 16})  # fmt: skip
    model = transformers.SiglipModel(config).eval()
    model.save_pretrained(str(tmp_path))
    backbone = ImageBackbone.load(catalog.find(str(tmp_path), "image"), input_size=64)
    batch = backbone.prepare(np.stack([backbone.pixels(picture())]))
    with torch.inference_mode():
        expected = model.vision_model(pixel_values=batch).pooler_output
        torch.testing.assert_close(backbone.module(batch), expected)
    check(backbone)


def test_a_pooling_that_the_file_lacks_is_not_used(tmp_path: Path) -> None:
    folder = tiny_models.vision(tmp_path, "vit")
    file = folder / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if "pooler" not in name}
    assert len(kept) < len(load_file(file))
    save_file(kept, file, metadata={"format": "pt"})
    entry = catalog.find(str(folder), "image")
    one, other = (ImageBackbone.load(entry, seed=seed).embed([picture()]) for seed in (0, 1))
    np.testing.assert_array_equal(one, other)


def test_imagenets_classes_are_known_only_where_the_weights_are_of_imagenet(tmp_path: Path) -> None:
    tiny = tiny_models.TIMM[5]
    known = tiny_models.timm_folder(tmp_path / "known", *tiny, n_classes=1000, tag="e2400_r224_in1k")
    other = tiny_models.timm_folder(tmp_path / "other", *tiny, n_classes=1000, tag="birds")
    few = tiny_models.timm_folder(tmp_path / "few", *tiny, n_classes=7, tag="in1k")
    heads = [ImageBackbone.load(catalog.find(str(folder), "image")).source_head for folder in (known, other, few)]
    assert heads[0] is not None and heads[0].out_features == 1000
    assert heads[1:] == [None, None]


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_damaged_folder_is_refused_by_its_name(tmp_path: Path, file: str) -> None:
    folder = tiny_models.timm_folder(tmp_path / "mine", *tiny_models.TIMM[0])
    entry = catalog.find(str(folder), "image")
    (folder / file).write_bytes(b"nothing of use")
    with pytest.raises(BackboneError, match="mine"):
        ImageBackbone.load(entry)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    one = tiny_models.timm_folder(tmp_path / "one", *tiny_models.TIMM[0])
    other = tiny_models.timm_folder(tmp_path / "other", *tiny_models.TIMM[4])
    (one / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(BackboneError, match="do not fit"):
        ImageBackbone.load(catalog.find(str(one), "image"))


@pytest.mark.parametrize("entry", HUB, ids=[entry.name for entry in HUB])
def test_the_catalog_says_what_timm_says(entry: catalog.Entry) -> None:
    import timm

    said = timm.get_pretrained_cfg(entry.source_id)
    assert said is not None
    assert said.hf_hub_id == entry.hub
    assert said.license.replace("-", "").startswith(entry.licence.lower().replace("-", "").replace(" ", "")[:6])
    np.testing.assert_allclose((said.mean, said.std), (entry.mean, entry.std))
    assert entry.input_size in (said.input_size[-1], 224)


def test_a_catalog_entry_loads_from_the_hubs_cache_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import timm

    entry = catalog.find("mobilenet-v4-medium")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BackboneError, match="advisor weights fetch mobilenet-v4-medium"):
        ImageBackbone.load(entry)
    place = tmp_path / f"models--{entry.hub.replace('/', '--')}" / "snapshots" / "0123"
    place.mkdir(parents=True)
    (place.parents[1] / "refs").mkdir()
    (place.parents[1] / "refs" / "main").write_text("0123")
    model = timm.create_model(entry.source_id, pretrained=False).eval()
    save_file(model.state_dict(), place / "model.safetensors")
    backbone = ImageBackbone.load(entry, input_size=64)
    by_path = ImageBackbone.load(catalog.find(f"{entry.name}@{place / 'model.safetensors'}"), input_size=64)
    batch = backbone.prepare(np.stack([backbone.pixels(picture())]))
    with torch.inference_mode():
        assert backbone.source_head is not None
        torch.testing.assert_close(backbone.source_head(backbone.module(batch)), model(batch))
        torch.testing.assert_close(by_path.module(batch), backbone.module(batch))
    assert backbone.dim == entry.dim and by_path.weights_hash == backbone.weights_hash


def test_a_transformer_of_the_catalog_takes_images_of_any_size() -> None:
    backbone = ImageBackbone.load(catalog.find("dinov2-small"), pretrained=False)
    assert backbone.source_head is None and backbone.dim == 384
    check(backbone)
