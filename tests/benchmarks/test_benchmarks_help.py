"""Every script of benchmarks/ says what it does when asked, and does not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
#: The clients of `benchmarks.serving`, which starts them.
STARTED_BY_OTHERS = "crowd"


def scripts() -> list[str]:
    """The scripts that people start; the others are started by these."""
    alone = [path for path in BENCHMARKS.glob("*.py") if '__name__ == "__main__"' in path.read_text(encoding="utf-8")]
    paths = {*(path for path in alone if path.stem != STARTED_BY_OTHERS), *BENCHMARKS.glob("*/__main__.py")}
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__") for path in paths)


@pytest.mark.slow
@pytest.mark.parametrize("script", scripts())
def test_help_is_shown_and_nothing_starts(script: str) -> None:
    asked = [sys.executable, "-m", script, "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")
