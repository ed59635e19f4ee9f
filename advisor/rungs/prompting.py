"""Prompting: a language model answers where the advice found it better; else class names decide, without a label.

Texts: cosine between the text's and the class name's sentence embedding. Images: ConSE (Norouzi et al., "Zero-Shot
Learning by Convex Combination of Semantic Embeddings", ICLR 2014, https://arxiv.org/abs/1312.5650): the backbone's
ImageNet probabilities average the embeddings of ImageNet's class names, and the nearest of the user's wins.
"""

from __future__ import annotations

import torch

from advisor.data.class_names import embed_names, namer
from advisor.rungs import clip, common, prompted
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder
from advisor.rungs.saved.heads import names_head

TOP = 10


def execute(context: RunContext) -> Outcome:
    """Embed the class names, save them as the model, and score it on the validation part."""
    if prompted.is_prompted(context):
        return prompted.execute(context)
    if context.plan.settings.get("by") == clip.BY:
        return clip.execute(context)
    context.emit("Loading the backbone", 0.01)
    dataset = context.dataset
    backbone = namer(dataset, common.open_backbone(context))
    context.emit("Embedding the class names", 0.1)
    names = embed_names(dataset.classes, backbone)
    arrays = {"class_embeddings": names.classes}
    if names.imagenet is not None:
        arrays["imagenet_embeddings"] = names.imagenet
    rows, value, n = common.validation_rows(dataset), 0.0, 0
    if len(rows):
        val = common.gather(context, backbone, rows, 0.4 * context.seconds_left, (0.2, 0.85))
        value, n = common.value_of(dataset, val.rows, names_head(backbone, arrays, TOP)(val.array)), len(val.rows)
    spec = folder.backbone_spec(context.plan, dataset, backbone, weights="head")
    spec["head"] = {
        "type": "class names",
        "sentences": list(names.sentences),
        "names_encoder": names.encoder,
        "top": TOP,
    }
    folder.save(context.directory, spec, {name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    common.save_resolved(
        context, {"rung": "prompting", "sentences": list(names.sentences), "input_size": backbone.input_size}
    )
    return Outcome(
        rung="prompting",
        validation={"value": value, "n": float(n)},
        sentences=("Class names alone decide; no labels were used.",),
        device=context.device,
    )
