"""Prompting for images by CLIP, with a tiny CLIP of random weights: the path is tried, not what it knows."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor.core.records import Dataset, Plan
from advisor.data.features import features_of, load_backbone
from advisor.data.reading import read
from advisor.evidence.clip import FOLDER, NAME, measure_clip
from advisor.evidence.prompts import settings_of
from advisor.evidence.sample import Sample, related
from advisor.rungs import registry
from advisor.rungs.context import RunContext
from advisor.runs.report.report import report
from probes.backbones import catalog
from probes.backbones.clip import TEMPLATE, ClipModel, to_clip_pixels
from probes.backbones.weights import weights_hash
from probes.errors import BackboneError
from tests.rungs.saved_models import load_predictor


@pytest.fixture(scope="module")
def random_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of random weights."""
    return write_random_clip(tmp_path_factory.mktemp("clip") / "random-clip")


def write_random_clip(folder: Path) -> Path:
    """Write a CLIP of two layers with random weights, its tokenizer over single letters."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    folder.mkdir()
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**small, "vocab_size": len(words), "bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1},
        vision_config={**small, "image_size": 32, "patch_size": 16},
        projection_dim=16,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CLIPModel(config).save_pretrained(folder)
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77).save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def test_probabilities_are_the_scaled_cosines_of_the_embeddings(random_clip: Path) -> None:
    import torch

    model = ClipModel.load(random_clip)
    images = [Image.new("RGB", (40, 50), colour) for colour in ("red", "blue", "white")]
    names = ["cat", "small dog"]
    found = model.log_probabilities(images, names)
    with torch.inference_mode():
        seen = model.processor(text=[TEMPLATE.format(name=name) for name in names], images=images,
                               return_tensors="pt", padding=True)  # fmt: skip
        output = model.module(**seen)
        cosines = output.image_embeds @ output.text_embeds.T
        expected = (cosines * model.module.logit_scale.exp()).log_softmax(-1)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)
    assert model.name == "random-clip" and model.log_probabilities([], names).shape == (0, 2)


@pytest.mark.parametrize("size", [(40, 50), (32, 32), (7, 90), (333, 100)])
def test_pixels_are_those_of_the_models_own_processor(random_clip: Path, size: tuple[int, int]) -> None:
    how = ClipModel.load(random_clip).processor.image_processor
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    seen = how(Image.fromarray(pixels), return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    levels = (seen * np.array(how.image_std) + np.array(how.image_mean)) * 255
    assert np.abs(levels - to_clip_pixels(Image.fromarray(pixels), 32)).max() < 0.01


def test_a_folder_without_a_clip_says_so(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="cannot be loaded as a CLIP model"):
        ClipModel.load(tmp_path)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Three digits, 20 pictures each."""
    from sklearn.datasets import load_digits

    data = load_digits(n_class=3)
    for index in range(60):
        place = tmp_path / "digits" / f"digit {data.target[index]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((16 * data.images[index]).clip(0, 255).astype(np.uint8)).save(place / f"{index}.png")
    return read(tmp_path / "digits")


def test_an_installed_clip_is_measured_carried_out_and_asked(
    random_clip: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = catalog.default("image")
    backbone = load_backbone(entry, 64, "cpu")
    rows = dataset.where("train", "val")
    features = np.asarray(features_of(dataset, rows, backbone).array)
    sample = Sample(rows, dataset.labels[rows], related(dataset)[rows], features)
    assert measure_clip(dataset, backbone, sample, 5.0) == ([], None)
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert "CLIP was not measured" in (measure_clip(dataset, backbone, sample, 5.0)[1] or "")
    monkeypatch.setenv(FOLDER, str(random_clip))
    (found,), note = measure_clip(dataset, backbone, sample, 5.0)
    assert note is None and found.name == NAME and found.measured.n >= 32 and "gain_error" in found.settings
    plan = Plan(
        run="test", rung="prompting", dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
        fingerprint=dataset.fingerprint, kind="image", backbone=entry.name, backbone_hash=weights_hash(entry),
        input_size=64, settings=settings_of(found), budget_seconds=20.0,
    )  # fmt: skip
    (tmp_path / "run").mkdir()
    context = RunContext(plan, dataset, tmp_path / "run", "cpu", time.monotonic() + 20.0)
    outcome = registry.execute(context)
    predictor = load_predictor(context.directory)
    path = dataset.items["path"].iloc[0]
    by_path, by_picture = predictor.predict([path, Image.open(path)])
    assert by_path.probabilities == pytest.approx(by_picture.probabilities, abs=1e-5)
    made = report(plan, dataset, predictor, context.directory, outcome, 1.0)
    assert made.test.n == len(dataset.where("test")) and "random-clip" in made.sentences[-1]
