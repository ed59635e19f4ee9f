"""The literal tables: every rung has a module for every task, and a saved model of an unknown sort says so."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from advisor.core.errors import StorageError
from advisor.core.kinds import TaskName
from advisor.core.ladder import RUNG_NAMES
from advisor.core.storage import read_json, write_json
from advisor.rungs.registry import RUNGS
from advisor.rungs.saved.loading import load

GOLDEN = Path(__file__).parent / "golden" / "frozen-text-1"


def test_every_rung_has_a_module_for_every_task() -> None:
    assert tuple(RUNGS) == RUNG_NAMES
    for modules in RUNGS.values():
        assert set(modules) == set(get_args(TaskName))
        assert all(callable(import_module(module).execute) for module in modules.values())


@pytest.mark.parametrize("changes", [{"weights": "wings"}, {"head": {"type": "antlers"}}])
def test_a_model_of_an_unknown_sort_is_named(changes: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((GOLDEN / "model.safetensors").read_bytes())
    write_json(tmp_path / "model.json", {**read_json(GOLDEN / "model.json"), **changes})
    with pytest.raises(StorageError, match=r"'wings'|'antlers'"):
        load(tmp_path)
