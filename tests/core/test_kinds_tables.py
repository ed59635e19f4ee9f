"""A table by task, kind or modality has a row for each: one that lacks it fails only when somebody gets there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from advisor.core.kinds import Kind, ModalityName, TaskName

ROOT = Path(__file__).parents[2]
NAMES = {"TaskName": get_args(TaskName), "ModalityName": get_args(ModalityName), "Kind": get_args(Kind)}


def tables() -> Iterator[tuple[str, str, set[str]]]:
    """(file and line, what its keys are, the keys) of every such table that is written down."""
    for path in sorted((ROOT / "advisor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.AnnAssign(
                    annotation=ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id=kind), *_])),
                    value=ast.Dict(keys=keys),
                ) if kind in NAMES:
                    found = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", kind, found


@pytest.mark.parametrize(("place", "kind", "keys"), [pytest.param(*table, id=table[0]) for table in tables()])
def test_every_table_is_whole(place: str, kind: str, keys: set[str]) -> None:
    assert keys == set(NAMES[kind]), place


def test_tables_are_found() -> None:
    assert sum(kind == "TaskName" for _, kind, _ in tables()) >= 8
