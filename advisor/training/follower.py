"""What every process but the first does in a run: it helps in one fit after the other."""

from __future__ import annotations

import importlib
import logging
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from advisor.training import states
from advisor.training.batches import Batches
from advisor.training.gradients import Gradients
from advisor.training.network import learning_groups
from advisor.training.parallel import FIT_OVER, Group
from advisor.training.problem import Problem
from advisor.training.settings import Settings

if TYPE_CHECKING:
    from advisor.core.records import Dataset

LOG = logging.getLogger("advisor.training")


def enlist(group: Group, problem: Problem, settings: Settings) -> bool:
    """Hand the problem to the other processes; False when they cannot build the same one."""
    if problem.rebuild is None:
        LOG.info("This kind of training runs in one process; the others wait.")
        return False
    function, arguments = problem.rebuild
    own = {"function": function, "arguments": arguments, "settings": asdict(settings), "signature": signature(problem)}
    group.hand_out(own)
    if not group.all_agree(True):
        LOG.warning("The other processes built another problem with %s; this one trains alone.", function)
        return False
    group.spread(list(states.whole(problem.network).values()))
    return True


def follow(group: Group, dataset: Dataset, device: str) -> None:
    """Help process 0 in each fit that it hands out, until there is no more."""
    while (job := group.hand_out()) is not None:
        problem = _rebuilt(job, dataset, device)
        if group.all_agree(problem is not None) and problem is not None:
            _help(group, problem, Settings(**job["settings"]))


def _help(group: Group, problem: Problem, settings: Settings) -> None:
    groups = learning_groups(problem, settings)
    group.spread(list(states.whole(problem.network).values()))
    problem.network.train()
    gradients = Gradients(problem, settings, [p for one in groups for p in one["params"]], group)
    with closing(Batches(problem, settings, group.rank, group.world)) as batches:
        while (index := group.broadcast(0)) != FIT_OVER:
            gradients.serve(*batches.at(index))


def _rebuilt(job: dict[str, Any], dataset: Dataset, device: str) -> Problem | None:
    """The problem that `Problem.rebuild` describes; None when it cannot be built or differs from process 0's."""
    module, name = job["function"].split(":")
    try:
        problem: Problem = getattr(importlib.import_module(module), name)(dataset, device=device, **job["arguments"])
    except Exception:  # whatever it is, process 0 can train alone
        LOG.exception("The problem could not be rebuilt.")
        return None
    return problem if signature(problem) == job["signature"] else None


def signature(problem: Problem) -> list[Any]:
    """What two processes must have in common to add up their gradients: objective, items, and the network's tensors."""
    tensors = [[name, list(tensor.shape)] for name, tensor in states.whole(problem.network).items()]
    return [type(problem.objective).__qualname__, type(problem.train).__qualname__, len(problem.train), tensors]
