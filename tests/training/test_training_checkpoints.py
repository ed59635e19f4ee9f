"""Checkpoints come whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from advisor.errors import StorageError
from advisor.training import checkpoints


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert checkpoints.read(tmp_path) is None


def test_the_last_of_several_is_read_and_the_others_are_gone(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        checkpoints.write(tmp_path, {"weight": torch.full((2, 2), float(step))}, {"step": step})
    found = checkpoints.read(tmp_path)
    assert found is not None
    assert found[1]["step"] == 3 and torch.equal(found[0]["weight"], torch.full((2, 2), 3.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.json", "step-3.safetensors"]
    checkpoints.clear(tmp_path)
    assert checkpoints.read(tmp_path) is None and not list(tmp_path.iterdir())


def test_a_kill_between_the_two_writes_leaves_the_former_checkpoint(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"weight": torch.ones(2)}, {"step": 1})
    (tmp_path / "step-2.safetensors").write_bytes(b"cut off")  # what a kill after the first write leaves
    found = checkpoints.read(tmp_path)
    assert found is not None and found[1]["step"] == 1


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    checkpoints.write(tmp_path, {"weight": torch.ones(200)}, {"step": 1})
    path = tmp_path / "step-1.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(StorageError, match=r"step-1\.safetensors is missing or damaged"):
        checkpoints.read(tmp_path)
