"""Prompting without a large model: class names decide, no label is used.

Texts: cosine between the text's and the class name's sentence embedding. Images: ConSE (Norouzi et al., "Zero-Shot
Learning by Convex Combination of Semantic Embeddings", ICLR 2014, https://arxiv.org/abs/1312.5650): the backbone's
ImageNet probabilities average the embeddings of ImageNet's class names, and the nearest of the user's wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from advisor.features import load_backbone
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.heads import names_head
from advisor.rungs.model import base_spec, save_model

if TYPE_CHECKING:
    from advisor.features import Backbone

TOP = 10


def execute(context: RunContext) -> Outcome:
    """Embed the class names, save them as the model, and score it on the validation part for the record."""
    context.emit("Loading the backbone", 0.01)
    dataset = context.dataset
    backbone = common.open_backbone(context)
    context.emit("Embedding the class names", 0.1)
    arrays, sentences, names = class_arrays(context, backbone)
    rows, value, n = common.validation_rows(dataset), 0.0, 0
    if len(rows):
        val = common.gather(context, backbone, rows, 0.4 * context.seconds_left, (0.2, 0.85))
        value, n = common.value_of(dataset, val.rows, names_head(backbone, arrays, TOP)(val.array)), len(val.rows)
    spec = base_spec(context.plan, dataset, backbone, weights="head")
    spec["head"] = {"type": "class names", "sentences": sentences, "names_encoder": names, "top": TOP}
    save_model(context.directory, spec, {name: torch.from_numpy(array) for name, array in arrays.items()})
    common.save_resolved(context, {"rung": "prompting", "sentences": sentences, "input_size": backbone.input_size})
    return Outcome(
        rung="prompting",
        validation={"value": value, "n": float(n)},
        sentences=("The class names alone decide; no label was used.",),
        device=context.device,
    )


def class_arrays(context: RunContext, backbone: Backbone) -> tuple[dict[str, np.ndarray], list[str], str]:
    """(embeddings (C, d), and of ImageNet's 1000 names for images; what was embedded; the encoder's name)."""
    from probes.zero_shot import class_sentences, imagenet_names

    from probes.backbones import catalog

    sentences = list(class_sentences(context.dataset.classes))
    if context.plan.kind == "text":
        encoder, entry = backbone, backbone.entry
    else:
        entry = catalog.default("text")
        encoder = load_backbone(entry, entry.input_size, context.device)
    arrays = {"class_embeddings": _embedded(encoder, sentences)}
    if context.plan.kind == "image":
        arrays["imagenet_embeddings"] = _embedded(encoder, list(imagenet_names()))
    return arrays, sentences, entry.name


def _embedded(encoder: Backbone, texts: list[str]) -> np.ndarray:
    embedded: np.ndarray = encoder.embed(texts)  # type: ignore[arg-type]
    return np.ascontiguousarray(embedded, np.float32)
