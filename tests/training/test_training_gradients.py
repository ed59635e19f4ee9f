"""A batch has one gradient however it is cut up; too little memory, overflow and averaging, with exact resumes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from advisor.training import checkpoints, states
from advisor.training.batches import Batches, PartOfBatch
from advisor.training.gradients import Gradients
from advisor.training.loop import fit
from advisor.training.network import learning_groups
from advisor.training.objectives import evaluating
from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Callbacks, Settings
from advisor.training.sources import ImageSource
from tests.training.small_problems import (
    SETTINGS,
    image_problem,
    learning_norm_problem,
    stopped_after,
    text_problem,
    tiny_backbone,
)

IMPOSSIBLE = 2**45  # floats; no machine has 140 TB


class Poisoned:
    """A source in which one item is so large that the loss overflows."""

    def __init__(self, inner: Any, item: int) -> None:
        self.inner, self.item, self.ok = inner, item, inner.ok

    def __len__(self) -> int:
        return len(self.inner)

    def order(self, rng: Any, batch_size: int) -> Any:
        return self.inner.order(rng, batch_size)

    def raw(self, positions: np.ndarray) -> Any:
        return {"pixels": self.inner.raw(positions), "bad": positions == self.item}

    def inputs(self, raw: Any, rng: Any) -> torch.Tensor:
        scale = torch.from_numpy(np.where(raw["bad"], 1e38, 1.0).astype(np.float32))
        inputs: torch.Tensor = self.inner.inputs(raw["pixels"], rng) * scale[:, None, None, None]
        return inputs


def without_dropout(make: Callable[[], Problem]) -> Problem:
    problem = make()
    for module in problem.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return problem


def hungry_problem(most: int = 3, judging: bool = False) -> Problem:
    """A network that asks for more memory than there is when it is given more than `most` items."""
    problem = image_problem()

    def ask(module: nn.Module, inputs: Any) -> None:
        if module.training != judging and len(inputs[0]) > most:
            torch.empty(IMPOSSIBLE)

    problem.network.backbone.register_forward_pre_hook(ask)
    return problem


def poisoned_problem() -> Problem:
    problem = image_problem()
    problem.train = Poisoned(problem.train, 5)
    return problem


def gradient(
    problem: Problem, settings: Settings, rank: int = 0, world: int = 1
) -> tuple[list[torch.Tensor], float, float]:
    """The sums of a share of batch 2."""
    problem.network.train()
    learning = [p for group in learning_groups(problem, settings) for p in group["params"]]
    batches = Batches(problem, settings, rank, world)
    total, weight = Gradients(problem, settings, learning).summed(*batches.at(2))
    batches.close()
    return [p.grad.clone() for p in learning if p.grad is not None], total, weight


@pytest.mark.parametrize("make", [image_problem, text_problem])
def test_a_batch_in_parts_or_shares_has_the_gradient_of_the_whole(make: Callable[[], Problem]) -> None:
    problem = without_dropout(make)
    problem.class_weights = np.linspace(0.5, 2.0, problem.n_classes, dtype=np.float32)
    whole, total, weight = gradient(problem, SETTINGS)
    parts, *sums = gradient(problem, replace(SETTINGS, accumulate=3))
    assert sums == pytest.approx([total, weight], rel=1e-5)
    shares = [gradient(problem, SETTINGS, rank, 3) for rank in range(3)]
    assert sum(share[2] for share in shares) == pytest.approx(weight)
    scale = max(float(tensor.abs().max()) for tensor in whole)
    for i, expected in enumerate(whole):
        torch.testing.assert_close(parts[i], expected, rtol=1e-4, atol=1e-5 * scale)
        torch.testing.assert_close(sum(s[0][i] for s in shares), expected, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_shares_cover_a_batch_and_nobody_goes_without(world: int) -> None:
    problem = image_problem()
    found = [Batches(problem, SETTINGS, rank, world).look_up(3) for rank in range(world)]
    assert np.concatenate([batch.own for batch in found]).tolist() == found[0].positions.tolist()
    lengths = [len(batch.own) for batch in found]
    assert min(lengths) >= 1 and max(lengths) - min(lengths) <= 1


def test_a_part_draws_what_the_whole_batch_would() -> None:
    seed, whole = [3, 2, 7], np.random.default_rng([3, 2, 7])
    parts = [PartOfBatch(seed, 8, start, stop) for start, stop in ((0, 3), (3, 5), (5, 8))]
    draws: list[Callable[[Any, int], np.ndarray]] = [
        lambda rng, n: rng.uniform(0, 2, n),
        lambda rng, n: rng.random(n),
        lambda rng, n: rng.normal(0, 1, (n, 1, 1)),
        lambda rng, n: rng.integers(0, 9, n),
        lambda rng, n: rng.beta(1, 2, size=(n, 2)),
    ]
    for draw in draws:
        expected = draw(whole, 8)
        found = [draw(part, part.part.stop - part.part.start) for part in parts]
        assert np.array_equal(np.concatenate(found), expected)
    once = [part.uniform(0, 1) for part in parts]
    assert once == [whole.uniform(0, 1)] * 3


def test_a_step_that_does_not_fit_into_memory_is_taken_in_parts_and_says_so() -> None:
    told: list[str] = []
    hungry = hungry_problem()
    result = fit(hungry, SETTINGS, Callbacks(say=told.append))
    assert result.steps == 6 and not result.diverged
    # 8 items at once, 4, then 2 at a time; the validation part is judged whole
    assert [sentence.split("its ")[1].split(";")[0] for sentence in told] == [
        "8 items in 2 parts of 4",
        "8 items in 4 parts of 2",
    ]
    assert result.sentences == tuple(told)
    planned = image_problem()
    fit(planned, replace(SETTINGS, accumulate=4))
    expected = planned.network.state_dict()
    assert all(torch.equal(expected[name], tensor) for name, tensor in hungry.network.state_dict().items())


def test_a_validation_part_that_does_not_fit_is_judged_in_parts() -> None:
    hungry, plain = fit(hungry_problem(judging=True), SETTINGS), fit(image_problem(), SETTINGS)
    assert "judged in batches 8 times smaller" in hungry.sentences[-1]
    assert hungry.value == plain.value and hungry.loss == pytest.approx(plain.loss)


def test_what_fits_in_no_way_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        fit(hungry_problem(most=0), SETTINGS)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), "allocator"])
def test_without_memory_for_one_item_the_best_state_so_far_counts(error: Any) -> None:
    problem, calls = image_problem(), []
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory") if error == "allocator" else error
    forward = problem.network.forward

    def hungry(inputs: torch.Tensor) -> torch.Tensor:
        calls.append(len(inputs))
        if problem.network.training and len(calls) > 5:
            raise error
        out: torch.Tensor = forward(inputs)
        return out

    problem.network.forward = hungry
    result = fit(problem, SETTINGS)
    assert result.out_of_memory and not (result.diverged or result.stopped)
    assert 0 < result.best_step <= result.steps < 6 and math.isfinite(result.loss)
    assert "Out of memory at step" in result.sentences[-1] and f"step {result.best_step}." in result.sentences[-1]
    del problem.network.forward
    judged = problem.objective.judge(problem, SETTINGS)
    assert judged.loss == pytest.approx(result.loss)


def test_a_stop_breaks_off_a_judgement_and_the_best_state_so_far_counts() -> None:
    problem, judged = image_problem(), []
    source: Any = problem.val
    val_inputs = source.inputs

    def counted(raw: Any, rng: Any) -> torch.Tensor:
        judged.append(1)
        return val_inputs(raw, rng)

    source.inputs = counted
    settings = replace(SETTINGS, batch_size=2)  # three batches of four items at each judgement
    result = fit(problem, settings, Callbacks(should_stop=lambda: len(judged) >= 5))
    assert result.stopped and result.best_step == 0 and len(judged) == 5


def test_a_fit_that_is_stopped_before_it_was_judged_has_no_best_state() -> None:
    settings = replace(SETTINGS, n_evaluations=0)
    result = fit(image_problem(), settings, Callbacks(should_stop=lambda: True))
    assert result.stopped and not result.diverged and result.best_step == -1


def test_an_item_is_not_called_undecodable_for_lack_of_memory() -> None:
    def read(position: int) -> Any:
        raise MemoryError

    source = ImageSource(read, 3, tiny_backbone())
    with pytest.raises(MemoryError):
        source.raw(np.arange(3))
    assert source.ok.all()


def test_an_overflow_goes_back_slower_and_without_that_batch() -> None:
    problem, settings = poisoned_problem(), replace(SETTINGS, n_evaluations=6)
    seen: list[dict[str, Any]] = []
    result = fit(problem, settings, Callbacks(emit=seen.append))
    assert result.steps == 6 and not result.diverged and result.best_step >= 0
    assert 1 <= len(result.sentences) <= 2, "item 5 comes once in each of two epochs"
    assert "goes on at 50% of its learning rate without that batch" in result.sentences[0]
    assert all(torch.isfinite(tensor).all() for tensor in problem.network.state_dict().values())
    plain: list[dict[str, Any]] = []
    fit(image_problem(), settings, Callbacks(emit=plain.append))
    ratio = seen[-1]["learning_rate"] / plain[-1]["learning_rate"]
    assert ratio == pytest.approx(0.5 ** len(result.sentences))


def test_a_fit_that_may_not_roll_back_has_diverged() -> None:
    assert fit(poisoned_problem(), replace(SETTINGS, rollbacks=0)).diverged


def test_averaged_weights_are_the_mean_of_the_last_steps_and_are_kept_only_when_better() -> None:
    problem = learning_norm_problem()
    snapshots: list[dict[str, torch.Tensor]] = []
    settings = replace(SETTINGS, n_evaluations=6, average_last=0.5)

    def keep(numbers: dict[str, Any]) -> None:
        snapshots.append({k: v.clone() for k, v in problem.network.state_dict().items()})

    result = fit(problem, settings, Callbacks(emit=keep))
    assert len(snapshots) == 7, "the start and six steps"
    average = states.Average(problem.network)
    for state in snapshots[4:]:
        states.copy_into(problem.network, state)
        average.update()
    for name, tensor in average.tensors.items():
        last = [state[name] for state in snapshots[4:]]
        mean = torch.stack(last).mean(0) if tensor.is_floating_point() else last[-1]
        torch.testing.assert_close(tensor, mean)
    plain = fit(learning_norm_problem(), replace(settings, average_last=0.0))
    assert (result.value, -result.loss) >= (plain.value, -plain.loss)
    assert ("is kept" in result.sentences[-1]) == ((result.value, result.loss) != (plain.value, plain.loss))


def test_without_looks_nothing_is_chosen_and_the_average_counts() -> None:
    snapshots: list[dict[str, torch.Tensor]] = []
    problem = learning_norm_problem()
    settings = replace(SETTINGS, n_evaluations=0, first_look=False, average_last=0.5)
    per_step = replace(settings, n_evaluations=6, average_last=0.0)

    def keep(numbers: dict[str, Any]) -> None:
        snapshots.append({k: v.clone() for k, v in problem.network.state_dict().items()})

    fit(problem, per_step, Callbacks(emit=keep))
    averaged, plain = learning_norm_problem(), learning_norm_problem()
    result = fit(averaged, settings)
    fit(plain, replace(settings, average_last=0.0))
    assert result.best_step == SETTINGS.steps == len(snapshots)
    for name, tensor in averaged.network.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor, torch.stack([state[name] for state in snapshots[3:]]).mean(0))
    for name, tensor in plain.network.state_dict().items():
        torch.testing.assert_close(tensor, snapshots[-1][name])


CHANGES: dict[str, tuple[Callable[[], Problem], dict[str, Any]]] = {
    "accumulation": (learning_norm_problem, {"accumulate": 3}),
    "little memory": (hungry_problem, {}),
    "overflow": (poisoned_problem, {"n_evaluations": 2}),
    "average": (learning_norm_problem, {"average_last": 0.7, "n_evaluations": 2}),
    "all of them": (lambda: _all_at_once(), {"average_last": 0.7, "accumulate": 2}),
}


def _all_at_once() -> Problem:
    problem = hungry_problem(most=2)
    problem.train = Poisoned(problem.train, 5)
    return problem


@pytest.mark.parametrize("change", CHANGES)
def test_each_of_these_resumes_to_the_same_bits_after_every_step(change: str, tmp_path: Path) -> None:
    make, settings = CHANGES[change][0], replace(SETTINGS, **CHANGES[change][1])
    undisturbed = make()
    whole = fit(undisturbed, settings)
    folder = tmp_path / "checkpoint"
    for _ in range(20):
        resumed = make()
        torch.manual_seed(999)
        callbacks = stopped_after(2, folder)
        result = fit(resumed, settings, callbacks)
        if not result.stopped:
            break
    assert not result.stopped
    expected, found = undisturbed.network.state_dict(), resumed.network.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert np.array_equal(whole.logits, result.logits)
    assert (result.value, result.loss, result.best_step) == (whole.value, whole.loss, whole.best_step)
    assert result.sentences == whole.sentences


class Tokens:
    """Next-token loss as the text of advisor/training/problem.py has it, on a language model of two layers."""

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        logits = problem.network(inputs["input_ids"])[:, :-1]
        labels = inputs["labels"][:, 1:]
        total = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")
        return Loss(total, float((labels != -100).sum()))

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        with evaluating(problem.network):
            one = self.loss(
                problem, settings, problem.val.inputs(problem.val.raw(np.arange(len(problem.val))), None), np.arange(0)
            )
        mean = float(one.total) / one.weight
        return Judgement(-mean, mean, np.zeros(0, np.float32))


class Alphabet:
    """Strings that run through the alphabet from different letters, as token ids; the first two are given."""

    def __init__(self, n: int) -> None:
        self.ids = (torch.arange(10)[None] + torch.arange(n)[:, None]) % 26
        self.ok = np.ones(n, dtype=bool)

    def __len__(self) -> int:
        return len(self.ids)

    def order(self, rng: Any, batch_size: int) -> list[np.ndarray]:
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        return np.array_split(order, len(self) // batch_size)

    def raw(self, positions: np.ndarray) -> dict[str, torch.Tensor]:
        ids = self.ids[positions]
        return {"input_ids": ids, "labels": ids.where(torch.arange(10) > 1, -100)}

    def inputs(self, raw: Any, rng: Any) -> Any:
        return raw


def test_an_objective_over_tokens_needs_nothing_but_itself(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Embedding(26, 16), nn.Linear(16, 26, bias=False))
    network[0].weight.requires_grad_(False)

    def groups(network: nn.Module, settings: Settings) -> list[dict[str, Any]]:
        learning = [p for p in network.parameters() if p.requires_grad]
        return [{"params": learning, "lr": settings.learning_rate, "base": settings.learning_rate, "weight_decay": 0.0}]

    problem = Problem(network, Alphabet(20), Alphabet(26), Tokens(), groups=groups)
    settings = Settings(0.3, 0.3, steps=60, batch_size=10, accumulate=2, n_evaluations=3)
    result = fit(problem, settings, Callbacks(checkpoint=tmp_path, checkpoint_seconds=0.0))
    assert result.first_value is not None and result.value > result.first_value / 10 and result.logits.shape == (0,)
    stored = checkpoints.read(tmp_path)[0]["best"].tensors
    assert sorted(stored) == ["1.weight", "logits"], "what is frozen is not stored"
