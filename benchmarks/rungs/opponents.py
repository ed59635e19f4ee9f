"""What a user would write instead, on the same weights, the same items and the same seconds.

Each function takes a dataset and a budget, learns from the training and validation parts, and returns the predicted
class of every test item; the caller times it, loading and predicting included. Their recipes are their authors'
defaults: the newsletter's (frozen backbone, a fresh linear layer, Adam at 1e-3, five passes), fastai's `fine_tune`
(docs.fast.ai), SetFit's Trainer (Tunstall et al., arXiv 2209.11055), scikit-learn's LogisticRegressionCV.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.data.features import features_of, load_backbone
from probes.backbones import catalog

if TYPE_CHECKING:
    from advisor.data.features import Backbone

PASSES = 5
BATCH = 32
ADAM_RATE = 1e-3
IMAGE_PX = 224
#: Share of the budget that training may take; the rest is for the test part.
TRAINING_SHARE = 0.8


def newsletter(dataset: Dataset, budget_seconds: float) -> np.ndarray:
    """A frozen backbone and a fresh linear layer trained with Adam, every batch through the backbone again."""
    torch.manual_seed(0)
    until = time.monotonic() + TRAINING_SHARE * budget_seconds
    entry = catalog.default(kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, entry.usual_input, "cpu")
    for parameter in backbone.module.parameters():
        parameter.requires_grad_(False)
    head = nn.Linear(backbone.dim, len(dataset.classes))
    optimizer = torch.optim.Adam(head.parameters(), lr=ADAM_RATE)
    rows = dataset.where("train", "val")
    for _ in range(PASSES):
        for batch in batches(np.random.default_rng(0).permutation(rows)):
            labels = torch.from_numpy(dataset.labels[batch])
            loss = nn.functional.cross_entropy(head(backbone.module(inputs(dataset, backbone, batch))), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if time.monotonic() > until:
                break
    with torch.inference_mode():
        parts = [
            head(backbone.module(inputs(dataset, backbone, batch))).argmax(1).numpy()
            for batch in batches(dataset.where("test"))
        ]
    return np.concatenate(parts)


def logistic_cv(dataset: Dataset, budget_seconds: float) -> np.ndarray:
    """scikit-learn's cross-validated logistic regression on the backbone's features."""
    from sklearn.linear_model import LogisticRegressionCV

    entry = catalog.default(kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, entry.usual_input, "cpu")
    train, test = dataset.where("train", "val"), dataset.where("test")
    found = np.asarray(features_of(dataset, np.concatenate([train, test]), backbone).array)
    labels = dataset.labels[train]
    balanced = "balanced" if dataset.metric == "balanced accuracy" else None
    folds = int(max(2, min(5, np.bincount(labels)[np.unique(labels)].min())))
    model = LogisticRegressionCV(
        Cs=10, cv=folds, max_iter=1000, class_weight=balanced, use_legacy_attributes=False, l1_ratios=(0.0,)
    )
    predicted: np.ndarray = model.fit(found[: len(train)], labels).predict(found[len(train) :])
    return predicted


def inputs(dataset: Dataset, backbone: Backbone, rows: np.ndarray) -> Any:
    """A batch as the backbone takes it, decoded or tokenised anew as a plain data loader does."""
    from advisor.data.features import reader

    read = reader(dataset, backbone.input_size)
    items = [read(int(row)) for row in rows]
    if dataset.kind == "text":
        any_text: Any = backbone
        return any_text.prepare(any_text.tokenize(items))
    any_image: Any = backbone
    pixels: Tensor = any_image.prepare(np.stack([any_image.pixels(item) for item in items]))
    return pixels


def batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Rows in order, `BATCH` at a time."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


Opponent = Callable[[Dataset, float], np.ndarray]
