"""Checkpoints come whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from advisor.core.errors import StorageError
from advisor.training import checkpoints, states
from advisor.training.checkpoints import Part


def ones(version: int, n: int = 2) -> Part:
    return Part(version, {"weight": torch.full((n, 2), float(version))})


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert checkpoints.read(tmp_path) is None


def test_the_last_of_several_is_read_and_the_others_are_gone(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        checkpoints.write(tmp_path, {"now": ones(step)}, {"step": step})
    found = checkpoints.read(tmp_path)
    assert found is not None
    assert found[1]["step"] == 3 and torch.equal(found[0]["now"].tensors["weight"], torch.full((2, 2), 3.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["now-3.safetensors", "state.json"]
    checkpoints.clear(tmp_path)
    assert checkpoints.read(tmp_path) is None and not list(tmp_path.iterdir())


def test_a_part_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"now": ones(1), "best": ones(1)}, {"step": 1})
    before = (tmp_path / "best-1.safetensors").stat().st_mtime_ns
    checkpoints.write(tmp_path, {"now": ones(2), "best": ones(1)}, {"step": 2})
    assert (tmp_path / "best-1.safetensors").stat().st_mtime_ns == before
    found = checkpoints.read(tmp_path)
    assert found is not None and {name: part.version for name, part in found[0].items()} == {"now": 2, "best": 1}


def test_an_empty_part_comes_back_empty(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"best": Part(0, {})}, {"step": 1})
    found = checkpoints.read(tmp_path)
    assert found is not None and found[0]["best"].tensors == {}


def test_a_kill_between_the_two_writes_leaves_the_former_checkpoint(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"now": ones(1)}, {"step": 1})
    (tmp_path / "now-2.safetensors").write_bytes(b"cut off")  # what a kill after the first write leaves
    found = checkpoints.read(tmp_path)
    assert found is not None and found[1]["step"] == 1


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"now": ones(1, n=100)}, {"step": 1})
    path = tmp_path / "now-1.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(StorageError, match=r"now-1\.safetensors is missing or damaged"):
        checkpoints.read(tmp_path)


def test_a_tied_tensor_stands_once_and_a_frozen_one_not_at_all(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    network[1].weight = network[0].weight
    network[1].bias.requires_grad_(False)
    learned = states.learned(network)
    assert [name for name in learned if name[0] in "01"] == ["0.weight", "0.bias"]
    checkpoints.write(tmp_path, {"now": Part(1, learned)}, {"step": 1})
    other = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    other[1].weight = other[0].weight
    bias = other[1].bias.clone()
    states.copy_into(other, checkpoints.read(tmp_path)[0]["now"].tensors)
    found, expected = other.state_dict(), network.state_dict()
    assert torch.equal(found["1.weight"], expected["0.weight"]) and torch.equal(found["1.bias"], bias)
