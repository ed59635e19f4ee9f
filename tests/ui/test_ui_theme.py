"""The theme lies beside both entry scripts, and is the same in both places."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from advisor.cli.dashboard import ENTRY

ROOT = Path(__file__).parents[2]
THEME = ENTRY.parent / ".streamlit" / "config.toml"


def test_both_entry_scripts_have_the_same_theme() -> None:
    assert THEME.read_text() == (ROOT / ".streamlit" / "config.toml").read_text()
    assert ENTRY.read_text() == (ROOT / "app.py").read_text()


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("#ffffff", "primaryColor"),
    ],
)
def test_words_stand_out_by_at_least_four_and_a_half(mode: str, front: str, back: str) -> None:
    colors = tomllib.loads(THEME.read_text())["theme"][mode]
    first, second = sorted((luminance(colors.get(front, front)), luminance(colors[back])), reverse=True)
    assert (first + 0.05) / (second + 0.05) >= 4.5
