"""`advisor climb`: each step as it ends, one document, and the climb of a run; what cannot be climbed is refused."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from sklearn.datasets import load_digits


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Forty images of each of three digits."""
    images, labels = load_digits(return_X_y=True)
    for label in (0, 1, 4):
        folder = tmp_path / "digits" / str(label)
        folder.mkdir(parents=True)
        for i, pixels in enumerate(images[labels == label][:40]):
            Image.fromarray((pixels.reshape(8, 8) * 15.9).astype("uint8")).resize((32, 32)).save(folder / f"{i}.png")
    return tmp_path / "digits"


@pytest.fixture(autouse=True)
def nothing_left_running(workspace: Path) -> Iterator[None]:
    """End this workspace's supervisor and workers, and no others."""
    yield
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("ADVISOR_HOME") == str(workspace) and process.pid != os.getpid():
                process.kill()


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "advisor.cli", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=400)


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_a_climb_tells_its_steps_and_answers_with_one_document(digits: Path) -> None:
    assert called("advise", digits, "--budget", "8").returncode == 0
    done = called("climb", digits, "--tolerance", "0", "--rungs", "frozen,fine-tune", "--budget", "60", "--json")
    assert done.returncode == 0, done.stderr
    climb = json.loads(done.stdout)
    assert climb["state"] == "done" and climb["rungs"] == ["frozen", "fine-tune"] and climb["tolerance"] == 0.0
    assert climb["kept"] in [step["run"] for step in climb["steps"]] and "kept" in climb["sentence"]
    assert "Trains frozen features" in done.stderr and "Frozen features reached" in done.stderr
    shown = called("runs", "show", climb["kept"], "--json")
    assert json.loads(shown.stdout)["climb"]["climb"] == climb["climb"]
    table = called("runs", "show", climb["kept"])
    assert "The climb" in table.stdout and "→ " in table.stdout


@pytest.mark.slow
def test_a_climb_that_is_interrupted_goes_on_and_can_be_stopped(digits: Path) -> None:
    line = [sys.executable, "-m", "advisor.cli", "climb", str(digits), "--target", "0.5", "--json"]
    assert called("advise", digits, "--budget", "8").returncode == 0
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = ""
    while "Frozen features:" not in told:
        told = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    assert "goes on without this command" in error and "advisor runs stop" in error
    stopped = called("runs", "stop", "last", "--json")
    assert stopped.returncode == 0, stopped.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tolerance", "-1"), "tolerance"),
        (("--target", "95"), "Did you mean 0.95"),
        (("--budget", "1"), "budget"),
        (("--rungs", "frosen"), "frosen"),
    ],
)
def test_what_cannot_be_met_is_said_before_anything_is_measured(
    digits: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = called("climb", digits, *arguments, "--json")
    assert (done.returncode, done.stdout) == (1, "") and words in done.stderr
    assert "Traceback" not in done.stderr and "Extracting" not in done.stderr
