"""The problem of a rung that trains on labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.core.kinds import kind_row
from advisor.training import adapters
from advisor.training.label_sets import LabelSets, rarity_weights
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
    n_classes = len(dataset.classes)
    several = kind_row(dataset.kind).task == "multilabel"
    truth = dataset.targets if several else dataset.labels
    problem = Problem(
        network=network,
        train=modality.source(dataset, train_rows, backbone, augmentation),
        val=modality.source(dataset, val_rows, backbone),
        objective=LabelSets() if several else Classification(),
        labels_train=truth[train_rows],
        labels_val=truth[val_rows],
        n_classes=n_classes,
        metric=dataset.metric,
        device=backbone.device,
        class_weights=_class_weights(dataset, train_rows, several),
    )
    return problem, augmentation


def _class_weights(dataset: Dataset, rows: np.ndarray, several: bool) -> np.ndarray | None:
    """What an item of each class weighs, or each label where an item has it; None where all weigh the same."""
    if several:
        return rarity_weights(dataset.targets[rows])
    balanced = dataset.metric == "balanced accuracy"
    return balanced_weights(dataset.labels[rows], len(dataset.classes)) if balanced else None


def insert_adapters(problem: Problem, seed: int) -> None:
    """Put adapters into the problem's network, in place; they and the head are what learns."""
    adapters.insert(problem.network, seed)
    problem.groups = adapters.groups
