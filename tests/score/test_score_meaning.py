"""What the score means, in sentences: their numbers are the board's."""

from __future__ import annotations

import dataclasses

import pytest

from advisor.score import meaning
from advisor.score.baselines import always
from advisor.score.board import Board, board
from advisor.score.summary import by_name
from tests.score.ladder_tables import known, made

#: Values in the ladder's order: fine-tuning leads by ten points.
TUNED = (0.3, 0.6, 0.8, 0.9, 0.5)


@pytest.fixture(scope="module")
def found() -> Board:
    """Always frozen, where fine-tuning leads by ten points on one of two datasets."""
    return board(known(made("a", *TUNED[:3], 0.8, 0.5), made("b", *TUNED)), always("frozen"))


def test_the_headline_holds_the_mean_loss_and_what_was_counted(found: Board) -> None:
    regret = found.ours.mean_regret.value
    assert meaning.headline(found).endswith(f"within {meaning.points(regret)} of the best possible, costs aside.")
    assert "2 tasks from 2 datasets" in meaning.basis(found)
    assert meaning.on_new(found) == "", "there are no new datasets"
    with_new = dataclasses.replace(found, fresh=(found.ours,))
    assert f"within {meaning.points(regret)}" in meaning.on_new(with_new)


def test_a_point_is_singular() -> None:
    assert [meaning.points(value) for value in (1.0, 1.04, 0.9, None)] == ["1.0 point", "1.0 point", "0.9 points", "-"]


def test_habits_are_compared_the_best_first(found: Board) -> None:
    sentence = meaning.compared(found)
    ranks = [sentence.index(meaning.lower(meaning.does(name))) for name in ("always fine-tune", "always scratch")]
    assert ranks == sorted(ranks)


def test_failures_name_the_worst_task(found: Board) -> None:
    worst = max(found.ours.tasks, key=lambda task: task.regret)
    assert f"{worst.dataset} ({meaning.labels(worst.labels)})" in meaning.failing(found.ours)
    fine = dataclasses.replace(found.ours, tasks=tuple(task for task in found.ours.tasks if task.regret < 1))
    assert meaning.failing(fine) == "On none of 2 tasks did the recommendation lose more than a point."


def test_groups_hold_every_task_once(found: Board) -> None:
    groups = meaning.by_labels(found.ours)
    assert sum(len(group.tasks) for group in groups) == found.ours.n_tasks
    assert all(group.title in meaning.by_labels_told(groups) for group in groups)


def test_goals_are_counted_and_the_missed_are_named_in_plain_words(found: Board) -> None:
    counting = [bound for bound in found.bounds if bound.kept is not None]
    sentence = meaning.met(found)
    assert f"meets {sum(bool(bound.kept) for bound in counting)} of its {len(counting)} goals" in sentence
    assert all(meaning.lower(bound.plain) in sentence for bound in counting if not bound.kept)
    assert all(bound.plain for bound in found.bounds)


def test_every_figure_in_points_says_whether_costs_count(found: Board) -> None:
    points = [bound.plain for bound in found.bounds if bound.unit == "points"]
    assert points and all(("after costs" in plain) != ("costs aside" in plain) for plain in points)
    assert "costs aside" in meaning.headline(found)


def test_the_share_of_targets_names_the_targets_and_is_not_rounded_to_all(found: Board) -> None:
    tuned = by_name(found, "always fine-tune")
    most = dataclasses.replace(tuned.targets["all"], value=0.995)
    baselines = tuple(
        dataclasses.replace(one, targets={**one.targets, "all": most}) if one is tuned else one
        for one in found.baselines
    )
    said = meaning.against_tuning(dataclasses.replace(found, baselines=baselines))
    assert "a target of 70, 80, 90 or 95 % that some way reaches" in said and "reached it in 99.5 %, with" in said
