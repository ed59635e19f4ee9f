"""The ideal rung, regret, compute and utility on tasks small enough to reckon by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.outlook.experience import Experience
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.score.choice import Choice, take
from advisor.score.measures import Judged, advice_cost, cheapest, nearest, truths
from tests.score.ladder_tables import known, made

ladders = st.dictionaries(st.sampled_from(RUNG_NAMES), st.floats(0, 1), min_size=1)


def judged(experience: Experience, *choices: Choice) -> Judged:
    return Judged(truths(experience)[0], choices)


def test_the_ideal_rung_is_the_cheapest_within_one_point_of_the_best() -> None:
    (truth,) = truths(known(made("a", 0.3, 0.6, 0.89, 0.90, 0.5)))
    assert (truth.ideal, truth.best) == ("frozen", "fine-tune")
    (truth,) = truths(known(made("a", 0.3, 0.6, 0.889, 0.90, 0.5)))
    assert truth.ideal == "fine-tune"


@given(ladders)
def test_no_rung_below_the_cheapest_is_within_a_point_and_it_is(values: dict[RungName, float]) -> None:
    ideal = cheapest(values)
    assert values[ideal] >= max(values.values()) - 0.01 - 1e-8
    assert all(
        values[rung] < max(values.values()) - 0.01
        for rung in values
        if RUNG_NAMES.index(rung) < RUNG_NAMES.index(ideal)
    )


def test_values_are_means_over_seeds() -> None:
    """Each seed alone would name another rung: frozen and fine-tune. Together fine-tune leads by 2 points."""
    tasks = known(made("a", 0.3, 0.6, 0.90, 0.88, 0.5), made("a", 0.3, 0.6, 0.80, 0.86, 0.5, seed=1))
    (truth,) = truths(tasks)
    assert truth.values["frozen"] == pytest.approx(0.85)
    assert truth.ideal == "fine-tune"
    assert [case.seed for case in truth.cases] == [0, 1]


def test_a_task_that_lacks_the_row_of_a_rung_is_left_out() -> None:
    whole, half = made("a", 0.3, 0.6, 0.7, 0.8, 0.5), made("b", 0.3, 0.6, 0.7, 0.8, 0.5)
    del half["outcomes"][3]
    assert [truth.dataset for truth in truths(known(whole, half))] == ["a"]


def test_a_rung_that_could_not_be_carried_out_has_no_value_and_its_choice_falls_to_the_rung_below() -> None:
    found = judged(known(made("a", 0.3, 0.6, 0.7, 0.8, None)), take("scratch"))
    assert "scratch" not in found.truth.values
    assert found.chosen == ("fine-tune",)
    assert found.share(0) == 1.0


@given(st.sampled_from(RUNG_NAMES), st.sets(st.sampled_from(RUNG_NAMES), min_size=1))
def test_what_was_carried_out_is_its_own_nearest(rung: RungName, carried: set[RungName]) -> None:
    found = nearest(rung, dict.fromkeys(carried))
    assert found in carried
    assert found == rung or rung not in carried


def test_regret_is_counted_in_points_and_high_and_low_stand_about_the_ideal_rung() -> None:
    tasks = known(made("a", 0.3, 0.6, 0.85, 0.90, 0.5))
    low, high = judged(tasks, take("frozen")), judged(tasks, take("scratch"))
    assert (low.share(-1), low.share(0), low.share(1)) == (1.0, 0.0, 0.0)
    assert (high.share(-1), high.share(0), high.share(1)) == (0.0, 0.0, 1.0)
    assert low.regret == pytest.approx(5.0)
    assert high.regret == pytest.approx(40.0)


def test_seeds_that_choose_otherwise_count_by_their_share() -> None:
    tasks = known(made("a", 0.3, 0.6, 0.85, 0.90, 0.5), made("a", 0.3, 0.6, 0.85, 0.90, 0.5, seed=1))
    found = judged(tasks, take("frozen"), take("fine-tune"))
    assert found.share(0) == 0.5
    assert found.regret == pytest.approx(2.5)
    assert found.cpu_seconds == pytest.approx(6.0)  # of 2 and 10


def test_a_random_rung_counts_by_expected_value() -> None:
    found = judged(known(made("a", 0.5, 0.6, 0.7, 0.8, 0.4)), Choice(dict.fromkeys(RUNG_NAMES, 0.2)))
    assert found.regret == pytest.approx(20.0)
    assert found.cpu_seconds == pytest.approx(54 / 5)
    assert found.reaches(0.7) == pytest.approx(0.4)


def test_runs_that_were_paid_for_before_the_choice_are_charged() -> None:
    found = judged(known(made("a", 0.5, 0.6, 0.7, 0.8, 0.4)), Choice({"frozen": 1.0}, charged_cpu_seconds=50.0))
    assert found.cpu_seconds == pytest.approx(52.0)


def test_utility_is_points_less_the_tolerance_for_each_step_of_the_model_that_is_served() -> None:
    """At a tolerance of one point, 0.9 points more are not worth a step, 1.2 points are."""
    near, far = known(made("a", 0.3, 0.6, 0.800, 0.809, 0.5)), known(made("a", 0.3, 0.6, 0.800, 0.812, 0.5))
    assert judged(near, take("frozen")).utility_regret == 0.0
    assert judged(near, take("fine-tune")).utility_regret == pytest.approx(0.1)
    assert judged(far, take("frozen")).utility_regret == pytest.approx(0.2)
    back = made("a", 0.3, 0.6, 0.800, 0.800, 0.5)
    back["outcomes"][3]["kept"] = 0.0
    assert judged(known(back), take("fine-tune")).utility_regret == 0.0, "what is served is the frozen model"


def test_the_advice_costs_its_probes_and_timed_steps_against_every_rung_with_all_seeds() -> None:
    tasks = known(made("a", 0.5, 0.6, 0.7, 0.8, 0.4), made("a", 0.5, 0.6, 0.7, 0.8, 0.4, seed=1, probe_cpu_seconds=8.0))
    assert advice_cost(truths(tasks)[0]) == (pytest.approx(7.0), pytest.approx(108.0))
