"""Telling our own processes from everybody else's, with real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from advisor.runs import processes, store

Until = Callable[..., bool]
HOLDER = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is not ours to touch."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_the_same_id_with_another_start_time_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    started = psutil.Process(sleeper.pid).create_time()
    assert processes.find(sleeper.pid, started) is not None
    assert processes.find(sleeper.pid, started - 60) is None
    assert processes.find(None, started) is None


def test_a_killed_process_that_nobody_collected_is_not_alive(sleeper: subprocess.Popen[bytes], until: Until) -> None:
    started = psutil.Process(sleeper.pid).create_time()
    sleeper.kill()
    assert until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_ZOMBIE)
    assert processes.find(sleeper.pid, started) is None


def test_a_lock_falls_with_its_holder_however_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert processes.is_locked(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not processes.is_locked(path)


def test_a_spawned_process_has_a_session_of_its_own_and_writes_into_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    child = processes.spawn("advisor.runs.worker", str(tmp_path / "missing"), log=log, mark=tmp_path)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)
    assert child.wait(30) == 66
    assert "missing is not a run's folder" in log.read_text()


def test_a_file_in_the_current_folder_does_not_replace_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    child = processes.spawn("advisor.runs.supervisor", "--idle", "0", log=tmp_path / "log.txt")
    assert child.wait(30) == 0, (tmp_path / "log.txt").read_text()


def test_what_a_dead_worker_left_behind_is_ended_and_nothing_else(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], until: Until
) -> None:
    marked = {**os.environ, processes.MARK: str(tmp_path / "run")}
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=marked)
    other = {**os.environ, processes.MARK: str(tmp_path / "run2")}
    neighbour = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=other)
    try:
        assert until(lambda: len(psutil.Process(helper.pid).cmdline()) > 1)  # its own program has begun
        processes.kill_marked(tmp_path / "run")
        assert helper.wait(10) == -signal.SIGKILL
        assert neighbour.poll() is None
        assert sleeper.poll() is None
    finally:
        neighbour.kill()
        neighbour.wait()


def test_a_small_file_cut_by_a_power_failure_reads_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat"
    processes.write_aside(path, {"pid": 1})
    assert processes.read_small(path) == {"pid": 1}
    path.write_bytes(b'{"pid": 1')
    assert processes.read_small(path) == {} == processes.read_small(tmp_path / "none")
    assert store.read_state(tmp_path) == {}
