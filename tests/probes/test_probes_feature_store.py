from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.feature_store import FeatureStore

DIM = 8


def rows(numbers: list[int]) -> np.ndarray:
    """A row whose every value says which item it belongs to."""
    return np.repeat(np.array(numbers, dtype=np.float32)[:, None], DIM, axis=1) + np.arange(DIM, dtype=np.float32) / 100


def keys(numbers: list[int]) -> list[str]:
    return [f"item {number}" for number in numbers]


def assert_only_right_rows(store: FeatureStore, numbers: list[int]) -> np.ndarray:
    array, ok = store.read(keys(numbers))
    np.testing.assert_array_equal(array[ok], rows(numbers)[ok])
    assert not array[~ok].any()
    return ok


def test_rows_come_back_by_key_in_any_order(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "a", DIM)
    assert store.append(keys([1, 2]), rows([1, 2]))
    assert store.append(keys([3]), rows([3]))
    again = FeatureStore(tmp_path, "a", DIM)
    assert assert_only_right_rows(again, [3, 9, 1, 2]).tolist() == [True, False, True, True]
    assert not FeatureStore(tmp_path, "b", DIM).read(keys([1]))[1].any()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.sampled_from(["rows.f32", "index.txt"]))
def test_files_cut_anywhere_lose_rows_and_never_mix_them(tmp_path: Path, cut: int, name: str) -> None:
    store = FeatureStore(tmp_path, f"{cut}-{name}", DIM)
    FeatureStore.clear(tmp_path)
    numbers = list(range(6))
    store.append(keys(numbers), rows(numbers))
    file = store.folder / name
    os.truncate(file, min(cut, file.stat().st_size))
    assert_only_right_rows(store, numbers)
    store.append(keys(numbers), rows(numbers))
    assert assert_only_right_rows(store, numbers).all()


def test_a_flipped_byte_makes_its_row_missing(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "a", DIM)
    store.append(keys([1, 2, 3]), rows([1, 2, 3]))
    content = bytearray(store.rows.read_bytes())
    content[DIM * 4 + 5] ^= 1
    store.rows.write_bytes(content)
    assert assert_only_right_rows(store, [1, 2, 3]).tolist() == [True, False, True]


WRITER = """
import sys
from pathlib import Path
import numpy as np
from probes.feature_store import FeatureStore
store = FeatureStore(Path(sys.argv[1]), "a", 8)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    row = np.full((1, 8), number, dtype=np.float32) + np.arange(8, dtype=np.float32) / 100
    assert store.append([f"item {number}"], row)
    print(number, flush=True)
"""


def writer(folder: Path, start: int, stop: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(folder), str(start), str(stop)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_a_killed_writer_leaves_every_row_it_finished(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 100_000)
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    store = FeatureStore(tmp_path, "a", DIM)
    assert assert_only_right_rows(store, list(range(200)))[:20].all()
    assert store.append(keys([5000]), rows([5000]))
    assert assert_only_right_rows(store, [5000]).all()


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    processes = [writer(tmp_path, 0, 40), writer(tmp_path, 40, 80)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert assert_only_right_rows(FeatureStore(tmp_path, "a", DIM), list(range(80))).all()


def test_over_the_limit_the_store_used_longest_ago_goes(tmp_path: Path) -> None:
    limit = 2 * 10 * (DIM * 4 + 42)  # two stores of ten rows and their index lines
    numbers = list(range(10))
    old, newer, third = (FeatureStore(tmp_path, name, DIM, limit) for name in ("old", "newer", "third"))
    for age, store in ((100, old), (50, newer)):
        store.append(keys(numbers), rows(numbers))
        os.utime(store.folder, (time.time() - age, time.time() - age))
    assert third.append(keys(numbers), rows(numbers))
    assert third.read(keys(numbers))[1].all()
    assert not old.read(keys(numbers))[1].any()
    many = list(range(1000))
    assert not third.append(keys(many), rows(many))


def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    store = FeatureStore(blocked, "a", DIM)
    assert not store.append(keys([1]), rows([1]))
    assert not store.read(keys([1]))[1].any()
    with pytest.raises(ValueError):
        FeatureStore(tmp_path, "a", DIM).append(keys([1, 2]), rows([1]))
