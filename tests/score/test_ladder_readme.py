"""The table's README names every column and every source, and no machine's path."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.advice.outlook.experience import KEYS, OUTCOMES
from advisor.core.records import Situation
from advisor.score.baselines import BASELINES, REFERENCES
from benchmarks.ladder.carry import STEPS
from benchmarks.ladder.tasks import FRESH, SOURCES, Source

ROOT = Path(__file__).parents[2]
README = (ROOT / "data" / "ladderbench" / "README.md").read_text()
FIRST = [cell for line in README.splitlines() if line.startswith("|") for cell in line.split("|")[1].split(",")]


@pytest.mark.parametrize("column", dict.fromkeys([*KEYS, *OUTCOMES, *Situation.model_fields, "version"]))
def test_every_column_is_explained(column: str) -> None:
    assert column in {cell.strip() for cell in FIRST}


@pytest.mark.parametrize("source", (*SOURCES, *FRESH), ids=lambda source: source.name)
def test_every_source_has_its_row_with_sizes_and_input(source: Source) -> None:
    rows = [line for line in README.splitlines() if line.startswith(f"| {source.kind} | {source.name} |")]
    every = "50 to all" if len(source.sizes) == 4 else ""
    listed = ", ".join("all" if n is None else f"{n:,}" for n in sorted(source.sizes, key=lambda n: n or 10**9))
    expected = [every or listed, str(source.px) if source.px else ""]
    assert expected in [[cell.strip() for cell in row.split("|")[3:5]] for row in rows]


def test_the_steps_are_those_of_the_collector() -> None:
    rows = [re.findall(r"(\d+) steps", line) for line in README.splitlines() if re.search(r"\d steps \|", line)]
    assert f"up to {STEPS['image'][2][0]:,}" in README
    images, texts = STEPS["image"], STEPS["text"]
    assert rows == [[str(i[1]), str(i[2]), str(t[1])] for i, t in zip(images, texts, strict=True)]


def test_no_path_of_a_machine_and_every_adviser_in_the_docs() -> None:
    docs = (ROOT / "docs" / "ladderbench.md").read_text()
    assert not re.search(r"/(work|home|tmp|root|usr)/", README + docs)
    names = [name for name, _ in (*BASELINES, *REFERENCES) if not name.startswith("always")]
    assert [name for name in names if f"| {name} |" not in docs] == []
