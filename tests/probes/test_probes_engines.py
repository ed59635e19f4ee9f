"""Engines: what a backbone's graph gives is what torch gives, on any item, and torch computes what they cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone
from probes.device import Calibration
from probes.engines import kept, opened
from probes.engines.graph import graph_of, places, signature_of, translatable
from probes.features import extract
from probes.forward import TO_OPEN, TO_TRANSLATE, Forward, exact, forward_of
from probes.hooks import hooked
from tests.probes.tiny_models import ENCODERS, TIMM, VISION, encoder, timm_folder, vision

INSTALLED = sorted(opened.installed())
TEXTS = ["", " ", "the cat sat on the mat", "word " * 10_000, "🙂👩‍👩‍👧 日本語", "\x00\u202e odd", "A" * 5000]


def by(engine: str, precision: str = "float32") -> Calibration:
    return Calibration(device="cpu", channels_last=True, engine=engine, engine_dtype=precision)


def odd_images() -> list[Image.Image]:
    """One pixel, a strip, grey, CMYK and 16 bits, as the reader hands them on: in RGB."""
    from advisor.data.pixels import as_rgb

    noise = np.random.default_rng(0)
    grey = Image.fromarray(noise.integers(0, 256, (40, 60), dtype=np.uint8))
    deep = Image.fromarray(noise.integers(0, 65536, (50, 50), dtype=np.uint16))
    return [
        as_rgb(image)
        for image in (
            Image.new("RGB", (1, 1), "red"), Image.new("RGB", (4000, 10), "blue"), grey,
            Image.new("CMYK", (30, 30), (10, 200, 30, 40)), deep, Image.new("RGBA", (64, 64), (9, 9, 9, 0)),
        )
    ]  # fmt: skip


def same(ours: np.ndarray, theirs: np.ndarray, backbone: Any) -> None:
    """Layer by layer the same direction and length."""
    parts = zip(backbone.split(ours), backbone.split(theirs), strict=True)
    for one, other in parts:
        assert opened.cosines(one, other).min() > 0.9999
        np.testing.assert_allclose(other, one, rtol=1e-2, atol=1e-3 * max(1.0, float(np.abs(one).max())))


@pytest.mark.parametrize("engine", INSTALLED)
def test_odd_images_have_the_features_that_torch_gives_them(lite0: ImageBackbone, engine: str, tmp_path: Path) -> None:
    every = hooked(lite0)
    batch = np.stack([lite0.pixels(image) for image in odd_images()])
    fast = Forward(every, by(engine), tmp_path)
    assert fast.engine == engine
    for rows in (batch, batch[:1], batch[2:5]):
        same(Forward(every, by("torch"), tmp_path)(rows), fast(rows), every)


@pytest.mark.parametrize("engine", INSTALLED)
def test_odd_texts_have_the_features_that_torch_gives_them(minilm: TextBackbone, engine: str, tmp_path: Path) -> None:
    every = hooked(minilm)
    fast = Forward(every, by(engine), tmp_path)
    assert fast.engine == engine
    for texts in (TEXTS, TEXTS[:1], TEXTS[2:3]):
        batch = minilm.tokenize(texts)
        same(Forward(every, by("torch"), tmp_path)(batch), fast(batch), every)


@pytest.mark.parametrize("kind", [*ENCODERS])
def test_encoders_of_every_kind_agree_at_any_length_or_stay_in_torch(kind: str, tmp_path: Path) -> None:
    backbone = TextBackbone.load(catalog.find(str(encoder(tmp_path / "model", kind, "cls")), "text"))
    _agrees(
        hooked(backbone),
        [backbone.tokenize(texts) for texts in (["the cat"], ["a dog ran"] * 3 + ["the " * 50])],
        tmp_path,
    )


@pytest.mark.parametrize("kind", [*VISION])
def test_vision_models_of_every_kind_agree_or_stay_in_torch(kind: str, tmp_path: Path) -> None:
    _images_agree(ImageBackbone.load(catalog.find(str(vision(tmp_path / "model", kind)), "image")), tmp_path)


@pytest.mark.parametrize(("architecture", "arguments"), TIMM, ids=[name for name, _ in TIMM])
def test_networks_of_timm_agree_or_stay_in_torch(architecture: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    folder = timm_folder(tmp_path / "model", architecture, arguments)
    _images_agree(ImageBackbone.load(catalog.find(str(folder), "image")), tmp_path)


def _images_agree(backbone: ImageBackbone, cache: Path) -> None:
    size = backbone.input_size
    noise = np.random.default_rng(0).integers(0, 256, (5, size, size, 3), dtype=np.uint8)
    _agrees(hooked(backbone), [noise[:1], noise], cache)


def _agrees(every: Any, batches: list[Any], cache: Path) -> None:
    """OpenVINO's features are torch's; where it refused the graph, torch computed them."""
    fast = Forward(every, by(INSTALLED[-1]), cache)
    for batch in batches:
        same(Forward(every, by("torch"), cache)(batch), fast(batch), every)


def test_one_graph_gives_plain_features_and_any_choice_of_layers(lite0: ImageBackbone, tmp_path: Path) -> None:
    every = hooked(lite0)
    some = hooked(lite0, [every.names[2], every.names[-1]])
    assert signature_of(lite0) == signature_of(every) == signature_of(some)
    assert places(lite0, every.names) == (len(every.names) - 1,) and places(some, every.names) == (
        2,
        len(every.names) - 1,
    )
    batch = np.stack([lite0.pixels(image) for image in odd_images()])
    whole = every.split(Forward(every, by(INSTALLED[-1]), tmp_path)(batch))
    np.testing.assert_allclose(Forward(lite0, by(INSTALLED[-1]), tmp_path)(batch), whole[-1])
    np.testing.assert_allclose(
        Forward(some, by(INSTALLED[-1]), tmp_path)(batch), np.concatenate([whole[2], whole[-1]], axis=1)
    )


def test_other_weights_are_another_graph_however_they_came(lite0: ImageBackbone) -> None:
    backbone = ImageBackbone.load(lite0.entry, pretrained=False, input_size=64)
    before = signature_of(backbone)
    assert signature_of(backbone) == before and translatable(backbone)
    with torch.no_grad():
        next(backbone.module.parameters()).add_(0.1)
    changed = signature_of(backbone)
    backbone.module.load_state_dict(lite0.module.state_dict())
    assert len({before.key, changed.key, signature_of(backbone).key}) == 3
    assert signature_of(backbone) == signature_of(lite0)
    backbone.module.train()
    assert not translatable(backbone)


class Wrong:
    """An engine's run that gives other features than torch."""

    def __init__(self, folder: Path, n_threads: int, precision: str) -> None:
        self.right = opened.ENGINES["openvino"].__dict__["_Run"](folder, n_threads, precision)

    def __call__(self, inputs: Any) -> list[np.ndarray]:
        return [-part for part in self.right(inputs)]


class Broken(Wrong):
    """An engine's run that ends in an error."""

    def __call__(self, inputs: Any) -> list[np.ndarray]:
        raise RuntimeError("the kernel is gone")


@pytest.mark.skipif("openvino" not in INSTALLED, reason="OpenVINO is not installed")
@pytest.mark.parametrize("run", [Wrong, Broken])
def test_an_engine_that_disagrees_or_fails_is_replaced_by_torch_and_said_once(
    run: type[Wrong],
    lite0: ImageBackbone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    batch = np.stack([lite0.pixels(image) for image in odd_images()])
    expected = Forward(lite0, by("torch"), tmp_path)(batch)
    Forward(lite0, by("openvino"), tmp_path)(batch)  # translated while all was well
    opened.close()
    engine = opened.ENGINES["openvino"]
    monkeypatch.setattr(engine, "_Run", engine.Run, raising=False)
    monkeypatch.setattr(engine, "Run", run)
    for _ in range(2):
        np.testing.assert_allclose(Forward(lite0, by("openvino"), tmp_path)(batch), expected, rtol=1e-4, atol=1e-4)
    assert [record.name for record in caplog.records] == ["advisor.engines"]
    assert Forward(lite0, by("openvino"), tmp_path).engine == "torch"


@pytest.mark.skipif("openvino" not in INSTALLED, reason="OpenVINO is not installed")
def test_a_damaged_translation_is_noticed_and_made_again(lite0: ImageBackbone, tmp_path: Path) -> None:
    batch = np.stack([lite0.pixels(image) for image in odd_images()])
    first = Forward(lite0, by("openvino"), tmp_path)(batch)
    (weights,) = (tmp_path / kept.FOLDER).glob("*/graph.bin")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 255
    weights.write_bytes(content)
    assert kept.opened(weights.parent, signature_of(lite0).key) is None
    opened.close()
    np.testing.assert_allclose(Forward(lite0, by("openvino"), tmp_path)(batch), first, rtol=1e-5, atol=1e-5)
    assert kept.opened(weights.parent, signature_of(lite0).key) == weights.parent
    assert not list((tmp_path / kept.FOLDER).glob("**/*.pkl"))
    assert kept.used(tmp_path) > 10_000_000 and kept.clear(tmp_path) > 10_000_000 and kept.used(tmp_path) == 0


def test_an_engine_is_opened_for_many_items_or_for_a_process_that_stays(tmp_path: Path) -> None:
    backbone = ImageBackbone.load(catalog.default("image"), input_size=64)
    assert forward_of(backbone, TO_OPEN // 2, tmp_path).engine == "torch"
    chosen = forward_of(backbone, 1, tmp_path, stays=True)
    assert chosen.engine in ("torch", *INSTALLED) and chosen.calibration.items_per_second > 0
    assert forward_of(backbone, 1, tmp_path).engine == chosen.engine  # it is open now
    other = ImageBackbone.load(catalog.default("image"), input_size=96)
    assert forward_of(other, TO_TRANSLATE // 2, tmp_path).engine == "torch"  # its graph would have to be made
    assert forward_of(other, TO_TRANSLATE, tmp_path).calibration.items_per_second > 0


@pytest.mark.skipif("openvino" not in INSTALLED, reason="OpenVINO is not installed")
def test_what_must_be_exact_is_torchs_to_the_last_bit_and_the_engine_goes_on_after_it(
    lite0: ImageBackbone, tmp_path: Path
) -> None:
    batch = np.stack([lite0.pixels(image) for image in odd_images()])
    plain, engine = Forward(lite0, by("torch"), tmp_path), Forward(lite0, by("openvino"), tmp_path)
    with exact():
        assert (engine(batch) == plain(batch)).all()
    assert engine.engine == "openvino" and (engine(batch) != plain(batch)).any()


def test_the_feature_cache_does_not_depend_on_the_engine(lite0: ImageBackbone, tmp_path: Path) -> None:
    images = odd_images()
    keys = [f"{number:064d}" for number in range(len(images))]
    first = extract(lite0, images.__getitem__, keys, tmp_path, calibration=by(INSTALLED[-1]))
    again = extract(lite0, images.__getitem__, keys, tmp_path, calibration=by("torch"))
    assert again.cached and (again.array == first.array).all()


def test_a_gpu_a_training_module_and_an_older_mixture_stay_in_torch(lite0: ImageBackbone) -> None:
    from dataclasses import replace

    from advisor.rungs.saved.classifier import Mirrored

    assert translatable(lite0) and translatable(hooked(lite0))
    assert not translatable(replace(lite0, device="cuda"))
    view: Any = hooked(lite0)
    view.module = Mirrored(view.module).eval()
    assert not translatable(view)


def test_nothing_reports_the_use_of_an_engine(tmp_path: Path) -> None:
    """Every connection is refused and counted, in a process of its own."""
    script = tmp_path / "use.py"
    script.write_text(
        "import json, os, socket, sys, threading\n"
        "tried = []\n"
        "def refused(*where): tried.append(str(where)); raise OSError('no network here')\n"
        "socket.socket.connect = refused; socket.create_connection = refused; socket.getaddrinfo = refused\n"
        "from probes.backbones import catalog\n"
        "from probes.backbones.image import ImageBackbone\n"
        "from probes.engines import opened\n"
        "from pathlib import Path\n"
        "own = ImageBackbone.load(catalog.default('image'), input_size=64)\n"
        "for name in opened.installed():\n"
        "    assert opened.opened(own, name, 'float32', Path(sys.argv[1])) is not None, name\n"
        "sender = sys.modules.get('openvino_telemetry')\n"
        "names = [thread.name for thread in threading.enumerate()]\n"
        "print(json.dumps([tried, sender is None, os.environ['ORT_DISABLE_TELEMETRY'], names]))\n"
    )
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    tried, kept_out, ort, threads = json.loads(done.stdout.splitlines()[-1])
    assert (tried, kept_out, ort, threads) == ([], True, "1", ["MainThread"])
    left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [
        name for name in left if "telemetry" in name.lower() or "intel" in name.lower() or "microsoft" in name.lower()
    ]


def test_graphs_agree_on_what_they_are(lite0: ImageBackbone, minilm: TextBackbone) -> None:
    for backbone in (lite0, minilm):
        graph = graph_of(backbone)
        assert graph.signature.outputs == hooked(backbone).names
        sizes = [part.shape[1] for part in graph.run(graph.examples[1])]
        assert sizes == [dim for _, dim in hooked(backbone).parts]


@pytest.mark.parametrize("engine", INSTALLED)
def test_the_distance_from_the_pre_training_data_is_that_of_torch(
    lite0: ImageBackbone, engine: str, tmp_path: Path
) -> None:
    from probes.domain import WithMoments, measure_distance

    pictures = [image for image in odd_images() for _ in range(3)]
    slow = measure_distance(lite0, pictures.__getitem__, len(pictures))
    fast = measure_distance(lite0, pictures.__getitem__, len(pictures), by(engine), cache=tmp_path)
    np.testing.assert_allclose(fast.layers, slow.layers, rtol=1e-3)
    assert fast.energy == pytest.approx(slow.energy, rel=1e-3)
    assert Forward(WithMoments(lite0), by(engine), tmp_path).engine == engine
