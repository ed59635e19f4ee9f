"""Prompting: how near an item is to each label's name decides, and labelled items say how near is near enough."""

from __future__ import annotations

import numpy as np
import torch

from advisor.data.class_names import embed_names, namer
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder
from advisor.rungs.saved.heads import name_scores
from probes.multilabel.linear import platt, sigmoid
from probes.multilabel.scores import macro_f1, thresholds_of
from probes.zero_shot import TOP

#: Labelled items that the curves and thresholds are fitted on.
ITEMS = 1000


def execute(context: RunContext) -> Outcome:
    """Embed the names, fit each label's curve and threshold on training items, score them on the validation part."""
    context.emit("Loading the backbone", 0.01)
    dataset = context.dataset
    backbone = namer(dataset, common.open_backbone(context))
    context.emit("Embedding the label names", 0.1)
    names = embed_names(dataset.classes, backbone)
    arrays = {"class_embeddings": names.classes}
    if names.imagenet is not None:
        arrays["imagenet_embeddings"] = names.imagenet
    scores = name_scores(backbone, arrays, TOP)
    rows = dataset.where("train")
    rows = rows[np.random.default_rng(context.plan.seed).permutation(len(rows))[:ITEMS]]
    known = common.gather(context, backbone, rows, 0.35 * context.seconds_left, (0.15, 0.6))
    said, truth = scores(known.array), dataset.targets[known.rows]
    slopes, shifts = platt(said, truth)
    at = thresholds_of(truth, sigmoid(said * slopes + shifts))
    val, value = (
        common.gather(context, backbone, common.validation_rows(dataset), 0.4 * context.seconds_left, (0.6, 0.85)),
        0.0,
    )
    if len(val.rows):
        value = macro_f1(dataset.targets[val.rows], sigmoid(scores(val.array) * slopes + shifts) >= at)
    spec = folder.backbone_spec(context.plan, dataset, backbone, weights="head")
    spec["head"] = {
        "type": "class names", "sentences": list(names.sentences), "names_encoder": names.encoder, "top": TOP,
        **folder.decided(1.0, tuple(at.tolist())),
    }  # fmt: skip
    arrays |= {"slopes": slopes.astype(np.float32), "shifts": shifts.astype(np.float32)}
    folder.save(context.directory, spec, {name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    common.save_resolved(
        context, {"rung": "prompting", "sentences": list(names.sentences), "input_size": backbone.input_size}
    )
    return Outcome(
        rung="prompting",
        validation={"value": value, "n": float(len(val.rows))},
        sentences=(f"The names of the labels decide; {len(known.rows):,} labelled items say how near is near enough.",),
        device=context.device,
        partial=common.partial_sentence(known),
    )
