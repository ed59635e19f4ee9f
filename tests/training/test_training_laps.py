"""A race that is killed between two laps goes on with the next, and ends as one that was never disturbed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from advisor.core.errors import StorageError
from advisor.training.laps import Laps
from advisor.training.problem import Problem
from advisor.training.search import Race, race
from advisor.training.settings import Candidate
from tests.training.small_problems import SETTINGS, image_problem

ENTRANTS = (Candidate(1e-2), Candidate(1e-9), Candidate(3e-3, layer_share=0.5))


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def raced(folder: Path, until: int | None = None, seconds: float = 0.0) -> tuple[Race, Problem, list[str]]:
    """The race with laps kept in `folder`, killed at the start of lap number `until`; what was run."""
    run: list[str] = []

    def tell(sentence: str, share: float) -> None:
        if len(run) == until:
            raise Killed
        run.append(sentence)

    laps = Laps(folder, lambda: None, seconds)
    settings = SETTINGS.__class__.of({**vars(SETTINGS), "head_learning_rate": SETTINGS.learning_rate})
    ran, winner = race(image_problem(), settings, laps.candidates or ENTRANTS, lambda: False, tell, kept=laps)
    return ran, winner, run


@pytest.mark.slow
def test_a_race_killed_before_any_lap_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    whole, winner, run = raced(tmp_path / "whole")
    assert len(run) == len(whole.laps) == 5
    for lap in range(len(run)):
        folder = tmp_path / str(lap)
        with pytest.raises(Killed):
            raced(folder, until=lap)
        again, other, rest = raced(folder)
        assert (again, rest) == (whole, run[lap:])
        tensors = winner.network.state_dict()
        assert all(torch.equal(tensors[name], tensor) for name, tensor in other.network.state_dict().items())


def test_short_laps_are_repeated_rather_than_written(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        raced(tmp_path, until=4, seconds=1000.0)
    assert not list(tmp_path.iterdir()) and Laps(tmp_path, lambda: None).candidates == ()


def test_those_who_took_part_go_on_whoever_could_be_afforded_later(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        raced(tmp_path, until=3)
    assert Laps(tmp_path, lambda: None).candidates == ENTRANTS


def test_damaged_laps_are_named(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        raced(tmp_path, until=2)
    path = next(tmp_path.glob("racer-*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(StorageError, match=path.name):
        Laps(tmp_path, lambda: None).restore([])
