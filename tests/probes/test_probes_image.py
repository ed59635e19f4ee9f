from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from probes.backbones import catalog
from probes.backbones.image import ImageBackbone, blocks, normalise, to_pixels
from probes.errors import BackboneError


def samples() -> list[Image.Image]:
    """scikit-learn's photographs of a palace in China and of a flower."""
    from sklearn.datasets import load_sample_images

    return [Image.fromarray(array) for array in load_sample_images().images]


def test_the_packaged_weights_know_the_palace_and_the_daisy() -> None:
    backbone = ImageBackbone.load(catalog.find("efficientnet-lite0"))
    probabilities = backbone.source_probabilities(backbone.embed(samples()))
    assert probabilities.argmax(axis=1).tolist() == [698, 985]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_lite2_loads_by_order_and_knows_the_palace() -> None:
    backbone = ImageBackbone.load(catalog.find("efficientnet-lite2"))
    assert backbone.source_probabilities(backbone.embed(samples()[:1])).argmax() == 698


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from([32, 64, 97]))
def test_pixels_are_always_one_square(width: int, height: int, size: int) -> None:
    pixels = to_pixels(Image.new("RGB", (width, height), (10, 200, 30)), size)
    assert pixels.shape == (size, size, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == (10, 200, 30)).all()


def test_the_crop_is_central_and_a_strip_is_kept_whole() -> None:
    striped = np.zeros((60, 90, 3), dtype=np.uint8)
    striped[:, :15, 0] = striped[:, -15:, 1] = 255
    assert to_pixels(Image.fromarray(striped), 60).max() <= 5
    strip = np.zeros((30, 120, 3), dtype=np.uint8)
    strip[:, :20, 0] = strip[:, -20:, 1] = 255
    whole = to_pixels(Image.fromarray(strip), 60)
    assert whole[30, 0, 0] > 200
    assert whole[30, -1, 1] > 200


def test_normalise_follows_the_formula() -> None:
    pixels = torch.randint(0, 256, (2, 5, 5, 3), dtype=torch.uint8)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    torch.testing.assert_close(normalise(pixels, mean, std), expected)


@pytest.mark.parametrize(
    ("name", "at_least"), [("efficientnet-lite0", 9), ("resnet18", 5), ("mobilenet-v3-large", 10), ("convnext-tiny", 8)]
)
def test_blocks_hold_every_parameter_once_from_stem_to_end(name: str, at_least: int) -> None:
    entry = catalog.find(name)
    backbone = ImageBackbone.load(entry, pretrained=False)
    groups = blocks(backbone.module)
    ids = [id(parameter) for group in groups for parameter in group]
    assert sorted(ids) == sorted(id(parameter) for parameter in backbone.module.parameters())
    assert len(groups) >= at_least
    assert ids[0] == id(next(backbone.module.parameters()))
    assert backbone.dim == entry.dim


def test_random_weights_are_called_so_repeat_with_their_seed_and_leave_the_callers_stream_alone() -> None:
    entry = catalog.find("efficientnet-lite0")
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    one, same, other = (ImageBackbone.load(entry, pretrained=False, seed=seed) for seed in (1, 1, 2))
    torch.testing.assert_close(torch.rand(3), expected)
    first, again, different = (next(b.module.parameters()) for b in (one, same, other))
    assert torch.equal(first, again)
    assert not torch.equal(first, different)
    assert one.weights_hash == "random:1"
    assert one.source_head is None
    with pytest.raises(BackboneError, match="knows no ImageNet classes"):
        one.source_probabilities(np.zeros((1, one.dim), dtype=np.float32))
