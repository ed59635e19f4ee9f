from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from probes import features
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone
from probes.errors import BackboneError
from probes.hooks import LAST, MAX_LAYERS, hooked, thinned

TEXTS = ["A cat.", "The train to the north leaves at nine, and nobody knows when it will arrive.", "Rain"]


def pixels(n: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


@torch.inference_mode()
def test_the_layers_are_what_running_the_blocks_by_hand_gives(lite0: ImageBackbone) -> None:
    batch = lite0.prepare(pixels(3, 64))
    every = hooked(lite0)
    parts = every.split(every.module(batch).numpy())
    network = lite0.module
    state = network.bn1(network.conv_stem(batch))
    by_hand = [state.mean((2, 3))]
    for block in network.blocks:
        state = block(state)
        by_hand.append(state.mean((2, 3)))
    by_hand.append(network.bn2(network.conv_head(state)).mean((2, 3)))
    assert every.names == ("stem", *(f"block {i}" for i in range(1, 8)), LAST)
    for part, expected in zip(parts, by_hand, strict=True):
        np.testing.assert_allclose(part, expected.numpy(), rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_the_last_part_is_the_plain_features_and_no_hook_stays(lite0: ImageBackbone) -> None:
    batch = lite0.prepare(pixels(2, 64))
    plain = lite0.module(batch)
    every = hooked(lite0)
    torch.testing.assert_close(every.module(batch)[:, -lite0.dim :], plain, rtol=0, atol=0)
    assert every.parts[-1] == (lite0.preprocessing, lite0.dim)
    assert not any(module._forward_hooks for module in lite0.module.modules())
    assert not every.module.training


@torch.inference_mode()
def test_a_pass_in_another_thread_leaves_this_ones_layers_alone(lite0: ImageBackbone) -> None:
    mine, other = lite0.prepare(pixels(2, 64)), lite0.prepare(pixels(1, 64))
    wide = hooked(lite0)
    alone = wide.module(mine)

    def meanwhile(*_: object) -> None:
        last_block.remove()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: hooked(lite0).module(other)).result()
            pool.submit(lambda: lite0.module(other)).result()

    last_block = lite0.module.blocks[-1].register_forward_hook(meanwhile)
    torch.testing.assert_close(wide.module(mine), alone, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("name", "first", "n_layers"),
    [
        ("alexnet", "convolution 1", 7),
        ("resnet18", "stem", 5),
        ("efficientnet-b0", "stem", 9),
        ("mobilenet-v3-large", "stem", MAX_LAYERS),
        ("convnext-tiny", "stem", 8),
    ],
)
@torch.inference_mode()
def test_every_architecture_has_its_layers(name: str, first: str, n_layers: int) -> None:
    backbone = ImageBackbone.load(catalog.find(name), pretrained=False, input_size=64)
    every = hooked(backbone)
    wide = every.module(backbone.prepare(pixels(2, 64)))
    assert wide.shape == (2, every.dim) and sum(dim for _, dim in every.parts) == every.dim
    assert len(every.names) == len(set(every.names)) == len(every.parts) == n_layers
    assert (every.names[0], every.names[-1]) == (first, LAST)
    assert len({key for key, _ in every.parts}) == n_layers
    torch.testing.assert_close(wide[:, -backbone.dim :], backbone.module(backbone.prepare(pixels(2, 64))))


@torch.inference_mode()
def test_a_convolution_counts_with_its_activation_and_its_pooling() -> None:
    backbone = ImageBackbone.load(catalog.find("alexnet"), pretrained=False, input_size=64)
    batch = backbone.prepare(pixels(2, 64))
    every = hooked(backbone)
    first, second = every.split(every.module(batch).numpy())[:2]
    layers = backbone.module.features
    np.testing.assert_allclose(first, layers[:3](batch).mean((2, 3)).numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second, layers[:6](batch).mean((2, 3)).numpy(), rtol=1e-5, atol=1e-6)


@torch.inference_mode()
def test_a_texts_layers_are_their_means_without_the_padding(minilm: TextBackbone) -> None:
    every = hooked(minilm)
    layers = list(minilm.module.encoder.encoder.layer)  # type: ignore[arg-type]
    together = every.split(every.module(minilm.prepare(minilm.tokenize(TEXTS))).numpy())
    assert every.names == ("embeddings", *(f"layer {i}" for i in range(1, 6)), LAST)
    for position, text in enumerate(TEXTS):
        tokens = minilm.prepare(minilm.tokenize([text]))
        encoder = minilm.module.encoder
        state = encoder.embeddings(input_ids=tokens["input_ids"], token_type_ids=tokens["token_type_ids"])
        for number, part in enumerate(together):
            np.testing.assert_allclose(part[position], state[0].mean(0).numpy(), rtol=1e-3, atol=1e-4)
            if number < len(layers):
                output = layers[number](state)
                state = output[0] if isinstance(output, tuple) else output
    plain = minilm.module(minilm.prepare(minilm.tokenize(TEXTS))).numpy()
    np.testing.assert_allclose(together[-1], plain, rtol=1e-5, atol=1e-6)


def test_plain_features_come_from_the_cache_after_the_layers_were_extracted(
    lite0: ImageBackbone, tmp_path: Path
) -> None:
    pictures = [Image.fromarray(array) for array in pixels(4, 70)]
    keys = [str(number) for number in range(4)]
    every = hooked(lite0)
    wide = features.extract(every, pictures.__getitem__, keys, tmp_path)
    plain = features.extract(lite0, pictures.__getitem__, keys, tmp_path)
    assert plain.cached
    np.testing.assert_array_equal(np.asarray(wide.array)[:, -lite0.dim :], plain.array)


def test_thinning_keeps_both_ends() -> None:
    assert thinned(list(range(5)), 9) == list(range(5))
    kept = thinned(list(range(40)), 7)
    assert len(kept) == 7 and kept[0] == 0 and kept[-1] == 39 and kept == sorted(set(kept))


@torch.inference_mode()
def test_chosen_layers_are_columns_of_all_and_share_their_keys(lite0: ImageBackbone, minilm: TextBackbone) -> None:
    for backbone, names, batch in (
        (lite0, ("block 5", LAST), lite0.prepare(pixels(2, 64))),
        (lite0, ("block 3",), lite0.prepare(pixels(2, 64))),
        (minilm, ("layer 2", "layer 4"), minilm.prepare(minilm.tokenize(TEXTS))),
    ):
        every, some = hooked(backbone), hooked(backbone, tuple(reversed(names)))
        whole = dict(zip(every.names, every.split(every.module(batch).numpy()), strict=True))
        assert some.names == names  # the network's order, however they were given
        np.testing.assert_allclose(some.module(batch).numpy(), np.concatenate([whole[n] for n in names], axis=1))
        assert set(some.parts) <= set(every.parts)
        assert some.preprocessing != every.preprocessing


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(lite0: ImageBackbone) -> None:
    for layers in (("block 99",), ()):
        with pytest.raises(BackboneError, match="It has stem, block 1"):
            hooked(lite0, layers)
