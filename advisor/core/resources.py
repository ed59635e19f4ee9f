"""The files that come with the advisor: measured outcomes and reference profiles (`data/`), and the handbook.

Both lie at the top of a checkout, where people look for them. An installed advisor has the same files as the packages
`advisor.resources` and `advisor.handbook` (setup.py maps them), so both places are asked, the checkout first.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from advisor.core.errors import StorageError

CHECKOUT = Path(__file__).parents[2]


def data(name: str) -> Path:
    """A file or folder of `data/`. Raises StorageError where this installation lacks it."""
    return _found(name, CHECKOUT / "data", "advisor.resources")


def handbook() -> Path:
    """The folder of the handbook: its pages and `questions.jsonl`. Raises StorageError as `data` does."""
    return _found("questions.jsonl", CHECKOUT / "docs" / "handbook", "advisor.handbook").parent


def _found(name: str, checkout: Path, package: str) -> Path:
    spec = importlib.util.find_spec(package)
    packaged = (spec.submodule_search_locations or []) if spec else []
    for folder in (checkout, *map(Path, packaged)):
        if (folder / name).exists():
            return folder / name
    raise StorageError(f"{name} is missing from this installation. Install transfer-advisor again.")
