from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from advisor.core import aside
from advisor.core.errors import StorageError
from tests.core.small_disks import mounted, remounted


def test_a_folder_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    with aside.filled(place) as folder:
        (folder / "one").write_text("1")
        assert not place.exists()
        folder.rename(place)
    assert [path.name for path in place.parent.iterdir()] == ["place"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), aside.filled(tmp_path / "place") as folder:
        (folder / "one").write_text("1")
        raise ValueError("broken")
    assert not list(tmp_path.iterdir())


def test_what_a_kill_left_is_deleted_by_the_next_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    killed = (
        "import os, signal, sys; from pathlib import Path; from advisor.core import aside\n"
        "with aside.filled(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'one').write_text('1')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "place")])
    (left,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    (tmp_path / ".new-of-a-former-version").mkdir()
    with aside.filled(tmp_path / "place") as one, aside.filled(tmp_path / "place") as other:
        assert one.is_dir() and other.is_dir() and one != other
        assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {one.name, other.name}
        assert left not in (one, other)
    assert not list(tmp_path.iterdir())


def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=1m") as disk:
        remounted(disk, "ro")
        with pytest.raises(StorageError, match="read-only"), aside.filled(disk / "place"):
            pass
