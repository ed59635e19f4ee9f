"""No public name is ever hidden by a package of the same name: each is called before and after all imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import advisor

ROOT = Path(__file__).parents[1]
QUICK = {
    "__version__": "str",
    "read": "Dataset",
    "profile": "Profile",
    "probe": "Evidence",
    "issues": "DataFrame",
    "suggestions": "DataFrame",
    "fix": "Dataset",
    "labels_needed": "LabelsNeeded",
    "advise": "Advice",
    "label_next": "NextLabels",
    "add_labels": "Grown",
    "ask": "list",
}
SLOW = {
    "train": "RunReport",
    "load": "ImageClassifier",
    "predict_table": "Predicted",
    "race": "Race",
    "climb": "Climb",
    "compare": "Comparison",
    "threshold": "Threshold",
    "exchange": "Exchange",
    "export": "Exported",
    "publish": "RunError",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A workspace, class folders of 3 digits with 40 images each, and one document."""
    home, images, documents = (tmp_path_factory.mktemp(name) for name in ("home", "digits", "documents"))
    digits = load_digits(n_class=3)
    for target in range(3):
        (images / f"digit {target}").mkdir()
        for index in np.flatnonzero(digits.target == target)[:40]:
            pixels = (digits.images[index] * 15).astype(np.uint8)
            Image.fromarray(pixels).save(images / f"digit {target}" / f"{index}.png")
    (documents / "warranty.md").write_text("# Warranty\n\nThe warranty of the lamp lasts 24 months.\n")
    return home, images, documents


def types_of(places: tuple[Path, Path, Path], names: list[str]) -> dict[str, list[str]]:
    """Call the names in a process of their own."""
    home, *folders = map(str, places)
    done = subprocess.run(
        [sys.executable, "-m", "tests.call_public_names", *folders, *names],
        cwd=ROOT, env={**os.environ, "ADVISOR_HOME": home}, capture_output=True, text=True, timeout=850,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_every_public_name_is_called_below_and_listed() -> None:
    assert {*QUICK, *SLOW} == set(advisor.__all__) == set(dir(advisor))


@pytest.mark.timeout(900)  # three rounds of short runs, on a machine that may be busy
@pytest.mark.slow
@pytest.mark.parametrize("names", [QUICK, SLOW], ids=["quick", "training"])
def test_public_names_keep_their_meaning(names: dict[str, str], places: tuple[Path, Path, Path]) -> None:
    assert types_of(places, list(names)) == {name: [kind] * 3 for name, kind in names.items()}
