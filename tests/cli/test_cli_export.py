"""`advisor export` and `advisor publish`: one document, and refusals in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def advisor(*words: object) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it, by somebody who has logged in nowhere."""
    known = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    return subprocess.run(
        [sys.executable, "-m", "advisor.cli", *map(str, words)], env={**known, "HF_HOME": os.environ["ADVISOR_HOME"]},
        capture_output=True, text=True,
    )  # fmt: skip


def test_a_model_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    done = advisor("export", GOLDEN, "--format", "safetensors", "--to", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["folder"] == str(tmp_path / "out")
    assert sorted(document["files"]) == sorted(path.name for path in (tmp_path / "out").iterdir())


def test_refusals_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    taken = advisor("export", GOLDEN, "--format", "safetensors", "--to", tmp_path)
    nobody = advisor("publish", GOLDEN, "owner/name")
    for done, words in ((taken, "holds something else"), (nobody, "There is no token of a model hub here")):
        assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
