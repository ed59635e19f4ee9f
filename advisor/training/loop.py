"""The one training loop: images and texts, CPU, CUDA and MPS, fine-tuning and from scratch.

Context: runs have minutes, not epochs, and may be killed at any step. So the number of steps is planned from a
timed step such that warm-up and cosine end inside the time, corrected as the pace shows; and every random draw is a
function of (seed, step), so that a checkpoint needs no random state and a resumed CPU run equals an undisturbed
one bit for bit (measured in tests/training).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import torch
from torch import Tensor

from advisor.training import checkpoints
from advisor.training.network import Classifier, block_groups, parameter_groups
from advisor.training.objectives import autocast
from advisor.training.pace import Pace
from advisor.training.settings import Callbacks, FitResult, Settings, Task
from advisor.training.sources import ahead

#: A live curve needs a point about this often.
EMIT_SECONDS = 1.0
#: The best state before any was judged.
NOTHING = {"value": -math.inf, "loss": math.inf, "step": -1}


def fit(task: Task, settings: Settings, callbacks: Callbacks | None = None) -> FitResult:
    """Train `task.network` and leave it in its best validated state.

    Resumes from `callbacks.checkpoint` when it holds one. A stop request ends the fit at the next step with the
    best state so far.
    """
    cuda = [torch.cuda.current_device()] if task.device == "cuda" else []
    with torch.random.fork_rng(devices=cuda):  # dropout draws from torch's stream; the caller's stays as it was
        return _Fit(task, settings, callbacks or Callbacks()).run()


def cosine(step: int, steps: int, warmup: float) -> float:
    """Factor of the learning rate at `step` of `steps`: linear warm-up to 1, then a half cosine towards 0."""
    warm = max(1, round(warmup * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm + 1) / max(1, steps - warm + 1)))


def optimizer_groups(task: Task, settings: Settings) -> list[dict[str, Any]]:
    """The parameters that learn and how fast: the task's own groups, else those of a classifier's blocks."""
    if task.groups is not None:
        return task.groups(task.network, settings)
    assert isinstance(task.network, Classifier), "a network that is no Classifier needs Task.groups"
    return parameter_groups(
        task.network,
        block_groups(task.network, task.kind),
        settings.learning_rate,
        settings.head_learning_rate,
        settings.weight_decay,
        settings.layer_decay,
        settings.depth,
    )


class _Fit:
    """One fit in progress; `step` steps are done of `pace.steps`."""

    def __init__(self, task: Task, settings: Settings, callbacks: Callbacks) -> None:
        self.task, self.settings, self.callbacks = task, settings, callbacks
        groups = optimizer_groups(task, settings)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.learning = [p for group in groups for p in group["params"]]
        self.per_epoch = len(task.train.order(np.random.default_rng(0), settings.batch_size))
        self.pace = Pace(settings, self.per_epoch)
        self.step = 0
        self.stale = 0
        self.best: dict[str, Any] = dict(NOTHING)
        self.best_tensors: dict[str, Tensor] = {}
        self.first_value: float | None = None
        self.diverged = self.stopped = False
        self.losses: list[float] = []
        self.items = 0
        self.told_at = -math.inf

    def run(self) -> FitResult:
        """Resume or plan, step until the end, and give back the best state."""
        if not self._resume():
            self._plan()
        if self.step == 0 and self.settings.first_look and self.settings.n_evaluations and self.best["step"] < 0:
            self.first_value = self._look()
        self.task.network.train()
        with closing(ahead(self.task.train, self._batches())) as stream:  # type: ignore[type-var]
            while self.step < self.pace.steps and not self._ended():
                self._advance(time.monotonic(), *next(stream))
        return self._result()

    def _advance(self, started: float, positions: np.ndarray, raw: Any) -> None:
        """One optimizer step and what follows from it; `started` is when its batch was asked for."""
        loss = self._train_step(positions, raw)
        if not math.isfinite(loss):
            self.diverged = True
            return
        self.step += 1
        self.items += len(positions)
        self.losses.append(loss)
        self.pace.stepped(self.step, time.monotonic() - started)
        if self._due():
            self._look()
        elif self.pace.spent - self.told_at >= EMIT_SECONDS:
            self._emit()
        self._maybe_checkpoint()

    def _ended(self) -> bool:
        """Whether to leave before the last step: asked to stop, diverged, or no longer improving."""
        self.stopped = self.callbacks.should_stop()
        patience = self.settings.patience
        return self.stopped or self.diverged or bool(patience and self.stale >= patience)

    def _batches(self) -> Iterator[np.ndarray]:
        """Positions of the batches from the present step on, without end."""
        epoch, skip = divmod(self.step, self.per_epoch)
        while True:
            rng = np.random.default_rng([self.settings.seed, 1, epoch])
            yield from self.task.train.order(rng, self.settings.batch_size)[skip:]
            epoch, skip = epoch + 1, 0

    def _train_step(self, positions: np.ndarray, raw: Any) -> float:
        """Forward, backward, clip, step; the loss."""
        factor = self.pace.gentleness * cosine(self.step, self.pace.steps, self.settings.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        loss = self._backward(positions, raw)
        torch.nn.utils.clip_grad_norm_(self.learning, self.settings.clip)
        self.optimizer.step()
        return loss

    def _backward(self, positions: np.ndarray, raw: Any) -> float:
        """Gradients of one batch; all randomness follows from the seed and the step."""
        torch.manual_seed(self.settings.seed * 1_000_003 + self.step)
        rng = np.random.default_rng([self.settings.seed, 2, self.step])
        inputs = self.task.train.inputs(raw, rng)
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.task.device, self.settings.autocast):
            loss = self.task.objective.loss(self.task, self.settings, inputs, positions)
        mean = loss.total / max(loss.weight, 1e-6)
        mean.backward()  # type: ignore[no-untyped-call]
        return float(mean.detach())

    def _due(self) -> bool:
        """Whether to look at the validation part now; always after the last step."""
        every = self.pace.look_every
        return self.step >= self.pace.steps or bool(every and self.step % every == 0)

    def _look(self) -> float:
        """Evaluate, keep the state if it is the best, tell the outside; the validation value."""
        started = time.monotonic()
        judged = self.task.objective.judge(self.task, self.settings)
        value, loss = judged.value, judged.loss
        self.pace.looked(time.monotonic() - started)
        if not math.isfinite(loss):
            self.diverged = True
            return value
        if (value, -loss) > (self.best["value"], -self.best["loss"]):
            self.best = {"value": value, "loss": loss, "step": self.step}
            self.best_tensors = {k: v.clone() for k, v in checkpoints.learned(self.task.network).items()}
            self.best_tensors["logits"] = torch.from_numpy(judged.outputs)
            self.stale = 0
        else:
            self.stale += 1
        self._emit(val_value=value, val_loss=loss)
        return value

    def _emit(self, **numbers: float) -> None:
        self.told_at = self.pace.spent
        recent = self.losses[-20:]
        self.callbacks.emit(
            {
                "step": self.step,
                "steps": self.pace.steps,
                "epoch": round(self.step / self.per_epoch, 3),
                "seconds": round(self.pace.spent, 3),
                "eta_seconds": round(self.pace.remaining(self.step), 1),
                "learning_rate": self.optimizer.param_groups[-1]["lr"],
                **({"train_loss": float(np.mean(recent))} if recent else {}),
                **numbers,
            }
        )

    def _plan(self) -> None:
        """Time a step and a look where the length depends on the clock, leaving every weight as it was."""
        if self.settings.steps is not None:
            self.pace.fix(self.settings.steps)
            return
        kept = {name: tensor.detach().clone() for name, tensor in self.task.network.named_buffers()}
        self.task.network.train()
        positions = next(self._batches())
        for timed in (positions[:4], positions[:16]):  # the first call pays for choosing kernels
            raw = self.task.train.raw(timed)
            started = time.monotonic()
            self._backward(timed, raw)
            step_seconds = (time.monotonic() - started) * len(positions) / len(timed)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, tensor in self.task.network.named_buffers():
                tensor.copy_(kept[name])
        # a forward pass is a third of a step
        self.pace.plan(step_seconds, step_seconds / 3 * len(self.task.val) / len(positions))

    def _maybe_checkpoint(self) -> None:
        """Write a checkpoint when one is due; writing may take a twentieth of the time."""
        if self.callbacks.checkpoint is None or not self.pace.checkpoint_due(self.callbacks.checkpoint_seconds):
            return
        started = time.monotonic()
        self._write_checkpoint()
        self.pace.checkpointed(time.monotonic() - started)

    def _write_checkpoint(self) -> None:
        assert self.callbacks.checkpoint is not None
        tensors = {
            **checkpoints.prefixed("network", checkpoints.learned(self.task.network)),
            **checkpoints.prefixed("best", self.best_tensors),
            **checkpoints.optimizer_tensors(self.optimizer, self.task.network),
        }
        state = {
            "step": self.step,
            "stale": self.stale,
            "best": {k: v if math.isfinite(v) else None for k, v in self.best.items()},
            "first_value": self.first_value,
            "items": self.items,
            "losses": self.losses[-20:],
            "pace": self.pace.state(),
        }
        checkpoints.write(self.callbacks.checkpoint, tensors, state)

    def _resume(self) -> bool:
        """Continue from the checkpoint when there is one."""
        found = checkpoints.read(self.callbacks.checkpoint) if self.callbacks.checkpoint else None
        if found is None:
            return False
        tensors, state = found
        checkpoints.copy_into(self.task.network, checkpoints.without("network", tensors))
        checkpoints.restore_optimizer(self.optimizer, self.task.network, tensors)
        self.best_tensors = checkpoints.without("best", tensors)
        self.step, self.stale, self.items = state["step"], state["stale"], state["items"]
        self.best = state["best"] if state["best"]["step"] >= 0 else dict(NOTHING)
        self.first_value, self.losses = state["first_value"], state["losses"]
        self.pace.restore(state["pace"])
        return True

    def _result(self) -> FitResult:
        """Put the best state back into the network."""
        if not self.best_tensors and not self.diverged:
            self._look()
        logits = np.zeros((len(self.task.val), self.task.n_classes), np.float32)
        if self.best_tensors:
            checkpoints.copy_into(self.task.network, self.best_tensors)
            logits = self.best_tensors["logits"].cpu().numpy()
        self.task.network.eval()
        return FitResult(
            value=self.best["value"],
            loss=self.best["loss"],
            logits=logits,
            best_step=self.best["step"],
            steps=self.step,
            epochs=self.step / self.per_epoch,
            seconds=self.pace.spent,
            items_per_second=self.items / max(self.pace.stepping, 1e-9),
            stopped=self.stopped,
            diverged=self.diverged,
            first_value=self.first_value,
        )
