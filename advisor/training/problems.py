"""The problem of a rung that trains on classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.training import adapters
from advisor.training.modality import modality_of
from advisor.training.network import Classifier
from advisor.training.objectives import Classification, balanced_weights
from advisor.training.problem import Problem
from advisor.training.recipes import RECIPES
from advisor.training.settings import TrainedRung

if TYPE_CHECKING:
    from advisor.core.records import Dataset
    from advisor.data.features import Backbone
    from advisor.training.augmentation import Augmentation


def problem_of(
    dataset: Dataset,
    rung: TrainedRung,
    network: Classifier,
    backbone: Backbone,
    train_rows: np.ndarray,
    val_rows: np.ndarray,
) -> tuple[Problem, Augmentation | None]:
    """The problem of a rung on these rows, and the augmentation chosen."""
    modality = modality_of(dataset.kind)
    augmentation = modality.augmentation(dataset, train_rows, strong=RECIPES[rung].fresh)
    labels, n_classes = dataset.labels[train_rows], len(dataset.classes)
    balanced = dataset.metric == "balanced accuracy"
    problem = Problem(
        network=network,
        train=modality.source(dataset, train_rows, backbone, augmentation),
        val=modality.source(dataset, val_rows, backbone),
        objective=Classification(),
        labels_train=labels,
        labels_val=dataset.labels[val_rows],
        n_classes=n_classes,
        metric=dataset.metric,
        device=backbone.device,
        class_weights=balanced_weights(labels, n_classes) if balanced else None,
    )
    return problem, augmentation


def insert_adapters(problem: Problem, seed: int) -> None:
    """Put adapters into the problem's network, in place; they and the head are what learns."""
    adapters.insert(problem.network, seed)
    problem.groups = adapters.groups
