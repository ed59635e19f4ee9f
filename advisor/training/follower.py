"""What every process but the first does in a run: it helps in one fit after the other."""

from __future__ import annotations

import importlib
import logging
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from advisor.training import checkpoints
from advisor.training.batches import Batches
from advisor.training.gradients import Gradients, learning_groups
from advisor.training.parallel import FIT_OVER, Group
from advisor.training.settings import Settings, Task

if TYPE_CHECKING:
    from advisor.core.records import Dataset

LOG = logging.getLogger("advisor.training")


def enlist(group: Group, task: Task, settings: Settings) -> bool:
    """Hand the task to the other processes; False when it has no recipe or they come to another task by it."""
    if task.remake is None:
        LOG.info("This kind of training runs in one process; the others wait.")
        return False
    make, arguments = task.remake
    group.hand_out({"make": make, "arguments": arguments, "settings": asdict(settings), "signature": signature(task)})
    if not group.all_agree(True):
        LOG.warning("By the recipe %s the other processes came to another task; this one goes on alone.", make)
        return False
    group.spread(list(checkpoints.state(task.network).values()))
    return True


def follow(group: Group, dataset: Dataset, device: str) -> None:
    """Help process 0 in each fit that it hands out, until there is no more."""
    while (job := group.hand_out()) is not None:
        task = _remade(job, dataset, device)
        if group.all_agree(task is not None) and task is not None:
            _help(group, task, Settings(**job["settings"]))


def _help(group: Group, task: Task, settings: Settings) -> None:
    groups = learning_groups(task, settings)
    group.spread(list(checkpoints.state(task.network).values()))
    task.network.train()
    gradients = Gradients(task, settings, [p for one in groups for p in one["params"]], group)
    with closing(Batches(task, settings, group.rank, group.world)) as batches:
        while (index := group.tell(0)) != FIT_OVER:
            gradients.serve(*batches.at(index))


def _remade(job: dict[str, Any], dataset: Dataset, device: str) -> Task | None:
    """The task that `Task.remake` describes, or None when it cannot be built or is another than process 0's."""
    module, name = job["make"].split(":")
    try:
        task: Task = getattr(importlib.import_module(module), name)(dataset, device=device, **job["arguments"])
    except Exception:  # whatever it is, process 0 can go on alone
        LOG.exception("the task could not be built again")
        return None
    return task if signature(task) == job["signature"] else None


def signature(task: Task) -> list[Any]:
    """What two processes must have in common to add up their gradients: objective, items, and the network's tensors."""
    tensors = [[name, list(tensor.shape)] for name, tensor in checkpoints.state(task.network).items()]
    return [type(task.objective).__qualname__, type(task.train).__qualname__, len(task.train), tensors]
