"""The plan of steps follows the time given and the pace seen."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.training.pace import Pace
from advisor.training.recipes import hold_batch_norm, settings_for, size_and_speed, training_precision
from advisor.training.settings import Settings
from advisor.training.sources import TextSource
from probes.backbones import catalog
from probes.backbones.text import TextBackbone
from tests.training.small_problems import image_problem

TIMED = Settings(learning_rate=1e-3, head_learning_rate=1e-3, seconds=100.0, max_epochs=10.0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 50.0), st.floats(0.001, 50.0), st.integers(1, 1000))
def test_planned_steps_and_looks_fit_the_time_or_are_the_least(step: float, look: float, per_epoch: int) -> None:
    pace = Pace(TIMED, per_epoch)
    pace.plan(step, look)
    evaluations = -(-pace.steps // pace.evaluate_every) if pace.evaluate_every else 1
    first = 1
    assert 1 <= pace.steps <= 10 * per_epoch
    assert pace.steps == 1 or pace.steps * step + (evaluations + first) * look <= 101 + look


def test_a_slower_machine_shortens_the_plan_and_a_quicker_one_lengthens_it_while_young() -> None:
    slow, quick = Pace(TIMED, 1000), Pace(TIMED, 1000)
    slow.plan(1.0, 0.1)
    quick.plan(1.0, 0.1)
    planned = slow.steps
    for step in range(1, 21):
        slow.stepped(step, 3.0)
        quick.stepped(step, 0.3)
    assert slow.steps < planned < quick.steps


def test_a_late_plan_does_not_grow() -> None:
    pace = Pace(TIMED, 1000)
    pace.plan(1.0, 0.1)
    planned = pace.steps
    for step in range(planned // 2, planned // 2 + 11):
        pace.stepped(step, 0.1)
    assert pace.steps == planned


def test_a_fixed_number_of_steps_ignores_the_clock() -> None:
    pace = Pace(Settings(learning_rate=1.0, head_learning_rate=1.0, steps=7, n_evaluations=3), 100)
    pace.fix(7)
    for step in range(1, 8):
        pace.stepped(step, 1000.0)
    assert pace.steps == 7 and pace.evaluate_every == 3


def test_a_short_plan_learns_slower_and_a_long_one_does_not() -> None:
    def gentleness(steps: int) -> float:
        pace = Pace(Settings(learning_rate=1.0, head_learning_rate=1.0, gentle_steps=80), 100)
        pace.fix(steps)
        return pace.gentleness

    assert [gentleness(steps) for steps in (1, 40, 80, 500)] == [0.25, 0.5, 1.0, 1.0]


def test_the_plan_survives_a_checkpoint() -> None:
    pace = Pace(TIMED, 50)
    pace.plan(0.5, 0.2)
    pace.stepped(1, 0.5)
    again = Pace(TIMED, 50)
    again.restore(pace.state())
    assert (again.steps, again.planned, again.evaluate_every) == (pace.steps, pace.planned, pace.evaluate_every)
    assert again.spent >= pace.state()["spent"] - 1e-3 or again.before > 0


def test_input_size_shrinks_only_when_the_time_is_short() -> None:
    pictures = image_problem().train

    def size(usual: int, n: int, items_per_second: float, seconds: float) -> int:
        chosen, speed = size_and_speed("fine-tune", "image", pictures, usual, n, items_per_second, seconds)
        assert speed == items_per_second * (usual / chosen) ** 2
        return chosen

    assert size(224, 200, 14.0, 3000.0) == 224
    assert size(224, 5000, 14.0, 30.0) == 128
    sizes = [size(224, 800, 14.0, seconds) for seconds in (20, 60, 150, 300, 600)]
    assert sizes == sorted(sizes)
    assert size(96, 10**6, 1.0, 1.0) == 96  # never larger than the usual


def test_long_texts_are_cut_only_when_the_time_is_short() -> None:
    backbone = TextBackbone.load(catalog.find("all-MiniLM-L6-v2"), max_tokens=256)
    long = TextSource(["word " * n for n in (28, 198, 300)], backbone)
    assert long.lengths.tolist() == [30, 200, 256]
    cuts = [size_and_speed("fine-tune", "text", long, 256, 1000, 10.0, seconds) for seconds in (30, 300, 3000)]
    assert cuts == sorted(cuts, key=lambda cut: (cut[0], -cut[1])) and cuts[0][0] < cuts[-1][0] == 256
    assert cuts[-1][1] == 10.0 < cuts[0][1]  # shorter texts pass faster
    short = TextSource(["word " * n for n in (6, 8, 10)], backbone)  # cutting them would gain no time
    assert size_and_speed("fine-tune", "text", short, 256, 100, 30.0, 60.0) == (256, 30.0)


def test_recipes_differ_where_they_must() -> None:
    tuned, fresh = (settings_for(rung, "image", 500, 60.0, 0) for rung in ("fine-tune", "scratch"))
    assert fresh.learning_rate > tuned.learning_rate and tuned.layer_decay < 1 == fresh.layer_decay
    assert settings_for("fine-tune", "text", 500, 60.0, 0, learning_rate=7e-5).learning_rate == 7e-5
    assert hold_batch_norm("fine-tune", 500) and not hold_batch_norm("fine-tune", 50_000)
    assert not hold_batch_norm("scratch", 500)


@pytest.mark.parametrize("generation, precision", [(7, "float32"), (8, "bfloat16")])
def test_bfloat16_is_for_devices_that_do_not_emulate_it(
    generation: int, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Turing device (7) and an Ampere one (8), as torch would describe them."""
    facts = {"is_available": True, "current_device": 0, "get_device_properties": SimpleNamespace(major=generation)}
    for name, fact in facts.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, fact=fact: fact)
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda device: True)
    assert training_precision("cuda") == precision
    assert training_precision("cpu") == "float32"
