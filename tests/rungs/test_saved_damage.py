"""Models whose files have the right hash and the wrong content: one sentence that names the file and what to do."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from advisor.core.errors import PeopleError
from advisor.core.workspace import RunFiles
from advisor.rungs.saved import folder
from advisor.rungs.saved.loading import load
from probes.backbones import catalog
from probes.backbones.text import TextBackbone
from probes.backbones.weights import weights_path
from probes.errors import BackboneError
from tests.rungs.saved_models import load_predictor

GOLDEN = Path(__file__).parent / "golden" / "frozen-text-1"
Tensors = dict[str, Tensor]


def model_of(target: Path, tensors: Callable[[Tensors], Tensors] | None = None, **head: Any) -> Path:
    """The golden model written again, with other tensors or another head."""
    spec = json.loads((GOLDEN / "model.json").read_text())
    found = load_file(GOLDEN / "model.safetensors")
    target.mkdir()
    folder.save(target, {**spec, "head": {**spec["head"], **head}}, tensors(found) if tensors else found)
    return target


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda found: {key: tensor for key, tensor in found.items() if key != name}


def changed(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[Tensors], Tensors]:
    return lambda found: {**found, name: change(found[name])}


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        (without("head.weight"), "head.weight"),
        (without("head.bias"), "head.bias"),
        (changed("head.weight", lambda t: t[:1]), "2 classes and a head of other shapes"),
        (changed("head.weight", lambda t: t.flatten()), "head of other shapes"),
        (changed("head.bias", lambda t: t[:1]), "head of other shapes"),
        (changed("head.weight", lambda t: t.bfloat16()), "do not fit each other"),
        (changed("head.weight", lambda t: t * float("nan")), "not numbers"),
        (changed("head.bias", lambda t: t + float("inf")), "not numbers"),
        (lambda found: {}, "head.weight"),
    ],
)
def test_tensors_that_do_not_fit_are_a_sentence(
    tensors: Callable[[Tensors], Tensors], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PeopleError, match=said) as raised:
        load(model_of(tmp_path / "run", tensors))
    assert "rain again" in str(raised.value)


def test_a_head_for_other_features_is_a_sentence(tmp_path: Path) -> None:
    model = load_predictor(model_of(tmp_path / "run", changed("head.weight", lambda t: t[:, :100])))
    with pytest.raises(PeopleError, match="reads 100 features and its backbone gives 384"):
        model.predict(["Bake the bread."])


@pytest.mark.parametrize("temperature", [0, 0.0, -1.5, "warm", None, True])
def test_a_temperature_that_gives_no_shares_is_a_sentence(temperature: Any, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match=r"temperature is .* must be above 0"):
        load(model_of(tmp_path / "run", temperature=temperature))


@pytest.mark.parametrize("head", [{"type": "neighbours"}, {"type": "class names"}, {"type": "no such"}])
def test_a_head_without_its_arrays_is_a_sentence(head: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PeopleError):
        load(model_of(tmp_path / "run", **head))


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64, None], ids=["empty", "text", "noise", "cut"])
def test_weights_that_are_no_safetensors_are_a_sentence(content: bytes | None, tmp_path: Path) -> None:
    run = model_of(tmp_path / "run")
    files = RunFiles(run)
    whole = files.weights.read_bytes()
    written = whole[: len(whole) // 2] if content is None else content
    files.weights.write_bytes(written)
    spec = json.loads((GOLDEN / "model.json").read_text())
    files.model.write_text(json.dumps({**spec, "sha256": hashlib.sha256(written).hexdigest()}))
    with pytest.raises(PeopleError, match=r"model\.safetensors cannot be read as safetensors"):
        load(run)


def encoder_folder(target: Path, change: Callable[[Tensors], Tensors]) -> Path:
    source = weights_path(catalog.default("text")).parent
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.safetensors", "*.py", "__pycache__"))
    save_file(change(load_file(source / "model.safetensors")), target / "model.safetensors", {"format": "pt"})
    return target


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: {k: t for k, t in found.items() if ".layer.3." not in k}, "lack 16 of the model's tensors"),
        (lambda found: {k: t[:, :7].clone() if t.ndim == 2 else t for k, t in found.items()}, "cannot be loaded"),
        (lambda found: {"other": torch.zeros(3)}, "lack"),
    ],
)
def test_a_folder_of_weights_with_gaps_is_not_filled_with_random_ones(
    change: Callable[[Tensors], Tensors], said: str, tmp_path: Path
) -> None:
    entry = catalog.find(str(encoder_folder(tmp_path / "encoder", change)), "text")
    with pytest.raises(BackboneError, match=said):
        TextBackbone.load(entry)


def test_a_folder_of_weights_cut_short_is_a_sentence(tmp_path: Path) -> None:
    place = encoder_folder(tmp_path / "encoder", dict)
    weights = place / "model.safetensors"
    for content in (weights.read_bytes()[:100_000], b"", b"noise" * 100):
        weights.write_bytes(content)
        with pytest.raises(BackboneError, match="cannot be loaded as a text encoder"):
            TextBackbone.load(catalog.find(str(place), "text"))


def test_a_folder_never_runs_code_of_its_own(tmp_path: Path) -> None:
    place = encoder_folder(tmp_path / "encoder", dict)
    config = json.loads((place / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    (place / "config.json").write_text(json.dumps(config))
    (place / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Config: ...\nclass Model: ...\n")
    with pytest.raises(BackboneError, match="cannot be loaded"):
        TextBackbone.load(catalog.find(str(place), "text"))
    assert not (tmp_path / "ran").exists()
