"""What lies beside an exported model: class names, how its inputs are made, tokenizer or vocabulary, the weights."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from advisor.core import storage
from advisor.core.workspace import RunFiles
from advisor.exports.graphs import Reads
from advisor.rungs.saved import folder as saved
from advisor.rungs.saved.clip import ClipPredictor
from advisor.rungs.saved.predictor import Predictor
from probes import reading
from probes.backbones import small
from probes.hooks import LAST, image_layers, inner

#: What predict.py imports, by what the model reads.
PACKAGES: dict[Reads, tuple[str, ...]] = {
    "images": ("numpy", "onnxruntime", "pillow"),
    "texts": ("numpy", "onnxruntime", "tokenizers"),
    "words": ("numpy", "onnxruntime"),
}


def write_description(reads: Reads, model: Predictor, to: Path) -> None:
    """classes.json, preprocessing.json, and the tokenizer or the vocabulary where the model has one."""
    write_json(to / "classes.json", list(model.classes))
    sure: dict[str, Any] = {"not_sure_below": model.least_sure, "likely_from": model.least_likely}
    if model.thresholds is not None:
        sure["thresholds"] = model.thresholds.tolist()
    write_json(to / "preprocessing.json", {**_DESCRIPTIONS[reads](model), "head": model.spec.get("head"), **sure})
    if reads == "texts":
        any_model: Any = model
        whole: Any = body(model)
        (to / "tokenizer.json").write_text(any_model.backbone.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
        whole.encoder.config.to_json_file(str(to / "config.json"))
    if reads == "words":
        write_json(to / "vocabulary.json", vocabulary(model))


def write_script(name: str, to: Path) -> None:
    """Copy one of `advisor.exports.scripts` to the file `to`."""
    to.write_text(files("advisor.exports.scripts").joinpath(f"{name}.py").read_text(encoding="utf-8"), encoding="utf-8")


def write_scripts(reads: Reads, to: Path) -> None:
    """predict.py, inputs.py which makes items into the model's inputs, and answers.py which says what is likely."""
    write_script("predict", to / "predict.py")
    write_script("answers", to / "answers.py")
    write_script(f"inputs_{reads}", to / "inputs.py")


def write_requirements(packages: Iterable[str], to: Path) -> None:
    """requirements.txt: what predict.py needs, in the versions that the model was checked with."""
    versions = {name: importlib.metadata.version(name).split("+")[0] for name in packages}  # 2.9+cpu is on no index
    lines = [f"{name}=={version}" for name, version in versions.items()]
    (to / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_weights(model: Predictor, tensors: dict[str, Tensor], to: Path) -> None:
    """model.safetensors with everything that was learned, by us or before us, and the model.json that describes it.

    `advisor.load` and `advisor serve` read the folder; only ConSE's class names still need the backbone on the machine,
    for its ImageNet head.
    """
    everything = {name: tensor for name, tensor in tensors.items() if not name.startswith("backbone.")}
    spec = {name: value for name, value in model.spec.items() if name not in ("sha256", "seal")}
    if isinstance(model, ClipPredictor):
        everything = {
            f"backbone.{name}": tensor.detach().clone() for name, tensor in model.model.module.state_dict().items()
        }
    if model.backbone is not None:
        state = body(model).state_dict()
        everything |= {f"backbone.{name}": tensor.detach().clone() for name, tensor in state.items()}
        spec["weights"] = "head" if "imagenet_embeddings" in tensors else "all"
    saved.save(to, spec, everything)
    if model.threshold is not None:
        model.threshold.save(RunFiles(to).threshold)


def body(model: Predictor) -> nn.Module:
    """The plain backbone of a model, without what reads its layers."""
    module = model.backbone.module
    return inner(getattr(module, "module", module) if type(module).__name__ == "Mirrored" else module)


def write_network(to: Path) -> None:
    """network.py: the small network for little data, which no library has, for train.py."""
    parts = [inspect.getsource(part) for part in (small.Block, small.SmallResNet)]
    head = (
        '"""The small residual network that this model is."""\n\nfrom itertools import pairwise\n\n'
        f"from torch import Tensor, nn\n\nWIDTHS = {small.WIDTHS}\n"
    )
    to.write_text("\n\n".join([head, *parts]), encoding="utf-8")


def write_looping(to: Path) -> None:
    """looping.py: what tells an answer that only repeats itself, as this program tells it."""
    head = (
        '"""Whether a language model only repeats itself."""\n\nfrom __future__ import annotations\n\n'
        "import re\nimport string\nfrom collections.abc import Sequence\n\n"
        f"LOOPED = {reading.LOOPED!r}\n_LOOPS, _WORD_LOOPS = {reading._LOOPS}, {reading._WORD_LOOPS}\n"
        f"_ARTICLES = re.compile({reading._ARTICLES.pattern!r})\n"
        '_SIGNS = str.maketrans("", "", string.punctuation)\n'
    )
    parts = [inspect.getsource(part) for part in (reading.normalised, reading.loops, reading._repeats)]
    to.write_text("\n\n".join([head, *parts]), encoding="utf-8")


def vocabulary(model: Any) -> list[list[str]]:
    """The terms of each vectoriser of a word-count model, in the order of their columns."""
    return [part.get_feature_names_out().tolist() for part in model.model.parts]


def write_json(path: Path, content: Any) -> None:
    """Readable JSON without a seal: other programs read it."""
    storage.write_bytes(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def _images(model: Any) -> dict[str, Any]:
    if isinstance(model, ClipPredictor):
        how = model.model.processor.image_processor
        usual = "inside the model: shorter side to size_px, Pillow's bicubic, centre crop"
        return _pixels(model, model.side_px, how.image_mean, how.image_std, usual) | {"strips": "cropped"}
    backbone = model.backbone
    names = tuple(model.spec["backbone"].get("depths", [LAST]))
    module = body(model)
    places = {id(part): name for name, part in module.named_modules()}
    ends = {name: places[id(part)] for name, part in image_layers(module)}
    usual = "inside the model: shorter side to size_px, Pillow's bicubic, centre crop; longer than 2:1 squashed"
    return {
        **_pixels(model, int(backbone.input_size), backbone.mean, backbone.std, usual),
        "strips": "squashed",
        "library": backbone.entry.loader,
        "architecture": backbone.entry.source_id,
        "layers": [ends[name] for name in names if name != LAST],
        "last_features": LAST in names,
    }


def _pixels(model: Any, size_px: int, mean: Iterable[float], std: Iterable[float], resize: str) -> dict[str, Any]:
    """What every model of images says of its input."""
    levels = model.levels
    return {
        "reads": "images",
        "input": "pixels: uint8 (n, height, width, 3), RGB, of any size",
        "size_px": size_px,
        "mean": list(mean),
        "std": list(std),
        "resize": resize,
        "ranges": {
            "integers": list(levels.integers) if levels and levels.integers else None,
            "floats": list(levels.floats) if levels and levels.floats else None,
        },
    }


def _texts(model: Any) -> dict[str, Any]:
    backbone = model.backbone
    names = tuple(model.spec["backbone"].get("depths", [LAST]))
    return {
        "reads": "texts",
        "input": "input_ids and attention_mask: int64 (n, tokens), by tokenizer.json",
        "max_tokens": int(backbone.max_tokens),
        "pad_id": int(backbone.tokenizer.pad_token_id or 0),
        "pad_token": str(backbone.tokenizer.pad_token),
        "prefix": backbone.entry.prefixes.item,
        "pooling": backbone.entry.pooling,
        "architecture": backbone.entry.hub_name or backbone.entry.source_id,
        "layers": [0 if name == "embeddings" else int(name.split()[-1]) for name in names if name != LAST],
        "last_features": LAST in names,
    }


def _words(model: Any) -> dict[str, Any]:
    head = model.spec["head"]
    return {
        "reads": "words",
        "input": "counts: float32 (n, terms), by vocabulary.json",
        "max_characters": int(head["max_characters"]),
        "pieces_of_words": bool(head["character_grams"]),
    }


_DESCRIPTIONS = {"images": _images, "texts": _texts, "words": _words}
