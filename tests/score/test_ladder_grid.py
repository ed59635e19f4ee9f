"""Utility over a grid of prices, on tasks small enough to reckon by hand."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Goal
from advisor.score.baselines import always
from advisor.score.choice import Choice, take
from advisor.score.grid import CELLS, Cell, Table, grid
from advisor.score.learner import advisor
from advisor.score.measures import truths
from advisor.score.score import hold_out
from tests.score.ladder_tables import known, made

#: Prompting, retrieval, frozen, fine-tune and scratch; fine-tuning takes 10 s on each, frozen 2 s.
NEAR, FAR = (0.3, 0.6, 0.80, 0.81, 0.5), (0.3, 0.6, 0.70, 0.90, 0.5)


def both() -> Experience:
    return known(*(made(name, *NEAR) for name in "ab"), *(made(name, *FAR) for name in "cd"))


def test_a_cell_takes_off_the_step_of_what_is_served_and_the_share_of_a_mean_training() -> None:
    table = Table(truths(both()))
    assert table.tuning_seconds == 10.0
    at = CELLS.index(Cell(2.0, 4.0))
    frozen, tuned = (RUNG_NAMES.index(rung) for rung in ("frozen", "fine-tune"))
    assert table.worths[at, 0, frozen] == pytest.approx(80.0 - 2 * 2.0 - 4.0 * 2 / 10)
    assert table.worths[at, 0, tuned] == pytest.approx(81.0 - 3 * 2.0 - 4.0)
    goal = table.goal(Cell(2.0, 4.0))
    assert goal.tolerance == 2.0 and goal.prices.point == 1.0
    assert goal.prices.hour == pytest.approx(4.0 * 3600 / 10), "an hour costs as many points as 360 trainings"


def test_a_constant_never_beats_the_best_constant_and_an_oracle_beats_it_by_what_it_knows() -> None:
    held = hold_out(both(), always("fine-tune"))
    found = grid(held.truths, held.advisers, [("always frozen", hold_out(both(), always("frozen")).advisers)])
    assert max(found.constant.cells) <= 1e-9
    free = CELLS.index(Cell(0.0, 0.0))
    assert found.best[free] == "fine-tune" and found.constant.cells[free] == pytest.approx(0.0)
    assert found.others[0].cells[free] == pytest.approx((1.0 + 20.0) / 2)
    assert found.oracle.cells[free] == pytest.approx(0.0), "fine-tuning is best on both where nothing has a price"
    assert found.oracle.cells[CELLS.index(Cell(2.0, 0.0))] == pytest.approx(-0.5), "a step costs more on the near two"
    assert found.at_default.value == pytest.approx(0.0)


def test_the_adviser_is_asked_anew_in_every_cell_and_a_rule_once() -> None:
    asked: list[Goal] = []

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        asked.append(goal)
        return take("frozen")

    table = Table(truths(both()))
    advisers = dict.fromkeys("abcd", answer)
    priced = table.of_adviser(advisers, priced=True)
    assert len({(goal.tolerance, goal.prices.hour) for goal in asked}) == len(CELLS)
    assert np.allclose(priced, table.of_adviser(advisers, priced=False))


def test_what_a_rule_ran_before_it_chose_is_charged_at_the_price_of_training() -> None:
    table = Table(truths(both()))
    free, dear = (CELLS.index(Cell(0.0, training)) for training in (0.0, 2.0))
    plain = table.of_adviser(dict.fromkeys("abcd", lambda case, goal: take("frozen")), priced=False)
    ran = table.of_adviser(
        dict.fromkeys("abcd", lambda case, goal: Choice({"frozen": 1.0}, charged_cpu_seconds=20.0)), priced=False
    )
    assert np.allclose(plain[free], ran[free]) and np.allclose(plain[dear] - ran[dear], 2.0 * 20 / 10)


def test_the_static_rule_knows_the_prices_and_never_the_dataset() -> None:
    experience = known(made("a", *NEAR), made("b", *NEAR), made("c", 0.9, 0.1, 0.1, 0.1, 0.1))
    rule = Table(truths(experience)).static_rule()
    free = CELLS.index(Cell(0.0, 0.0))
    assert rule[free].tolist() == pytest.approx([30.0, 30.0, 10.0]), "each takes what was best on the other two"


def test_another_draw_counts_on_tasks_with_two_draws_of_labels() -> None:
    experience = known(
        made("a", *NEAR), made("a", *FAR, seed=1), made("b", *NEAR, labels="all"), made("b", *FAR, labels="all", seed=1)
    )
    held = hold_out(experience, always("frozen"))
    found = grid(held.truths, held.advisers, [])
    assert found.another_draw.over.n == 1


def test_every_adviser_is_held_out_on_the_shipped_table_and_the_cells_are_there() -> None:
    tasks = [
        made(name, 0.3, 0.6, 0.70 + i / 50, 0.72 + i / 40, 0.5, linear=0.7 + i / 50)
        for i, name in enumerate("abcdefgh")
    ]
    held = hold_out(known(*tasks), advisor)
    found = grid(held.truths, held.advisers, [])
    assert len(found.constant.cells) == len(found.best) == 36 and found.constant.over.n == 8
