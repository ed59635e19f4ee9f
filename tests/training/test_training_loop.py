"""The loop with real weights: it learns, keeps to its time, and resumes to the same bits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from advisor.training import checkpoints
from advisor.training.loop import cosine, fit
from advisor.training.network import build, parameter_groups
from advisor.training.objectives import Classification, balanced_weights
from advisor.training.settings import Callbacks
from tests.training.small_problems import (
    SETTINGS,
    image_problem,
    learning_norm_problem,
    lite0_problem,
    stopped_after,
    text_problem,
    tiny_backbone,
)


@pytest.mark.parametrize(
    ("make", "interrupted_at"),
    [(image_problem, 1), (image_problem, 5), (learning_norm_problem, 3), (lite0_problem, 1), (text_problem, 1)],
)
def test_a_resumed_run_equals_an_undisturbed_one_bit_for_bit(make: Any, interrupted_at: int, tmp_path: Path) -> None:
    settings = SETTINGS if make not in (lite0_problem, text_problem) else replace(SETTINGS, steps=2, n_evaluations=1)
    undisturbed = make()
    whole = fit(undisturbed, settings)

    first = make()
    assert fit(first, settings, stopped_after(interrupted_at, tmp_path)).stopped
    assert checkpoints.read(tmp_path)[1]["step"] == interrupted_at
    torch.manual_seed(999)  # a resumed process has another random state
    resumed = make()
    result = fit(resumed, settings, Callbacks(checkpoint=tmp_path, checkpoint_seconds=0.0))

    expected, found = undisturbed.network.state_dict(), resumed.network.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert np.array_equal(whole.logits, result.logits)
    assert (result.value, result.loss, result.best_step) == (whole.value, whole.loss, whole.best_step)
    last = checkpoints.read(tmp_path)[0]["now"].tensors
    assert any(name.startswith("optimizer/") for name in last)


def test_final_weights_and_moments_are_those_of_the_undisturbed_run(tmp_path: Path) -> None:
    for name, interruptions in (("whole", []), ("parts", [1, 3])):
        for steps in [*interruptions, 10**6]:
            fit(image_problem(), SETTINGS, stopped_after(steps, tmp_path / name))
    whole, parts = (checkpoints.read(tmp_path / name) for name in ("whole", "parts"))
    assert whole and parts and whole[1]["step"] == parts[1]["step"] == 6
    for part in ("now", "best", "good"):
        expected, found = whole[0][part].tensors, parts[0][part].tensors
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_training_lowers_the_loss_and_the_best_state_is_kept() -> None:
    problem = image_problem()
    seen: list[dict[str, Any]] = []
    result = fit(problem, replace(SETTINGS, steps=60), Callbacks(emit=seen.append))
    looks = [numbers["val_loss"] for numbers in seen if "val_loss" in numbers]
    assert min(looks[1:]) < looks[0]
    best = max((n["val_value"], -n["val_loss"], n["step"]) for n in seen if "val_value" in n)
    assert (result.value, result.best_step) == (best[0], best[2])
    assert result.first_value == seen[0]["val_value"]
    assert seen[-1]["step"] == result.steps == 60


def test_pixels_kept_in_memory_or_decoded_again_give_the_same_run() -> None:
    kept, again = image_problem(), image_problem(memory_bytes=0)
    fit(kept, SETTINGS)
    fit(again, SETTINGS)
    expected = again.network.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in kept.network.state_dict().items())


def test_a_timed_run_plans_its_steps_and_stops_at_their_cap() -> None:
    seen: list[dict[str, Any]] = []
    problem = image_problem()
    result = fit(problem, replace(SETTINGS, steps=None, seconds=60.0, max_epochs=2.0), Callbacks(emit=seen.append))
    assert result.steps == 6  # two epochs of three batches, long before the time is up
    assert seen[-1]["learning_rate"] < 0.5 * SETTINGS.head_learning_rate  # the cosine ended


def test_a_run_without_time_still_takes_a_step_and_has_a_value() -> None:
    result = fit(image_problem(), replace(SETTINGS, steps=None, seconds=0.01, first_look=False))
    assert result.steps >= 1 and 0.0 <= result.value <= 1.0


def test_timing_a_step_leaves_the_network_as_it_was() -> None:
    from advisor.training.search import training_speed

    problem = learning_norm_problem()
    before = {name: tensor.clone() for name, tensor in problem.network.state_dict().items()}
    assert training_speed(problem) > 0
    assert all(torch.equal(before[name], tensor) for name, tensor in problem.network.state_dict().items())
    assert not problem.network.training


def test_a_learning_rate_that_diverges_ends_the_fit_without_an_exception() -> None:
    result = fit(
        image_problem(), replace(SETTINGS, learning_rate=1e30, head_learning_rate=1e30, clip=1e30, first_look=False)
    )
    assert result.diverged and result.best_step == -1


def test_undecodable_items_count_nothing() -> None:
    problem = image_problem()
    good = problem.train.read  # type: ignore[attr-defined]

    def read(position: int) -> Image.Image:
        if position % 2:
            raise OSError("truncated")
        image: Image.Image = good(position)
        return image

    problem.train.read = read  # type: ignore[attr-defined]
    fit(problem, SETTINGS)
    assert problem.train.ok.tolist() == [position % 2 == 0 for position in range(24)]


def test_batch_norm_is_held_in_inference_mode() -> None:
    problem = image_problem()
    before = {name: tensor.clone() for name, tensor in problem.network.named_buffers()}
    fit(problem, SETTINGS)
    assert all(torch.equal(before[name], tensor) for name, tensor in problem.network.named_buffers())


def test_only_the_top_blocks_learn_at_a_share_of_a_half() -> None:
    blocks = [[torch.nn.Parameter(torch.zeros(2, 2))] for _ in range(4)]
    network = build(tiny_backbone(), 2, True)
    half = replace(SETTINGS, weight_decay=0.1, layer_decay=0.5, layer_share=0.5)
    groups = parameter_groups(network.head, blocks, half)
    assert [block[0].requires_grad for block in blocks] == [False, False, True, True]
    assert [group["base"] for group in groups[:2]] == [5e-4, 1e-3]
    assert {group["weight_decay"] for group in groups if group["params"][0].ndim == 1} == {0.0}


def test_cosine_warms_up_to_one_and_ends_near_zero() -> None:
    factors = [cosine(step, 100, 0.1) for step in range(100)]
    assert factors[0] == pytest.approx(0.1) and max(factors) == pytest.approx(1.0)
    assert np.argmax(factors) == 9 and factors[-1] < 0.01
    assert all(a >= b for a, b in pairwise(factors[9:]))


def test_the_classification_loss_is_the_plain_formula_and_leaves_out_what_could_not_be_decoded() -> None:
    problem = image_problem()
    problem.class_weights = np.array([1.0, 2.0, 0.5], dtype=np.float32)
    problem.train.ok[1] = False
    positions = np.arange(6)
    inputs = problem.train.inputs(problem.train.raw(positions), None)
    loss = problem.objective.loss(problem, replace(SETTINGS, label_smoothing=0.1), inputs, positions)

    labels = problem.labels_train[positions]
    weights = problem.class_weights[labels] * np.array([1, 0, 1, 1, 1, 1])
    targets = np.full((6, 3), 0.1 / 3) + 0.9 * np.eye(3)[labels]
    each = -(targets * problem.network(inputs).detach().log_softmax(1).numpy()).sum(1)
    assert isinstance(problem.objective, Classification)
    assert loss.weight == pytest.approx(weights.sum())
    assert float(loss.total.detach()) == pytest.approx((each * weights).sum(), rel=1e-5)


def test_balanced_weights_give_every_class_the_same_sum() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    weights = balanced_weights(labels, 2)
    assert weights[0] * 90 == pytest.approx(weights[1] * 10)
