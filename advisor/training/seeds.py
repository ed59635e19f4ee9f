"""The same run with several seeds, and one network out of them: the best seed, or the mean of their weights.

Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing
inference time", ICML 2022, https://arxiv.org/abs/2203.05482: networks tuned from one start lie in one basin, so that
their mean often does better than each, at the price of one. Whichever has the least validation loss is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from torch import Tensor

from advisor.training import checkpoints, states
from advisor.training.finished import fit_once
from advisor.training.loop import fit
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, FitResult, Settings


def repeated(
    problem: Problem,
    settings: Settings,
    n_seeds: int,
    start: dict[str, Tensor],
    callbacks: Callable[[int], Callbacks],
    seconds_left: Callable[[], float],
) -> tuple[FitResult, tuple[str, ...]]:
    """Fit with `n_seeds` seeds; the network is left in the state kept. Returns its result and sentences on the seeds.

    The first run goes on from the network as it is (or from its checkpoint); the others begin at `start` and take as
    many steps as the first. A run that would not end in the time left is not begun; one that an interrupted attempt
    had begun is finished. ``callbacks``: by number of the run, each with a checkpoint of its own.
    """
    results: list[FitResult] = []
    ends: list[dict[str, Tensor]] = []
    for turn in range(n_seeds):
        if turn:
            if results[0].seconds > seconds_left() and not _begun(callbacks(turn)):
                break
            states.copy_into(problem.network, start)
            settings = dataclasses.replace(settings, seed=settings.seed + 1, steps=results[0].steps, seconds=None)
        # what comes after the last seed takes seconds, so that its checkpoint suffices
        results.append((fit_once if turn < n_seeds - 1 else fit)(problem, settings, callbacks(turn)))
        ends += [states.snapshot(problem.network)] if n_seeds > 1 else []
        if results[-1].stopped or results[-1].out_of_memory:
            break
    if len(results) == 1:
        return results[0], ()
    return _kept(problem, settings, results, ends)


def _begun(callbacks: Callbacks) -> bool:
    return callbacks.checkpoint is not None and (callbacks.checkpoint / checkpoints.STATE).is_file()


def _kept(
    problem: Problem, settings: Settings, results: list[FitResult], ends: list[dict[str, Tensor]]
) -> tuple[FitResult, tuple[str, ...]]:
    """The seed with the lowest validation loss, or the mean of those that did not diverge where that is lower still."""
    order = sorted(range(len(results)), key=lambda place: results[place].loss)
    good = [ends[place] for place in order if results[place].best_step >= 0]
    best, state = results[order[0]], ends[order[0]]
    values = ", ".join(f"{100 * result.value:.1f} %" for result in results if result.best_step >= 0)
    reached = f"{len(results)} seeds reached {values} on the validation items evaluated"
    if len(good) > 1:
        states.copy_into(problem.network, states.mean_state(good))
        judged = problem.objective.judge(problem, settings)
        if judged.loss < best.loss:
            mean = dataclasses.replace(best, value=judged.value, loss=judged.loss, logits=judged.outputs)
            return mean, (f"{reached}; the mean of their weights reached {100 * judged.value:.1f} % and is kept.",)
    states.copy_into(problem.network, state)
    return best, (f"{reached}; the one with the lowest loss is kept.",)
