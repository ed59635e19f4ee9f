"""The command on disks that refuse, and with names that would steer a terminal: one sentence, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.small_disks import mounted
from tests.data.dataset_trees import csv_of, put, text_rows, write


def advisor(home: Path, *arguments: str | Path, to: Path | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "advisor.cli", *map(str, arguments)]
    environment = {**os.environ, "ADVISOR_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    if to is None:
        return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=240)
    with to.open("w") as stdout:
        return subprocess.run(line, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=240)


def one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command failed in one line that begins with Error and holds the words."""
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert last.startswith("Error: ")
    for word in words:
        assert word in last, last


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_an_answer_that_nobody_can_take_is_one_sentence(workspace: Path) -> None:
    one_sentence(advisor(workspace, "runs", "list", to=Path("/dev/full")), "could not be written to the output")


def test_a_workspace_on_a_full_disk_is_named_and_serves_again_with_room(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", csv_of(text_rows(40)))
    with mounted(tmp_path / "disk", "size=128k") as disk:
        filler = disk / "filler"
        filler.write_bytes(bytes(120_000))
        one_sentence(advisor(disk / "home", "profile", table), f"The disk {disk} is full", "ADVISOR_HOME")
        filler.unlink()
        assert advisor(disk / "home", "profile", table).returncode == 0


def test_a_workspace_on_a_read_only_disk_is_named(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", csv_of(text_rows(40)))
    with mounted(tmp_path / "disk", "size=128k,ro") as disk:
        one_sentence(advisor(disk, "profile", table), f"The disk {disk} is read-only", "ADVISOR_HOME")


def test_names_cannot_steer_the_terminal_or_its_tables(tmp_path: Path, workspace: Path) -> None:
    steering = "\x1b[31mred\x9b2J\u202egnp"
    root = tmp_path / f"pets {steering}"
    put(root, *(f"{label}/{n}.png" for label in ("cat [bold]x", f"dog {steering}") for n in range(6)))
    write(root / f"dog {steering}" / f"torn {steering}.png", b"no image")
    shown = advisor(workspace, "profile", root)
    assert shown.returncode == 0, shown.stderr
    refused = advisor(workspace, "profile", root / f"cat {steering}")
    one_sentence(refused, "no file or folder")
    for words in (shown.stdout, shown.stderr, refused.stderr):
        assert not {"\x1b", "\x9b", "\u202e"} & set(words)
    assert "cat [bold]x" in shown.stdout
