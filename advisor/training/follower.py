"""What every process but the first does in a run: it helps in one fit after the other."""

from __future__ import annotations

import importlib
import logging
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from torch import nn

from advisor.training import checkpoints
from advisor.training.batches import Batches
from advisor.training.gradients import Gradients, learning_groups
from advisor.training.parallel import FIT_OVER, Group
from advisor.training.settings import Settings, Task

if TYPE_CHECKING:
    from advisor.records import Dataset

LOG = logging.getLogger("advisor.training")


def enlist(group: Group, task: Task, settings: Settings) -> bool:
    """Hand the task to the other processes; False when it has no recipe or they come to another network by it."""
    if task.remake is None:
        LOG.info("This kind of training runs in one process; the others wait.")
        return False
    make, arguments = task.remake
    group.hand_out({"make": make, "arguments": arguments, "settings": asdict(settings), "layout": layout(task.network)})
    if not group.all_agree(True):
        LOG.warning("The other processes built another network by the recipe %s; this one goes on alone.", make)
        return False
    group.spread(list(checkpoints.state(task.network).values()))
    return True


def follow(group: Group, dataset: Dataset, device: str) -> None:
    """Help process 0 in each fit that it hands out, until there is no more."""
    while (job := group.hand_out()) is not None:
        settings = Settings(**job["settings"])
        task = remade(job["make"], job["arguments"], dataset, device)
        groups = learning_groups(task, settings)
        if not group.all_agree(layout(task.network) == job["layout"]):
            continue
        group.spread(list(checkpoints.state(task.network).values()))
        task.network.train()
        gradients = Gradients(task, settings, [p for one in groups for p in one["params"]], group)
        with closing(Batches(task, settings, group.rank, group.world)) as batches:
            while (index := group.tell(0)) != FIT_OVER:
                gradients.serve(*batches.at(index))


def remade(make: str, arguments: dict[str, Any], dataset: Dataset, device: str) -> Task:
    """The task that `Task.remake` describes: the function ``module:name`` applied to the dataset and the arguments."""
    module, name = make.split(":")
    task: Task = getattr(importlib.import_module(module), name)(dataset, device=device, **arguments)
    return task


def layout(network: nn.Module) -> list[list[Any]]:
    """Names and shapes of all that the network holds."""
    return [[name, list(tensor.shape)] for name, tensor in checkpoints.state(network).items()]
