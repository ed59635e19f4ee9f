"""Retrieval: the stored features of labelled examples vote; no weights change, and new labels count at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from advisor.core.records import Dataset
from advisor.core.wording import nearest_vote
from advisor.evidence.sample import related
from advisor.rungs import common, prompted
from advisor.rungs.common import Features
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder


def execute(context: RunContext) -> Outcome:
    """Choose k leave-one-out on the training part, score it on the validation part, store both parts as examples."""
    if prompted.is_prompted(context):
        return prompted.execute(context)
    context.emit("Loading the backbone", 0.01)
    dataset = context.dataset
    backbone = common.open_backbone(context)
    train, val = common.both_parts(context, backbone)
    context.stage("Choosing how many examples vote", 0.8, 0.9)("", 0.0)
    k = choose_k(context, train)
    value = common.value_of(dataset, val.rows, _vote(dataset, train, val, k)) if len(val.rows) else 0.0
    memory = common.joined(train, val)
    spec = folder.backbone_spec(context.plan, dataset, backbone, weights="head")
    spec["head"] = {"type": "neighbours", "k": k, "n_items": len(memory.rows), "similarity": "cosine"}
    tensors = {
        "memory": torch.from_numpy(np.ascontiguousarray(memory.array, np.float32)),
        "labels": torch.from_numpy(dataset.labels[memory.rows].astype(np.int64)),
    }
    folder.save(context.directory, spec, tensors)
    common.save_resolved(
        context, {"rung": "rag", "k": k, "n_items": len(memory.rows), "input_size": backbone.input_size}
    )
    return Outcome(
        rung="rag",
        validation={"value": value, "n": float(len(val.rows))},
        sentences=(nearest_vote(k, len(memory.rows), "stored examples"),),
        device=context.device,
        partial=common.partial_sentence(train),
    )


def choose_k(context: RunContext, train: Features) -> int:
    """How many neighbours vote: the plan's number, or the best leave-one-out."""
    from probes.neighbours import knn

    planned: Any = context.plan.settings.get("k")
    if planned is not None:
        return int(planned)
    dataset = context.dataset
    groups = related(dataset)[train.rows]
    n_classes = len(dataset.classes)
    return int(knn(train.array, dataset.labels[train.rows], dataset.metric, groups=groups, n_classes=n_classes).k)


def _vote(dataset: Dataset, train: Features, val: Features, k: int) -> np.ndarray:
    from probes.neighbours import vote

    return np.asarray(vote(val.array, train.array, dataset.labels[train.rows], k, len(dataset.classes)))
