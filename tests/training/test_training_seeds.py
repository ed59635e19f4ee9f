"""Several seeds: the spread is told, the mean kept where it is better, and a resumed run ends in the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from advisor.training import checkpoints
from advisor.training.problem import Problem
from advisor.training.seeds import repeated
from advisor.training.settings import Callbacks, FitResult
from advisor.training.states import mean_state, snapshot
from tests.training.small_problems import SETTINGS as USUAL
from tests.training.small_problems import image_problem

SETTINGS = replace(USUAL, learning_rate=1e-2, head_learning_rate=1e-2, steps=20, n_evaluations=2)


def run(problem: Problem, folder: Path | None = None, stop_at: int = 10**9, n: int = 2, left: float = 1e9) -> FitResult:
    asked = [0]

    def should_stop() -> bool:
        asked[0] += 1
        return asked[0] > stop_at

    def callbacks(turn: int) -> Callbacks:
        place = folder / f"seed-{turn}" if folder else None
        return Callbacks(should_stop=should_stop, checkpoint=place, checkpoint_seconds=0.0)

    result, sentences = repeated(problem, SETTINGS, n, snapshot(problem.network), callbacks, lambda: left)
    assert bool(sentences) == (n > 1 and stop_at > SETTINGS.steps and left > 0)
    return result


def test_the_state_kept_has_the_loss_that_is_told_and_no_seed_alone_has_less() -> None:
    problem = image_problem()
    result = run(problem, n=3)
    judged = problem.objective.judge(problem, SETTINGS)
    assert (judged.value, judged.loss) == (result.value, result.loss)
    alone = []
    for seed in range(3):
        single = image_problem()
        alone.append(repeated(single, replace(SETTINGS, seed=seed), 1, {}, lambda turn: Callbacks(), lambda: 1.0)[0])
    assert len({one.loss for one in alone}) == 3  # the seeds do differ
    assert result.loss <= min(one.loss for one in alone)


def test_a_run_killed_in_its_second_seed_ends_in_the_same_bits(tmp_path: Path) -> None:
    whole, parts = image_problem(), image_problem()
    expected = run(whole)
    run(image_problem(), tmp_path, stop_at=26)  # all steps of the first seed, then a few of the second
    assert run(parts, tmp_path).loss == expected.loss
    assert all(torch.equal(a, b) for a, b in zip(whole.network.parameters(), parts.network.parameters(), strict=True))
    assert any(tmp_path.rglob("*.safetensors"))
    checkpoints.clear(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]  # those of all seeds


def test_a_seed_that_was_begun_is_ended_and_one_that_had_ended_is_not_taken_up_again(tmp_path: Path) -> None:
    whole, parts, steps = image_problem(), image_problem(), []
    expected = run(whole)
    run(image_problem(), tmp_path, stop_at=26)

    def callbacks(turn: int) -> Callbacks:
        return Callbacks(emit=lambda numbers: steps.append(turn), checkpoint=tmp_path / f"seed-{turn}")

    result, (told,) = repeated(parts, SETTINGS, 2, snapshot(parts.network), callbacks, lambda: 0.0)
    assert told.startswith("2 seeds") and result.loss == expected.loss and set(steps) == {1}
    assert all(torch.equal(a, b) for a, b in zip(whole.network.parameters(), parts.network.parameters(), strict=True))


def test_a_seed_that_would_not_end_in_time_is_not_begun() -> None:
    once, twice = image_problem(), image_problem()
    run(once, n=1)
    run(twice, n=2, left=0.0)
    assert all(torch.equal(a, b) for a, b in zip(once.network.parameters(), twice.network.parameters(), strict=True))


def test_the_mean_is_of_weights_and_leaves_counters_alone() -> None:
    states = [
        {"w": torch.tensor([1.0, 3.0]), "n": torch.tensor(7)},
        {"w": torch.tensor([3.0, 5.0]), "n": torch.tensor(9)},
    ]
    mean = mean_state(states)
    assert mean["w"].tolist() == [2.0, 4.0] and mean["n"].item() == 7
