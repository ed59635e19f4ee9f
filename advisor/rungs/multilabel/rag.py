"""Retrieval: the nearest labelled examples vote on each label by itself; new labelled items count at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from advisor.core.wording import nearest_vote
from advisor.evidence.sample import related
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder
from probes.multilabel.neighbours import labels_knn, vote_labels
from probes.multilabel.scores import macro_f1


def execute(context: RunContext) -> Outcome:
    """Choose k and thresholds leave-one-out on the training part, score them on the validation part, store both."""
    context.emit("Loading the backbone", 0.01)
    dataset = context.dataset
    backbone = common.open_backbone(context)
    train, val = common.both_parts(context, backbone)
    context.stage("Choosing how many examples vote", 0.8, 0.9)("", 0.0)
    planned: Any = context.plan.settings.get("k")
    truth, strata, groups = (of[train.rows] for of in (dataset.targets, dataset.labels, related(dataset)))
    chosen = labels_knn(train.array, truth, strata, groups, **({} if planned is None else {"ks": (int(planned),)}))
    value = 0.0
    if len(val.rows):
        said = vote_labels(val.array, train.array, truth, chosen.k) >= chosen.thresholds
        value = macro_f1(dataset.targets[val.rows], said)
    memory = common.joined(train, val)
    spec = folder.backbone_spec(context.plan, dataset, backbone, weights="head")
    spec["head"] = {
        "type": "neighbours", "k": chosen.k, "n_items": len(memory.rows), "similarity": "cosine",
        **folder.decided(1.0, tuple(chosen.thresholds.tolist())),
    }  # fmt: skip
    tensors = {
        "memory": torch.from_numpy(np.ascontiguousarray(memory.array, np.float32)),
        "targets": torch.from_numpy(dataset.targets[memory.rows]),
    }
    folder.save(context.directory, spec, tensors)
    common.save_resolved(
        context, {"rung": "rag", "k": chosen.k, "n_items": len(memory.rows), "input_size": backbone.input_size}
    )
    return Outcome(
        rung="rag",
        validation={"value": value, "n": float(len(val.rows))},
        sentences=(nearest_vote(chosen.k, len(memory.rows), "stored examples"),),
        device=context.device,
        partial=common.partial_sentence(train),
    )
