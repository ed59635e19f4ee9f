from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz.engine import Session
from benchmarks.fuzz.inputs import flipped
from benchmarks.fuzz.readers import READERS, Reader
from benchmarks.fuzz.seeds import seeds
from benchmarks.fuzz.tally import Tally
from benchmarks.fuzz.watch import watched


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_seeds_break_no_reader(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))
    session = Session(reader, tmp_path / "kept", tmp_path / "scratch")
    for name in reader.seeds:
        for seed in seeds(name):
            assert session.feed(seed) == ""


def test_a_failure_is_kept_once_for_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))

    def broken(content: bytes, folder: Path) -> None:
        raise KeyError(content)

    session = Session(Reader("broken", broken, ()), tmp_path / "kept", tmp_path / "scratch")
    first, second = session.feed(b"a"), session.feed(b"b")
    assert first == second != ""
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [b"a"]


def test_the_input_at_hand_is_known_whatever_ends_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))
    worker = os.fork()
    if not worker:
        session = Session(Reader("ends", lambda content, folder: os._exit(len(content)), ()), tmp_path, tmp_path / "s")
        session.feed(b"abc")
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 3
    tally = Tally(tmp_path / "s")
    assert (tally.n_inputs, tally.content, tally.failures()) == (1, b"abc", {})


def test_what_came_of_a_worker_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert watched(Reader("records", lambda content, folder: None, ()), "hypothesis", tmp_path, 2.0)
    assert "inputs by hypothesis" in capfd.readouterr().out


def test_an_input_at_which_the_worker_ends_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert not watched(Reader("nobody", lambda content, folder: None, ()), "hypothesis", tmp_path, 1.5)
    assert "the process ended with status 1" in capfd.readouterr().out
    assert [path.read_bytes() for path in tmp_path.glob("*.bin")] == [b""]


def test_each_byte_of_each_seed_is_flipped_once_a_round() -> None:
    (seed,) = seeds("record")
    inputs = list(flipped(("record",), Random(1)))
    assert len(inputs) == len(set(inputs)) == 3 * len(seed)
    assert all(sum(a != b for a, b in zip(content, seed, strict=True)) == 1 for content in inputs)
