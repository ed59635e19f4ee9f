"""The race: the right candidate wins from its own state, within what the time allows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from advisor.training import recipes
from advisor.training.problem import Problem
from advisor.training.search import ROUND_STEPS, Race, affordable, race, race_items
from advisor.training.settings import Candidate
from tests.training.small_problems import SETTINGS, image_problem

BASE = replace(SETTINGS, head_learning_rate=SETTINGS.learning_rate)
GOOD, IDLE, WILD = Candidate(1e-2), Candidate(1e-9), Candidate(1e9)


def raced(*candidates: Candidate, **more: Any) -> tuple[Race, Problem, Problem]:
    problem = image_problem()
    told: list[str] = []
    ran, winner = race(problem, BASE, candidates, lambda: False, lambda sentence, share: told.append(sentence), **more)
    assert all("round" in sentence for sentence in told)
    return ran, winner, problem


def test_halving_picks_the_candidate_that_learns_and_goes_on_from_its_state() -> None:
    entrants = (IDLE, GOOD, Candidate(1e-8, layer_share=0.5))
    ran, winner, problem = raced(*entrants)
    assert ran.winner == GOOD
    counted = [sum(lap.candidate == candidate for lap in ran.laps) for candidate in entrants]
    assert counted[1] == 2 and sorted(counted) == [1, 2, 2]  # the worst is out after a round
    last = ran.laps[-1]
    assert last.steps == 3 * ROUND_STEPS  # twenty, then forty more
    judged = winner.objective.judge(winner, SETTINGS)
    assert judged.loss == pytest.approx(last.loss if last.candidate == GOOD else ran.laps[-2].loss)
    assert judged.loss < problem.objective.judge(problem, SETTINGS).loss


def test_the_given_network_stays_as_it_was_and_racers_share_nothing() -> None:
    untouched = image_problem().network.state_dict()
    _, winner, problem = raced(GOOD, IDLE)
    assert all(torch.equal(untouched[name], tensor) for name, tensor in problem.network.state_dict().items())
    assert not any(
        torch.equal(a, b) for a, b in zip(winner.network.parameters(), problem.network.parameters(), strict=True)
    )


def test_a_candidate_that_overflows_loses_and_the_record_is_json() -> None:
    ran, _, _ = raced(WILD, GOOD)
    assert ran.winner == GOOD
    assert all(lap["loss"] is None or math.isfinite(lap["loss"]) for lap in ran.record)
    assert "winner of a short race" in ran.sentence and str(GOOD) in ran.sentence


def test_after_a_stop_the_leader_so_far_wins() -> None:
    ran, winner = race(image_problem(), BASE, (GOOD, IDLE), lambda: True, lambda sentence, share: None)
    assert ran.winner == GOOD and not ran.laps
    assert isinstance(winner, Problem)


@pytest.mark.parametrize("kind", ["image", "text"])
def test_as_many_race_as_a_third_of_the_time_pays_for(kind: str) -> None:
    entrants = recipes.candidates("fine-tune", kind, 1e-3)
    assert len(set(entrants)) == len(entrants) == 6
    settings, taken = replace(SETTINGS, batch_size=16), []
    for seconds in (1.0, 60.0, 240.0, 3000.0):
        found = affordable(entrants, settings, 100, 50.0, seconds)
        assert found == entrants[: len(found)] and len(found) != 1
        assert not found or race_items(len(found), 16, 100) <= 50.0 * seconds / 3
        taken.append(len(found))
    assert taken[0] == 0 and taken[-1] == 6 and taken == sorted(taken)


def test_the_head_learns_at_the_rate_of_the_candidate_or_with_lora_at_its_own() -> None:
    base = replace(SETTINGS, learning_rate=1e-3, head_learning_rate=2e-3)
    assert Candidate(3e-3, 0.5).settings(base).head_learning_rate == pytest.approx(6e-3)
    assert Candidate(3e-3, 0.5).settings(base).layer_share == 0.5
    assert Candidate(5e-3, adapters=True).settings(base).head_learning_rate == 2e-3


def test_whoever_watches_sees_every_candidate_go_forward_and_where_its_lap_ends() -> None:
    seen: dict[Candidate, list[dict[str, Any]]] = {}
    raced(GOOD, IDLE, watch=lambda candidate, numbers: seen.setdefault(candidate, []).append(numbers))
    assert set(seen) == {GOOD, IDLE}
    for numbers in seen.values():
        steps = [row["step"] for row in numbers]
        assert steps == sorted(steps) and steps[-1] == numbers[-1]["steps"]
        assert "val_loss" in numbers[-1], "each lap ends with a judgement"
