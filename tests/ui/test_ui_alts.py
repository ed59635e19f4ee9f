"""What charts say to those who cannot see them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from advisor.core.records import Dataset, Profile
from advisor.ui import alts
from tests.ui.conftest import make_report, write_profile

UI = Path(alts.__file__).parent
CHARTS = [
    (path, call)
    for path in sorted(UI.rglob("*.py"))
    for call in ast.walk(ast.parse(path.read_text()))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "plotly_chart"
]


@pytest.mark.parametrize(("path", "call"), CHARTS, ids=[f"{path.stem}-{call.lineno}" for path, call in CHARTS])
def test_every_chart_says_what_it_shows_from_its_data(path: Path, call: ast.Call) -> None:
    alt = next((keyword.value for keyword in call.keywords if keyword.arg == "alt"), None)
    assert alt is not None, f"{path.name}:{call.lineno} has no alt"
    assert not isinstance(alt, ast.Constant), f"{path.name}:{call.lineno}: the same words whatever the data"


def test_counts_name_the_parts_and_the_ends(images: Dataset) -> None:
    profile = write_profile(images)
    sentence = alts.counts(profile)
    sizes = {name: sum(parts.values()) for name, parts in profile.counts.items()}
    assert f"{sum(sizes.values())} items in {len(sizes)} classes" in sentence
    assert all(f"{part}" in sentence for part in ("for training", "for validation", "for test"))
    assert f"has {max(sizes.values())}; the smallest" in sentence


def test_sizes_of_images_are_told_for_both_sides(images: Dataset) -> None:
    profile: Profile = write_profile(images)
    both = "Widths in pixels: half are at most 8, from 8 to 8. Heights in pixels: half are at most 8, from 8 to 8."
    assert alts.image_sizes(profile) == both
    assert alts.sizes("Words", []) == "Words: none."


def test_the_value_stands_beside_its_forecast(images: Dataset) -> None:
    report = make_report(images, "a-run")
    sentence = alts.versus(report)
    assert "94.0 %" in sentence and "forecast: 95.0 %" in sentence


def test_candidates_of_a_race_are_counted_once() -> None:
    laps = [{"depth": "all", "learning_rate": rate, "value": value} for rate, value in ((1, 0.5), (1, 0.6), (2, 0.4))]
    assert alts.race(laps) == "2 candidates raced; the best reached 60.0 % on the validation part."
