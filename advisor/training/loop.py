"""The one training loop: images and texts, CPU, CUDA and MPS, fine-tuning and from scratch.

Context: runs have minutes, not epochs, and may be killed at any step. So the number of steps is planned from a
timed step such that warm-up and cosine end in time, and corrected by the real pace; and every random draw is a
function of (seed, number of the batch), so that a checkpoint needs no random state and a resumed CPU run equals an
undisturbed one bit for bit (measured in tests/training). What is minimised: advisor/training/problem.py; how a batch
becomes a gradient, on one process or several: advisor/training/gradients.py. Several processes run this loop side by
side and hold the same state; the first alone looks at the clock, writes, and hears a stop request.
"""

from __future__ import annotations

import logging
import math
import time
from contextlib import closing
from typing import Any

import numpy as np
import torch
from torch import Tensor

from advisor.core.stopping import Stopped
from advisor.training import checkpoints, parallel, states
from advisor.training.batches import Batches
from advisor.training.checkpoints import Part
from advisor.training.gradients import Gradients, Judge, random_state_kept
from advisor.training.network import learning_groups
from advisor.training.pace import Pace
from advisor.training.parallel import ALONE, Crew, Team
from advisor.training.problem import Judgement, Problem
from advisor.training.settings import Callbacks, FitResult, Settings
from advisor.training.sources import tell_unreadable
from probes.memory import is_out_of_memory

LOG = logging.getLogger("advisor.training")
#: A live curve needs a point about this often.
EMIT_SECONDS = 1.0
#: The learning rate after a rollback to the last good state, as a share of the one before.
SLOWER = 0.5
#: The best state before any was judged.
NOTHING = {"value": -math.inf, "loss": math.inf, "step": -1}


def fit(problem: Problem, settings: Settings, callbacks: Callbacks | None = None) -> FitResult:
    """Train `problem.network` and leave it in its best validated state.

    Resumes from `callbacks.checkpoint` when it holds one. A stop request ends the fit at the next step, or between two
    batches of a judgement, with the best state so far; where none was judged yet ``best_step`` is -1. Where other
    processes have joined (advisor/training/parallel.py), as many take part as the smallest batch has items.
    """
    callbacks, crew = callbacks or Callbacks(), parallel.current()
    if crew is None:
        return fit_in(ALONE, problem, settings, callbacks)
    smallest = min(len(batch) for batch in problem.train.order(np.random.default_rng(0), settings.batch_size))
    return fit_in(crew.team((problem, settings, callbacks.checkpoint), smallest), problem, settings, callbacks)


def fit_in(team: Team, problem: Problem, settings: Settings, callbacks: Callbacks) -> FitResult:
    """As `fit`, as one process of a team; each of them calls it with the same problem."""
    with random_state_kept(problem.device):  # dropout draws from it
        return _Fit(problem, settings, callbacks, team).run()


def take_part(crew: Crew) -> None:
    """Take part in every fit of process 0 until there are no more. Raises ProcessLost when a process has gone."""
    while (coming := crew.next_fit()) is not None:
        team, (problem, settings, checkpoint) = coming
        try:
            fit_in(team, problem, settings, Callbacks(checkpoint=checkpoint))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):  # which ends the fit on every process, and not the run
                raise


def cosine(step: int, steps: int, warmup: float) -> float:
    """Factor of the learning rate at `step` of `steps`: linear warm-up to 1, then a half cosine towards 0."""
    warm = max(1, round(warmup * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm + 1) / max(1, steps - warm + 1)))


class _Fit:
    """One fit in progress: `step` steps are done of `pace.steps`, and `cursor` is the next batch's number.

    The two differ by the batches that were skipped. `ticks` counts every step ever taken, those taken again included.
    """

    def __init__(self, problem: Problem, settings: Settings, callbacks: Callbacks, team: Team = ALONE) -> None:
        self.problem, self.settings, self.callbacks, self.team = problem, settings, callbacks, team
        groups = learning_groups(problem, settings)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.learning = [p for group in groups for p in group["params"]]
        self.average = states.Average(problem.network)
        self.judge = Judge(problem, settings, self._say, self.callbacks.should_stop, team)
        self.step = self.cursor = self.stale = self.ticks = self.items = 0
        self.skipped: list[int] = []
        self.best: dict[str, Any] = dict(NOTHING)
        self.best_part = Part(0, {})
        self.good, self.good_part = {"step": -1}, Part(0, {})
        self.first_value: float | None = None
        self.diverged = self.stopped = self.out_of_memory = False
        self.losses: list[float] = []
        self.sentences: list[str] = []
        self.emitted_at = -math.inf

    def run(self) -> FitResult:
        """Resume or plan, step until the end, and give back the best state."""
        self.pace = Pace(
            self.settings, len(self.problem.train.order(np.random.default_rng(0), self.settings.batch_size))
        )
        if self.callbacks.first_checkpoint_waits:
            self.pace.checkpointed(0.0)
        self.gradients = Gradients(self.problem, self.settings, self.learning, self.team, self._say)
        resumed = self._resume()
        with closing(Batches(self.problem, self.settings, self.team.rank, self.team.world)) as self.batches:
            if not resumed:
                self._plan()
            if self.team.world > 1:
                self.gradients.replicate()
            self._train_within_memory()
        return self._result()

    def _train_within_memory(self) -> None:
        """As `_train`; where the memory does not do for one item at a time, the best state that it has reached counts.

        Raises what the allocator raises where no state after the start was judged.
        """
        try:
            self._train()
        except Stopped:
            self.stopped = True
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or self.best["step"] <= 0:
                raise
            self.out_of_memory = True
        if self.out_of_memory:  # outside of the handler, so that no traceback keeps the activations
            self.optimizer.zero_grad()
            self._say(
                f"Out of memory at step {self.step:,} of {self.pace.steps:,}, even in small parts: the training ended "
                f"there, and the best state so far counts, that of step {self.best['step']:,}."
            )

    def _train(self) -> None:
        """All steps, evaluations and checkpoints."""
        if self.step == 0 and self.settings.first_look and self.settings.n_evaluations and self.best["step"] < 0:
            self.first_value = self._validate()
        if self.good["step"] < 0:
            self._keep_good()
        self.problem.network.train()
        while self.step < self.pace.steps and not self._ended():
            self._advance()

    def _advance(self) -> None:
        """One optimizer step and what follows from it."""
        started = time.monotonic()
        while self.cursor in self.skipped:
            self.cursor += 1
        batch, raw = self.batches.at(self.cursor)
        self._schedule()
        loss = self.gradients.of(batch, raw)
        norm = float(torch.nn.utils.clip_grad_norm_(self.learning, self.settings.clip))
        self.ticks += 1
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._roll_back("The loss" if not math.isfinite(loss) else "The gradient", [batch.index])
            return
        self.optimizer.step()
        self.step, self.cursor = self.step + 1, self.cursor + 1
        self.items += len(batch.positions)
        self.losses = [*self.losses[-19:], loss]
        if self.step > (1 - self.settings.average_last) * self.pace.steps:
            self.average.update()
        self.pace.stepped(self.step, time.monotonic() - started)
        self._keep_pace()
        if self._due():
            self._validate()
        elif self.pace.spent - self.emitted_at >= EMIT_SECONDS:
            self._emit()
        self._maybe_checkpoint()

    def _schedule(self) -> None:
        factor = self.pace.gentleness * cosine(self.step, self.pace.steps, self.settings.warmup)
        factor *= SLOWER ** len(self.skipped)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor

    def _keep_pace(self) -> None:
        """Every process plans the first one's steps; they move only where the length depends on the clock."""
        if self.settings.steps is None and self.settings.seconds is not None:
            steps, planned, every = self.team.same(self.pace.steps, self.pace.planned, self.pace.evaluate_every)
            self.pace.steps, self.pace.planned, self.pace.evaluate_every = int(steps), int(planned), int(every)

    def _ended(self) -> bool:
        """Whether to leave before the last step: asked to stop, diverged, or no longer improving."""
        self.stopped = bool(self.team.same(self.callbacks.should_stop())[0])
        patience = self.settings.patience
        return self.stopped or self.diverged or bool(patience and self.stale >= patience)

    def _due(self) -> bool:
        """Whether to evaluate now; always after the last step, unless nothing is to be chosen."""
        every = self.pace.evaluate_every
        return bool(self.settings.n_evaluations and self.step >= self.pace.steps) or bool(
            every and self.step % every == 0
        )

    def _validate(self) -> float:
        """Judge the validation part, keep the state if it is the best, report; the validation value."""
        started = time.monotonic()
        judged = self.judge()
        self.pace.evaluated(time.monotonic() - started)
        if not math.isfinite(judged.loss):
            self._roll_back("The loss on the validation part", [self.cursor - 1])
            return judged.value
        self.stale = 0 if self._keep_if_best(judged) else self.stale + 1
        self._emit(val_loss=judged.loss, **({"val_value": judged.value} if judged.is_metric else {}))
        self._keep_good()
        return judged.value

    def _validate_last(self) -> None:
        """Judge the state that the fit ends with, unless a stop is asked for meanwhile."""
        try:
            self._validate()
        except Stopped:
            self.stopped = True

    def _keep_if_best(self, judged: Judgement) -> bool:
        if (judged.value, -judged.loss) <= (self.best["value"], -self.best["loss"]):
            return False
        best = {"value": judged.value, "loss": judged.loss, "step": self.step}
        tensors = {k: v.clone() for k, v in states.learned(self.problem.network).items()}
        part = Part(self.ticks, {**tensors, "logits": torch.from_numpy(judged.outputs)})
        self.best, self.best_part = best, part  # together, since a stop may come between any two steps
        return True

    def _keep_good(self) -> None:
        """Keep the present state as the last good one."""
        if self.settings.rollbacks:
            self.good, self.good_part = self._numbers(), Part(self.ticks, states.copied(self._tensors()))

    def _roll_back(self, what: str, without: list[int]) -> None:
        """Go back to the last good state, slower and without the batch that went wrong; give up after a few times."""
        at = self.step
        self.skipped += without
        if len(self.skipped) > self.settings.rollbacks or self.good["step"] < 0:
            self.diverged = True
            return
        self._set(self.good_part.tensors, self.good)
        self.problem.network.train()
        self._say(
            f"{what} overflowed at step {at:,}; training went back to step {self.step:,} and goes on "
            f"at {SLOWER:.0%} of its learning rate without that batch."
        )

    def _say(self, sentence: str) -> None:
        LOG.info("%s", sentence)
        self.sentences.append(sentence)
        self.callbacks.say(sentence)

    def _emit(self, **numbers: float) -> None:
        self.emitted_at = self.pace.spent
        self.callbacks.emit(
            {
                "step": self.step,
                "steps": self.pace.steps,
                "epoch": round(self.step / self.pace.per_epoch, 3),
                "seconds": round(self.pace.spent, 3),
                "eta_seconds": round(self.pace.remaining(self.step), 1),
                "items_per_second": round(self.items / max(self.pace.stepping, 1e-9), 2),
                "learning_rate": self.optimizer.param_groups[-1]["lr"],
                **({"train_loss": float(np.mean(self.losses))} if self.losses else {}),
                **numbers,
            }
        )

    def _plan(self) -> None:
        """Time a step where the length depends on the clock, leaving every weight as it was."""
        if self.settings.steps is not None:
            self.pace.fix(self.settings.steps)
            return
        whole = self.batches.look_up(0)
        seconds = self.gradients.seconds_per_item(whole) / self.team.world
        # a forward pass is a third of a step
        self.pace.plan(seconds * len(whole.positions), seconds / 3 * len(self.problem.val))
        self.pace.timed = self.pace.timed and self.team.first  # only one clock corrects the plan
        self._keep_pace()

    def _maybe_checkpoint(self) -> None:
        """Write a checkpoint when one is due; writing may take a twentieth of the time."""
        if self.callbacks.checkpoint is None or not self.team.first:
            return
        if not self.pace.checkpoint_due(self.callbacks.checkpoint_seconds):
            return
        started = time.monotonic()
        parts = {"now": Part(self.ticks, self._tensors()), "best": self.best_part, "good": self.good_part}
        checkpoints.write(self.callbacks.checkpoint, parts, self._state())
        self.pace.checkpointed(time.monotonic() - started)
        self.callbacks.kept()

    def _tensors(self) -> dict[str, Tensor]:
        """All that a step changes."""
        return {
            **states.prefixed("network", states.learned(self.problem.network)),
            **states.prefixed("average", self.average.tensors),
            **states.optimizer_tensors(self.optimizer, self.problem.network),
        }

    def _numbers(self) -> dict[str, int]:
        """What goes with `_tensors`."""
        return {"step": self.step, "cursor": self.cursor, "stale": self.stale, "averaged": self.average.n}

    def _set(self, tensors: dict[str, Tensor], numbers: dict[str, int]) -> None:
        states.copy_into(self.problem.network, states.without("network", tensors))
        states.restore_optimizer(self.optimizer, self.problem.network, tensors)
        self.average.restore(states.without("average", tensors), numbers["averaged"])
        self.step, self.cursor, self.stale = numbers["step"], numbers["cursor"], numbers["stale"]

    def _state(self) -> dict[str, Any]:
        return {
            **self._numbers(),
            "ticks": self.ticks,
            "items": self.items,
            "skipped": self.skipped,
            "parts_of_a_batch": self.gradients.parts,
            "judging": self.judge.batch_size,
            "best": {k: v if math.isfinite(v) else None for k, v in self.best.items()},
            "good": self.good,
            "first_value": self.first_value,
            "losses": self.losses,
            "sentences": self.sentences,
            "pace": self.pace.state(),
        }

    def _resume(self) -> bool:
        """Continue from the checkpoint when there is one."""
        checkpoint = checkpoints.read(self.callbacks.checkpoint) if self.callbacks.checkpoint else None
        if checkpoint is None:
            return False
        parts, state = checkpoint
        self._set(parts["now"].tensors, state)
        self.best_part, self.good_part, self.good = parts["best"], parts["good"], state["good"]
        self.best = state["best"] if state["best"]["step"] >= 0 else dict(NOTHING)
        self.ticks, self.items, self.skipped = state["ticks"], state["items"], state["skipped"]
        self.gradients.parts, self.judge.batch_size = state["parts_of_a_batch"], state["judging"]
        self.first_value, self.losses, self.sentences = state["first_value"], state["losses"], state["sentences"]
        self.pace.restore(state["pace"])
        self.pace.timed = self.pace.timed and self.team.first
        return True

    def _judge_average(self) -> None:
        """Keep the averaged weights where they validate better than the best state; the network then holds them."""
        kept = states.copied(states.learned(self.problem.network))
        states.copy_into(self.problem.network, self.average.tensors)
        try:
            judged = self.judge()
        except Stopped:
            self.stopped = True
            return
        before = self.best["value"]
        better = math.isfinite(judged.loss) and self._keep_if_best(judged)
        if not better:
            states.copy_into(self.problem.network, kept)
        self._say(
            f"The mean of the weights of the last {self.average.n:,} steps is {'kept' if better else 'not kept'}: "
            f"{judged.value:.3f} on the validation part against {before:.3f}."
        )

    def _result(self) -> FitResult:
        """Put the best state back into the network."""
        averaged = self.average.n > 1 and not (self.stopped or self.diverged or self.out_of_memory)
        if not self.best_part.tensors and not (self.diverged or self.stopped):
            if averaged:  # no state was judged on the way, so that none is chosen
                states.copy_into(self.problem.network, self.average.tensors)
            self._validate_last()
        elif averaged:
            self._judge_average()
        tell_unreadable(self.problem.train, self.team)
        logits = np.zeros((len(self.problem.val), self.problem.n_classes), np.float32)
        if self.best_part.tensors:
            states.copy_into(self.problem.network, self.best_part.tensors)
            logits = self.best_part.tensors["logits"].cpu().numpy()
        self.problem.network.eval()
        self.callbacks.trained(self.items)
        return FitResult(
            value=self.best["value"],
            loss=self.best["loss"],
            logits=logits,
            best_step=self.best["step"],
            steps=self.step,
            epochs=self.step / self.pace.per_epoch,
            seconds=self.pace.spent,
            items_per_second=self.items / max(self.pace.stepping, 1e-9),
            stopped=self.stopped,
            diverged=self.diverged,
            out_of_memory=self.out_of_memory,
            first_value=self.first_value,
            sentences=tuple(self.sentences),
        )
