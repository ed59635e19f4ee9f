"""How another process builds a rung's training task again: from the dataset and what fits into JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from advisor.core.records import Dataset
    from advisor.data.features import Backbone
    from advisor.training.network import Classifier
    from advisor.training.settings import Task

Remake = tuple[str, dict[str, Any]]


def recipe(rung: str, network: Classifier, backbone: Backbone, train_rows: np.ndarray) -> Remake:
    """What `classification` needs to come to the same task."""
    from advisor.training.network import depths_of

    return "advisor.training.remake:classification", {
        "rung": rung,
        "backbone": backbone.entry.reference,
        "input_size": backbone.input_size,
        "depths": list(depths_of(backbone)),
        "hold_batch_norm": network.hold_batch_norm,
        "rows": train_rows.tolist(),
    }


def with_adapters(remake: Remake | None, seed: int) -> Remake | None:
    """The same task once adapters were put into its network."""
    return remake and (remake[0], {**remake[1], "adapters_seed": seed})


def classification(
    dataset: Dataset,
    device: str,
    rung: Any,
    backbone: str,
    input_size: int,
    depths: list[str],
    hold_batch_norm: bool,
    rows: list[int],
    adapters_seed: int | None = None,
) -> Task:
    """The task of a rung that trains; the weights are any, since process 0 sends its own."""
    from advisor.data.features import load_backbone
    from advisor.training import adapters, recipes
    from advisor.training.network import at_depths, build
    from probes.backbones import catalog
    from probes.backbones.small import SMALL

    kind: Literal["image", "text"] = "image" if dataset.kind == "image" else "text"
    entry = SMALL if backbone == SMALL.name else catalog.find(backbone, kind)
    loaded = at_depths(load_backbone(entry, input_size, device, pretrained=False), depths)
    network = build(loaded, len(dataset.classes), hold_batch_norm)
    train_rows = np.array(rows, dtype=np.int64)
    task, _ = recipes.task_of(dataset, rung, network, loaded, train_rows, train_rows[:1])
    if adapters_seed is not None:
        adapters.insert(network, adapters_seed)
        task.groups = adapters.groups
    return task
