"""The packaged text encoder for one sample: half precision and the words of that sample, a quarter of the size.

The tokenizer takes the longest piece that it knows, so these texts are cut as before where only pieces that none of
them has are left out. Class names are kept too: the sample's, ImageNet's and digits.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from probes.backbones import catalog
from probes.backbones.weights import weights_path

#: Below this id lie the special tokens and those that are not used; they keep their ids.
FIRST_PIECE = 104
SAMPLE = "sample:topics"
WORDS = "embeddings.word_embeddings.weight"


def write_small_copy(folder: Path, home: Path) -> None:
    """Write the copy for `SAMPLE`; home: a folder for the workspace in which the sample is read."""
    source = weights_path(catalog.default("text")).parent
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    kept = _pieces(source / "tokenizer.json", _texts(home))
    new = {old: place for place, old in enumerate(kept)}
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {piece: new[old] for piece, old in vocabulary.items() if old in new}
    _write(folder / "tokenizer.json", tokenizer)
    tensors = load_file(source / "model.safetensors")
    tensors[WORDS] = tensors[WORDS][torch.tensor(kept)]
    halves = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()
    }
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "config.json", json.loads((source / "config.json").read_text()) | {"vocab_size": len(kept)})
    shutil.copy(source / "tokenizer_config.json", folder)
    shutil.copytree(source / "1_Pooling", folder / "1_Pooling", dirs_exist_ok=True)


def _pieces(tokenizer: Path, texts: list[str]) -> list[int]:
    """The ids that the texts need, in order, and those of the special tokens."""
    from tokenizers import Tokenizer

    reader = Tokenizer.from_file(str(tokenizer))
    reader.no_truncation()
    found = {number for encoding in reader.encode_batch(texts) for number in encoding.ids}
    return sorted(found | set(range(FIRST_PIECE)))


def _texts(home: Path) -> list[str]:
    from advisor import api
    from probes.zero_shot import class_sentences, imagenet_names

    os.environ["ADVISOR_HOME"] = str(home)
    dataset = api.read(SAMPLE)
    texts: list[str] = dataset.items["text"].tolist()
    digits = class_sentences([str(digit) for digit in range(10)], kind="image")
    return [*texts, *class_sentences(dataset.classes, kind="text"), *imagenet_names(), *digits]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
