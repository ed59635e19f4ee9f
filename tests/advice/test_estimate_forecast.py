"""The outcome model finds a law that is there, keeps its intervals' promise, and learns from this machine's runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.outlook import timing
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.forecast import forecast
from advisor.advice.outlook.signals import expit, grown, logit
from tests.advice.completed_tasks import completed, experience, situation


def test_what_the_gain_follows_is_found_and_scratch_is_not_taken_for_frozen() -> None:
    known = experience()
    near, far = (forecast(situation(domain=at), known) for at in (5.0, 95.0))
    gain_near, gain_far = (f["fine-tune"].value - f["frozen"].value for f in (near, far))
    assert gain_far > gain_near + 0.03 and abs(gain_near) < 0.03
    assert near["scratch"].value < near["frozen"].value - 0.05


def test_intervals_hold_about_nine_of_ten_outcomes_of_datasets_that_were_left_out() -> None:
    known = experience(n_datasets=20, n_each=3)
    rng = np.random.default_rng(7)
    inside = []
    for i in range(150):
        task = completed(f"new {i}", 0, rng)
        for rung, made in forecast(task.situation, known).items():
            inside.append(made.low <= (task.value(rung) or 0.0) <= made.high)
    assert 0.82 <= np.mean(inside) <= 0.98


def test_noisier_experience_makes_wider_intervals() -> None:
    calm, noisy = (forecast(situation(), experience(noise=noise))["fine-tune"] for noise in (0.05, 0.8))
    assert noisy.high - noisy.low > 1.5 * (calm.high - calm.low)


def test_without_leaves_out_every_task_of_a_dataset_and_nothing_else() -> None:
    known = experience(n_datasets=4)
    left = known.without("set 2")
    assert left.datasets == ("set 0", "set 1", "set 3") and len(left.tasks) == len(known.tasks) - 4


def test_a_few_tasks_decide_nothing_and_the_interval_is_wide() -> None:
    few = Experience(experience().tasks[:4])
    made = forecast(situation(linear=0.8), few)["frozen"]
    assert made.value == pytest.approx(0.8, abs=0.03) and made.high - made.low > 0.1


def test_without_experience_a_rungs_own_measure_stands_and_nothing_is_predicted() -> None:
    forecasts = forecast(situation(linear=0.9, knn=0.7), Experience(()))
    assert forecasts["rag"].value == pytest.approx(0.7, abs=0.03) and forecasts["rag"].provenance == "measured"
    assert forecasts["frozen"].value > forecasts["rag"].value + 0.1
    assert "fine-tune" not in forecasts


def test_runs_of_this_machine_move_the_forecast() -> None:
    known = experience()
    rng = np.random.default_rng(1)
    better = [completed(f"local {i}", 0, rng, gain_by_domain=3.0) for i in range(12)]
    before, after = (
        forecast(situation(domain=90.0), e)["fine-tune"] for e in (known, Experience((*known.tasks, *better)))
    )
    assert after.value > before.value + 0.02


@given(st.floats(0.05, 0.99), st.floats(0, 0.5), st.floats(0, 5), st.integers(20, 5000), st.floats(1, 50))
def test_more_labels_never_lower_a_value_and_never_perfect_it(
    value: float, a: float, b: float, seen: int, times: float
) -> None:
    s = situation(curve_a=a, curve_b=b)
    moved = grown(s, value, seen, times * seen)
    assert value - 1e-9 <= moved <= 1.0 - (1.0 - value) / 2 + 1e-9


def test_four_times_the_labels_halve_the_error_of_a_pure_slope() -> None:
    s = situation(curve_a=0.0, curve_b=2.0)
    assert grown(s, 0.8, 100, 400) == pytest.approx(0.9)
    assert grown(s, 0.8, 100, 40_000) == pytest.approx(0.9)  # believed to four times and no further


@given(st.floats(0, 1), st.integers(2, 10_000))
def test_a_logit_is_finite_and_comes_back(p: float, n: int) -> None:
    assert abs(expit(logit(p, n)) - p) <= 0.5 / n + 1e-9


def test_times_are_corrected_by_what_runs_took() -> None:
    known = experience()
    s = situation()
    plain = timing.train_seconds(s, "fine-tune", 500, Experience(()))
    corrected = timing.train_seconds(s, "fine-tune", 500, known)
    assert plain is not None and corrected == pytest.approx(20.0, rel=0.01) and plain < 15
    others = timing.train_seconds(s, "fine-tune", 0, known)  # nothing is trained: another way, not corrected by these
    assert others is not None and others < 2
    assert timing.peak_bytes(known, "image", "fine-tune") == pytest.approx(900 * 2**20)
    slow, quick = (
        timing.train_seconds(situation(tuned_speed=v), "fine-tune", 500, Experience(())) for v in (None, 1000.0)
    )
    assert slow is not None and quick is not None and slow > 10 * quick  # a step costs three forward passes


def test_a_frozen_model_takes_at_least_its_loading_and_the_reading_of_the_test_part() -> None:
    s = situation()
    assert s.seconds_per_item
    seconds = timing.train_seconds(s, "frozen", 0, Experience(()))
    assert seconds is not None and seconds >= timing.LOADING_SECONDS + s.n_test * s.seconds_per_item
    assert timing.beside(s, "fine-tune", Experience(())) == 0.0 == timing.beside(s, "prompting", Experience(()))
