"""Fresh sets are kept apart, and scored by an adviser that never saw them."""

from __future__ import annotations

import pytest

from advisor.advice.outlook.experience import Experience
from advisor.score.baselines import BASELINES, REFERENCES
from advisor.score.board import NAME, board
from advisor.score.choice import Adviser, take
from advisor.score.score import hold_fresh, scored
from advisor.score.summary import alike, fresh_rows, told
from benchmarks.ladder.tasks import FRESH, SOURCES
from tests.score.ladder_tables import known, made

PAST = [made(name, 0.3, 0.6, 0.8, 0.9, 0.5, seed=seed) for name in "abc" for seed in (0, 1)]


def test_the_adviser_of_fresh_tasks_knows_all_others_and_none_of_them() -> None:
    seen: list[tuple[str, ...]] = []

    def learner(past: Experience) -> Adviser:
        seen.append(past.datasets)
        return lambda case, goal: take("frozen")

    held = hold_fresh(known(*PAST), known(made("new", 0.3, 0.6, 0.8, 0.81, 0.5)), learner)
    assert seen == [("a", "b", "c")] and held is not None
    found = scored(held, "x")
    assert (found.n_tasks, found.ideal.value) == (1, 1.0)
    assert found.mean_regret.value == pytest.approx(1.0)


def test_the_board_has_the_advisor_and_every_baseline_on_fresh_tasks_and_its_own_score_is_the_same() -> None:
    past, new = known(*PAST), known(made("new", 0.3, 0.6, 0.8, 0.81, 0.5))
    without, with_new = board(past), board(past, fresh=new)
    assert without.fresh == () and [score.name for score in with_new.fresh] == [
        NAME,
        *(n for n, _ in (*BASELINES, *REFERENCES)),
    ]
    assert with_new.ours == without.ours and with_new.grid == without.grid
    assert without.fresh_grid is None and with_new.fresh_grid is not None
    assert "They do," in alike(with_new)
    assert "1 task of 1 dataset that played no part" in told(with_new)[1] and "no part" not in told(without)[1]
    lost = board(past, fresh=known(*(made(name, 0.3, 0.6, 0.9, 0.1, 0.5) for name in "xyz")))
    assert (
        lost.fresh[0].mean_regret.value == pytest.approx(80.0)
        and "They do not" in alike(lost)
        and "mean regret" in alike(lost)
    )
    rows = list(fresh_rows(with_new))
    assert rows[0][1:] == ("3, 3", "1, 1") and rows[1][0] == "ideal rung recommended"


def test_fresh_sources_are_no_others() -> None:
    assert not {source.name for source in FRESH} & {source.name for source in SOURCES}
    assert all(source.fresh for source in FRESH) and not any(source.fresh for source in SOURCES)
