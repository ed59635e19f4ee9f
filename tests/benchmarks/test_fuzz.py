from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz.engine import Session
from benchmarks.fuzz.readers import READERS, Reader
from benchmarks.fuzz.seeds import seeds


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_seeds_break_no_reader(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))
    session = Session(reader, tmp_path / "kept", tmp_path / "scratch")
    for name in reader.seeds:
        for seed in seeds(name)[:3]:
            assert session.feed(seed) == ""


def test_a_failure_is_kept_once_for_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))

    def broken(content: bytes, folder: Path) -> None:
        raise KeyError(content)

    session = Session(Reader("broken", broken, ()), tmp_path / "kept", tmp_path / "scratch")
    first, second = session.feed(b"a"), session.feed(b"b")
    assert first == second != ""
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [b"a"]
