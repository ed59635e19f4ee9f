"""Every stage has a title, and the table adds up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from advisor.core.records import StageTime
from advisor.core.stages import TITLES, TOGETHER, rows_of, times_of, total
from probes.timings import OTHER, stage, watched

ROOT = Path(__file__).parents[2]


def _named() -> set[str]:
    """The stages that the program names."""
    names = {OTHER}
    for path in [*(ROOT / "probes").rglob("*.py"), *(ROOT / "advisor").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "stage":
                assert isinstance(node.args[0], ast.Constant)
                names.add(str(node.args[0].value))
    return names


def test_every_stage_has_a_title_and_every_title_a_stage() -> None:
    assert _named() == set(TITLES)


def test_the_table_is_in_the_order_of_the_line_and_adds_up() -> None:
    times = [
        StageTime(stage="decision", seconds=0.01),
        StageTime(stage="forward", seconds=2.0, processor_seconds=4.0),
        StageTime(stage="splitting", seconds=0.02),
        StageTime(stage="decoding", seconds=0.03, beside_seconds=1.5),
    ]
    rows = rows_of(times)
    assert [row.title for row in rows] == [TITLES["decoding"], TITLES["forward"], TOGETHER]
    whole = total(rows)
    assert whole.seconds == pytest.approx(2.06)
    assert whole.processor_seconds == pytest.approx(4.0)
    assert whole.beside_seconds == pytest.approx(1.5)


def test_a_watch_is_kept_as_times() -> None:
    with watched() as watch, stage("forward"):
        pass
    assert [time.stage for time in times_of(watch)] == [OTHER, "forward"]
