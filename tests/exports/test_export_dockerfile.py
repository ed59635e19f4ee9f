"""The Dockerfile, its instructions carried out one by one where no Docker is: in a fresh Python the server answers."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from advisor.core.records import Dataset
from advisor.exports import beside
from advisor.exports.export import export
from tests.rungs.saved_models import load_predictor

Run = Callable[..., Path]


def instructions() -> list[tuple[str, str]]:
    """Name and rest of each line of the Dockerfile."""
    lines = [line for line in beside.DOCKERFILE.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def command(rest: str) -> list[str]:
    """The words of a command in JSON notation, which needs no shell in the image."""
    words: list[str] = json.loads(rest.removeprefix("CMD "))
    return words


def test_every_instruction_is_one_that_the_walk_below_carries_out() -> None:
    names = [name for name, _ in instructions()]
    assert names[0] == "FROM" and names[-1] == "CMD" and names.count("CMD") == 1
    assert set(names) == {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}


class Image:
    """A folder and a fresh Python of this machine, in place of a layer of an image."""

    def __init__(self, context: Path, room: Path) -> None:
        self.context, self.room, self.work = context, room, room
        subprocess.run([sys.executable, "-m", "venv", room / "python"], check=True)
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
        self.environment = {**kept, "PATH": f"{room / 'python' / 'bin'}:/usr/bin:/bin", "HOME": str(room)}

    def build(self) -> None:
        """All up to the command that starts it."""
        for name, rest in instructions():
            if name == "ENV":
                self.environment |= dict([rest.split("=", 1)])
            elif name == "WORKDIR":
                self.work = self.room / rest.lstrip("/")
                self.work.mkdir(parents=True)
            elif name == "COPY":
                self.copy(*rest.split())
            elif name == "RUN":
                self.run(shlex.split(rest))

    def copy(self, source: str, _: str) -> None:
        """Into the working folder."""
        if source == ".":
            shutil.copytree(self.context, self.work, dirs_exist_ok=True)
        else:
            shutil.copy(self.context / source, self.work)

    def run(self, words: list[str]) -> None:
        """A command; skips where no index of packages is within reach."""
        done = subprocess.run(words, cwd=self.work, env=self.environment, capture_output=True, text=True)
        if re.search("No matching distribution|Could not find a version|ConnectionError", done.stderr):
            pytest.skip(f"the packages cannot be had here: {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    @contextmanager
    def started(self) -> Iterator[str]:
        """The address of the started server, which listens on this machine alone."""
        words = command(dict(instructions())["CMD"])
        words = [str(self.room / "python" / "bin" / words[0]), *words[1:], "--host", "127.0.0.1", "--port", "0"]
        process = subprocess.Popen(words, cwd=self.work, env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.wait()

    def healthy(self, address: str) -> bool:
        """Whether the check of the Dockerfile says so."""
        port, inside = address.rpartition(":")[2], dict(instructions())["EXPOSE"]
        words = [word.replace(f":{inside}/", f":{port}/") for word in command(dict(instructions())["HEALTHCHECK"])]
        return subprocess.run([str(self.room / "python" / "bin" / words[0]), *words[1:]], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["image", "text"])
def test_the_dockerfile_starts_a_server_that_answers(
    images: Dataset, texts: Dataset, run_of: Run, kind: str, tmp_path: Path
) -> None:
    dataset = images if kind == "image" else texts
    run = run_of(dataset, "frozen")
    export(run, "folder", tmp_path / "out")
    image = Image(tmp_path / "out", tmp_path / "image")
    image.build()
    item = dataset.items["path" if kind == "image" else "text"].iloc[0]
    body = Path(item).read_bytes() if kind == "image" else str(item).encode()
    with image.started() as address:
        assert image.healthy(address)
        with urllib.request.urlopen(f"{address}/predict", data=body) as answer:
            (told,) = json.load(answer)["predictions"]
    ours = load_predictor(run).predict([item])[0]
    assert told["label"] == ours.label and told["probability"] == pytest.approx(ours.probability, abs=1e-4)
