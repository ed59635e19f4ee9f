"""The same run with several seeds, and one network out of them: the best seed, or the mean of their weights.

Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing
inference time", ICML 2022, https://arxiv.org/abs/2203.05482: networks tuned from one start lie in one basin, so that
their mean often does better than each, at the price of one. Whichever has the least validation loss is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from advisor.training import checkpoints
from advisor.training.finished import fit_once
from advisor.training.loop import fit
from advisor.training.settings import Callbacks, FitResult, Settings, Task


def repeated(
    task: Task,
    settings: Settings,
    n_seeds: int,
    start: dict[str, Tensor],
    callbacks: Callable[[int], Callbacks],
    seconds_left: Callable[[], float],
) -> tuple[FitResult, tuple[str, ...]]:
    """Fit with `n_seeds` seeds; the network is left in the state kept. Returns its result and what to say.

    The first run goes on from the network as it is (or from its checkpoint), the others begin at `start` and take as
    many steps as the first took; one that would not end in the time left is not begun, and one that an interrupted
    attempt had begun is ended. ``callbacks``: by turn, each with a checkpoint of its own.
    """
    results: list[FitResult] = []
    states: list[dict[str, Tensor]] = []
    for turn in range(n_seeds):
        if turn:
            if results[0].seconds > seconds_left() and not _begun(callbacks(turn)):
                break
            checkpoints.copy_into(task.network, start)
            settings = dataclasses.replace(settings, seed=settings.seed + 1, steps=results[0].steps, seconds=None)
        # what comes after the last seed takes seconds, so that its checkpoint suffices
        results.append((fit_once if turn < n_seeds - 1 else fit)(task, settings, callbacks(turn)))
        states += [snapshot(task)] if n_seeds > 1 else []
        if results[-1].stopped:
            break
    if len(results) == 1:
        return results[0], ()
    return _kept(task, settings, results, states)


def _begun(callbacks: Callbacks) -> bool:
    return callbacks.checkpoint is not None and (callbacks.checkpoint / checkpoints.STATE).is_file()


def snapshot(task: Task) -> dict[str, Tensor]:
    """A copy of all that the task's network holds."""
    return {name: tensor.detach().clone() for name, tensor in task.network.state_dict().items()}


def mean_state(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of several states of one network; counters are the first's."""

    def mean(name: str, tensor: Tensor) -> Tensor:
        return torch.stack([state[name] for state in states]).mean(0) if tensor.is_floating_point() else tensor

    return {name: mean(name, tensor) for name, tensor in states[0].items()}


def _kept(
    task: Task, settings: Settings, results: list[FitResult], states: list[dict[str, Tensor]]
) -> tuple[FitResult, tuple[str, ...]]:
    """The seed of least validation loss, or the mean of those that did not diverge where that has less still."""
    order = sorted(range(len(results)), key=lambda place: results[place].loss)
    good = [states[place] for place in order if results[place].best_step >= 0]
    best, state = results[order[0]], states[order[0]]
    values = ", ".join(f"{100 * result.value:.1f} %" for result in results if result.best_step >= 0)
    told = f"{len(results)} seeds reached {values} on the validation items looked at"
    if len(good) > 1:
        checkpoints.copy_into(task.network, mean_state(good))
        judged = task.objective.judge(task, settings)
        if judged.loss < best.loss:
            mean = dataclasses.replace(best, value=judged.value, loss=judged.loss, logits=judged.outputs)
            return mean, (f"{told}; the mean of their weights reached {100 * judged.value:.1f} % and is kept.",)
    checkpoints.copy_into(task.network, state)
    return best, (f"{told}; the one of least loss is kept.",)
