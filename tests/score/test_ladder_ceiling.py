"""What the truth of another draw of labels would reach: right where the draws agree, in points where they do not."""

from __future__ import annotations

import pytest

from advisor.score.board import board
from advisor.score.ceiling import ceiling
from advisor.score.measures import truths
from advisor.score.summary import out_of_reach
from tests.score.ladder_tables import known, made


def test_a_draw_asked_for_the_other_is_right_where_both_have_one_ideal_rung_and_else_loses_points() -> None:
    alike = [made("a", 0.3, 0.6, 0.8, 0.9, 0.5, seed=seed) for seed in (0, 1)]
    torn = [made("b", 0.3, 0.6, 0.8, 0.9, 0.5, seed=0), made("b", 0.3, 0.6, 0.8, 0.76, 0.5, seed=1)]
    whole = [made("c", 0.3, 0.6, 0.8, 0.9, 0.5, labels="all", seed=seed) for seed in (0, 1)]  # no draw
    found = ceiling(truths(known(*alike, *torn, *whole)))
    assert found.ideal.n == 2 and found.ideal.value == pytest.approx(0.5)
    assert found.regret.value == pytest.approx((0 + (4 + 10) / 2) / 2)


def test_without_a_second_draw_nothing_is_said() -> None:
    found = board(known(*(made(name, 0.3, 0.6, 0.8, 0.9, 0.5) for name in "abc")))
    assert found.ceiling.ideal.value is None and out_of_reach(found) == ""
