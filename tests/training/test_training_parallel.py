"""Processes that only see RANK and WORLD_SIZE train together on gloo; one is killed, and a fresh launch resumes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

pytestmark = [pytest.mark.distributed, pytest.mark.timeout(1200)]

HERE = Path(__file__).parent


def launch(
    folder: Path, n: int, maker: str, steps: int, dropout: bool = False, pause: float = 0.0
) -> list[subprocess.Popen[str]]:
    """`n` processes of helper.py, started afresh."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(n), "OMP_NUM_THREADS": "1"}
    told = [str(folder), str(steps), maker, "dropout" if dropout else "plain", str(pause)]
    return [
        subprocess.Popen(
            [sys.executable, str(HERE / "helper.py"), *told],
            env={**os.environ, **(meeting if n > 1 else {}), "RANK": str(rank), "PYTHONPATH": str(HERE.parents[1])},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(n)
    ]


def finished(workers: list[subprocess.Popen[str]], seconds: float = 900.0) -> list[tuple[int, str]]:
    """Exit status and last words of each."""
    said = [worker.communicate(timeout=seconds)[1] for worker in workers]
    return [(worker.returncode, text) for worker, text in zip(workers, said, strict=True)]


def end_of(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    return load_file(folder / "end.safetensors"), json.loads((folder / "end.json").read_text())


def until(condition: Callable[[], bool], seconds: float = 600.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def step_of(folder: Path) -> int:
    try:
        return int(json.loads((folder / "checkpoint" / "state.json").read_text())["step"])
    except (OSError, ValueError):
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("maker", ["tiny", "contrast"])
def test_two_processes_come_to_the_weights_of_one(tmp_path: Path, maker: str) -> None:
    """Also where the items of a batch look at each other, each process having half of them."""
    for n in (1, 2):
        ended = finished(launch(tmp_path / str(n), n, maker, steps=12))
        assert [status for status, _ in ended] == [0] * n, ended
    (one, told_one), (two, told_two) = end_of(tmp_path / "1"), end_of(tmp_path / "2")
    assert told_one["value"] == pytest.approx(told_two["value"], rel=1e-3)
    assert told_one["loss"] == pytest.approx(told_two["loss"], rel=1e-3)
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "victim"), [(2, 0), (2, 1), (3, 1)])
def test_a_killed_process_and_a_fresh_launch_give_the_weights_of_an_undisturbed_run(
    tmp_path: Path, n: int, victim: int
) -> None:
    """Batch norm that learns and dropout included: with as many processes every bit is the same."""
    undisturbed = launch(tmp_path / "whole", n, "norm", steps=12, dropout=True)
    folder = tmp_path / "killed"
    first = launch(folder, n, "norm", steps=12, dropout=True, pause=0.2)
    assert until(lambda: step_of(folder) >= 3)
    os.kill(first[victim].pid, signal.SIGKILL)
    ended = finished(first)
    assert ended[victim][0] == -signal.SIGKILL
    del ended[victim]
    assert all(status == 69 and "Another process of this run has gone" in words for status, words in ended)
    assert 3 <= step_of(folder) < 12
    assert [status for status, _ in finished(launch(folder, n, "norm", steps=12, dropout=True))] == [0] * n
    assert [status for status, _ in finished(undisturbed)] == [0] * n
    (whole, told_whole), (resumed, told) = end_of(tmp_path / "whole"), end_of(folder)
    assert told == told_whole
    assert all(torch.equal(whole[name], tensor) for name, tensor in resumed.items())


@pytest.mark.slow
def test_a_run_goes_on_with_fewer_processes_on_the_same_batches(tmp_path: Path) -> None:
    folder = tmp_path / "shrunk"
    first = launch(folder, 3, "tiny", steps=12, pause=0.2)
    assert until(lambda: step_of(folder) >= 3)
    os.kill(first[2].pid, signal.SIGKILL)
    finished(first)
    for n, at in ((2, folder), (1, tmp_path / "one")):
        assert [status for status, _ in finished(launch(at, n, "tiny", steps=12))] == [0] * n
    (shrunk, told), (one, told_one) = end_of(folder), end_of(tmp_path / "one")
    assert told["loss"] == pytest.approx(told_one["loss"], rel=1e-3)
    for name, tensor in one.items():
        torch.testing.assert_close(shrunk[name], tensor, rtol=1e-3, atol=1e-4)
