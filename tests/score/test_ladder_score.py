"""The score: hand-made tasks, leaving whole datasets out, the bounds, and the shipped table where there is one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from advisor.advice.outlook import experience
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.core.errors import AdviceError
from advisor.core.records import Estimate, Goal
from advisor.score.baselines import always
from advisor.score.board import board
from advisor.score.choice import Adviser, Choice, take
from advisor.score.learner import advisor
from advisor.score.score import hold_out, score
from tests.score.ladder_tables import known, made

SAME = (0.3, 0.6, 0.8, 0.8, 0.5)
TUNED = (0.3, 0.6, 0.8, 0.9, 0.5)


def two() -> Experience:
    """Frozen is ideal on a, fine-tuning on both sizes of b."""
    return known(made("a", *SAME), made("b", *TUNED), made("b", *TUNED, labels="all"))


def test_shares_regret_and_compute_of_a_constant() -> None:
    found = score(two(), always("fine-tune"), "always fine-tune")
    assert (found.n_tasks, found.n_datasets) == (3, 2)
    assert found.ideal.value == pytest.approx(2 / 3)
    assert (found.too_high.value, found.too_low.value) == (pytest.approx(1 / 3), 0.0)
    assert (found.mean_regret.value, found.max_regret.value) == (0.0, 0.0)
    assert found.compute.value == pytest.approx(30 / 22)
    found = score(two(), always("frozen"), "always frozen")
    assert found.mean_regret.value == pytest.approx(20 / 3)
    assert found.max_regret.value == pytest.approx(10.0)
    assert found.compute.value == pytest.approx(6 / 22)


def test_a_target_counts_only_where_some_rung_reaches_it() -> None:
    found = score(two(), always("frozen"), "always frozen")
    assert found.targets["0.8"].value == 1.0
    assert (found.targets["0.9"].value, found.targets["0.9"].n) == (0.0, 2)
    assert found.targets["0.95"].value is None
    assert found.targets["all"].value == pytest.approx(6 / 8)
    assert found.targets["all"].n == 8


def test_an_adviser_never_learns_from_the_dataset_that_it_is_asked_about() -> None:
    seen: list[tuple[set[str], str]] = []

    def learner(past: Experience) -> Adviser:
        def answer(case: CompletedTask, goal: Goal) -> Choice:
            seen.append((set(past.datasets), case.dataset))
            return take("frozen")

        return answer

    score(two(), learner, "spy")
    assert {dataset for _, dataset in seen} == {"a", "b"}
    assert all(dataset not in datasets for datasets, dataset in seen)


def test_intervals_chances_and_times_are_held_against_what_came_out() -> None:
    def learner(past: Experience) -> Adviser:
        return lambda case, goal: Choice({"frozen": 1.0}, 0.0, promised(goal), {"frozen": (3.1, 2.0)}, True)

    def promised(goal: Goal) -> tuple[Estimate, ...]:
        frozen = Estimate(rung="frozen", available=True, value=0.75, low=0.7, high=0.85, p_target=0.7)
        tuned = Estimate(rung="fine-tune", available=True, value=0.75, low=0.7, high=0.85, p_target=0.1)
        return frozen, tuned

    found = score(two(), learner, "promises")
    assert (found.coverage["frozen"].value, found.coverage["frozen"].n) == (1.0, 3)
    assert found.coverage["fine-tune"].value == pytest.approx(1 / 3)
    assert found.coverage["all"].value == pytest.approx(4 / 6)
    assert found.in_time["all"].value == 0.0  # 3.1 s against 2.0 s
    assert (found.promises.value, found.promises.n) == (pytest.approx(6 / 12), 12)  # 0.7 and 0.8 of four targets
    likely = next(bin for bin in found.reliability if bin.low == 0.6)
    assert (likely.expected, likely.reached.value, likely.reached.n) == (pytest.approx(0.7), 0.5, 12)
    wrong = [task for task in found.tasks if task.why]
    assert len(wrong) == 2
    assert wrong[0].why == "frozen was expected +0.0 points against fine-tune and came out -10.0 points."


def test_without_a_complete_task_the_message_says_what_to_do() -> None:
    with pytest.raises(AdviceError, match=r"python -m benchmarks\.ladder"):
        board(Experience(()))


def test_the_board_holds_figures_against_bounds_and_has_rows_without_one() -> None:
    found = board(two(), always("fine-tune"))
    bounds = {bound.what: bound for bound in found.bounds}
    assert bounds["ideal rung recommended"].kept is None and bounds["ideal rung recommended"].wanted == "-"
    assert bounds["utility over the best constant of each cell"].kept is False, "it is a constant itself"
    assert bounds["utility over always fine-tuning, default goal"].figure.value == 0.0
    assert bounds["90 % intervals that cover"].kept is None  # a constant estimates nothing
    reached = next(bound for what, bound in bounds.items() if what.startswith("target of 70 % reached"))
    assert reached.kept is True and bounds["target of 70 %, training over fine-tuning's"].kept is False
    assert found.advice.value == pytest.approx(15 / 162)
    json.dumps(found.to_json(), allow_nan=False)


def test_what_came_out_on_a_dataset_does_not_move_the_advice_on_it() -> None:
    """The advisor itself: other test values of the dataset held out leave its choices and values as they are."""
    others = [
        made(name, 0.3, 0.6, 0.70 + i / 50, 0.72 + i / 40, 0.5, linear=0.7 + i / 50) for i, name in enumerate("cdefgh")
    ]
    answers = []
    for values in (TUNED, (0.9, 0.2, 0.1, 0.05, 0.99)):
        held = hold_out(known(made("a", *values), *others), advisor)
        case = next(truth for truth in held.truths if truth.dataset == "a").cases[0]
        answers.append(held.advisers["a"](case, Goal(target=0.8)))
    assert answers[0].shares == answers[1].shares
    assert answers[0].estimates == answers[1].estimates


@pytest.mark.skipif(
    not (experience.shipped_folder() / "outcomes.csv").is_file(), reason="data/ladderbench has no table yet"
)
def test_the_shipped_table_is_scored_and_every_dataset_is_held_out() -> None:
    everything = Experience.shipped()
    held = hold_out(everything, lambda past: lambda case, goal: Choice({}, sure=case.dataset in past.datasets))
    assert {truth.dataset for truth in held.truths} <= set(everything.datasets)
    for truth in held.truths:
        assert held.advisers[truth.dataset](truth.cases[0], Goal()).sure is False
    found = board(everything)
    assert found.ours.n_tasks + sum(other.n_tasks for other in found.others) == len(held.truths)
    figures = (found.ours.ideal, found.ours.too_high, found.ours.too_low)
    assert sum(figure.value or 0.0 for figure in figures) == pytest.approx(1)


def test_the_command_prints_the_bounds_and_json(tmp_path: Path) -> None:
    tasks = [made("a", *SAME), made("b", *TUNED), made("c", *TUNED, kind="text")]
    pd.DataFrame([task["situation"] for task in tasks]).to_csv(tmp_path / "situations.csv", index=False)
    rows = [row for task in tasks for row in task["outcomes"]]
    pd.DataFrame(rows).to_csv(tmp_path / "outcomes.csv", index=False)
    environment = {**os.environ, "ADVISOR_LADDERBENCH": str(tmp_path), "COLUMNS": "120"}
    line = [sys.executable, "-m", "advisor.cli", "bench", "score"]
    told = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "3 tasks of 3 datasets" in told
    assert "utility over the best constant of each cell" in told and "successive halving" in told
    answer = subprocess.run([*line, "--json"], env=environment, capture_output=True, text=True, timeout=120, check=True)
    document = json.loads(answer.stdout)
    assert document["ours"]["n_tasks"] == 3
    assert {bound["what"] for bound in document["bounds"]} >= {"mean regret", "90 % intervals that cover"}
    assert len(document["grid"]["constant"]["cells"]) == 36
