"""Tasks with a metric of their own: they have a score and gains of their own, and leave the others' as they are."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from advisor.advice.outlook import tagging
from advisor.advice.outlook.elsewhere import LEAST_DATASETS, informed, kept_chance, usual_gains
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.shared import shared_misses
from advisor.core.kinds import TaskName
from advisor.core.records import Kind
from advisor.score.board import board
from tests.advice.made_estimates import ladder
from tests.score.ladder_tables import known, made

CLASSES = [
    made(f"set {i}", 0.3, 0.6, 0.70 + i / 50, 0.74 + i / 50, 0.5, kind="image" if i % 2 else "text") for i in range(8)
]
SEEN: dict[str, Any] = {"type_names": 0.1, "word_memory": 0.3, "word_head": 0.4, "random_field": 0.3}
TAGGED = [
    made(f"tagged {i}", 0.1, 0.3, 0.40, 0.55 + i / 100, 0.3, kind="tags", metric="entity F1", **SEEN) for i in range(4)
]
SEVERAL = [
    made(f"several {i}", 0.2, 0.3, 0.5, 0.4 - i / 100, 0.3, kind="text-multilabel", metric="macro F1") for i in range(4)
]


def gains(experience: Experience, kind: Kind) -> list[float | None]:
    """What is usual of each rung."""
    return [one.usual_gain for one in informed(ladder(0.5, 0.6, 0.7, 0.8, 0.4), kind, experience)]


@pytest.mark.parametrize("kind", ["image", "text", "qa"])
def test_gains_in_other_metrics_are_not_usual_for_accuracy(kind: Kind) -> None:
    alone, beside = known(*CLASSES), known(*CLASSES, *TAGGED, *SEVERAL)
    assert gains(alone, kind) == gains(beside, kind)
    assert kept_chance(alone, kind) == kept_chance(beside, kind)
    assert (shared_misses(alone, kind).covariance == shared_misses(beside, kind).covariance).all()


@pytest.mark.parametrize(("kind", "own"), [("tags", TAGGED), ("text-multilabel", SEVERAL)])
def test_usual_gains_of_a_task_are_of_its_own_datasets(kind: Kind, own: list[dict[str, Any]]) -> None:
    found = gains(known(*CLASSES, *TAGGED, *SEVERAL), kind)
    assert found == gains(known(*own), kind)
    assert found[3] == pytest.approx(0.165 if kind == "tags" else -0.115)


@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_gains_of_few_datasets_are_not_called_usual(task: TaskName) -> None:
    own = CLASSES if task == "classification" else TAGGED
    assert usual_gains(known(*own[: LEAST_DATASETS - 1]), task) == {}
    assert usual_gains(known(*own[:LEAST_DATASETS]), task)["frozen"] == 0.0


def test_other_metrics_have_a_score_of_their_own_and_leave_every_other_figure_as_it_is() -> None:
    alone, beside = board(known(*CLASSES)), board(known(*CLASSES, *TAGGED, *SEVERAL))
    assert dataclasses.replace(beside, others=()) == alone and alone.others == ()
    assert {one.name: one.n_datasets for one in beside.others} == {"multilabel": 4, "tagging": 4}


def test_fine_tuning_of_words_is_forecast_by_what_it_gained_on_the_other_sets() -> None:
    every = known(*TAGGED, *CLASSES)
    gain, _, n_sets = tagging.tuning_gain(every)
    assert gain == pytest.approx(0.165) and n_sets == 4
    task = every.of_kind("tags")[0]
    forecast = tagging.replayed(task, every.without(task.dataset))
    assert forecast["fine-tune"].value == pytest.approx(forecast["frozen"].value + 0.17)
    assert forecast["fine-tune"].low >= forecast["frozen"].low, "the run falls back to the frozen head"
    assert tagging.tuning_gain(every.without("tagged 0").without("tagged 1"))[0] == 0.0, "two sets tell nothing"
