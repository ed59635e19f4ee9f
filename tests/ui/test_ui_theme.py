"""The theme lies beside both entry scripts, is the same in both places, and every colour stands out from its ground."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.dashboard import ENTRY
from advisor.ui import charts, looks
from advisor.ui.charts import forecasts

ROOT = Path(__file__).parents[2]
THEME = ENTRY.parent / ".streamlit" / "config.toml"
MODES = ("light", "dark")
GROUNDS = ("backgroundColor", "secondaryBackgroundColor")
#: What words are written in.
WORDS = ("textColor", "linkColor", "redColor", "orangeColor", "greenColor", "blueColor", "grayColor", "codeTextColor",
         "dataframeHeaderTextColor")  # fmt: skip
#: Lines, bars and dots.
MARKS = {"TEAL": charts.TEAL, "OCHRE": charts.OCHRE, "GREY": charts.GREY, "BRICK": charts.BRICK,
         "VIOLET": forecasts.VIOLET}  # fmt: skip
TEXT, MARK = 4.5, 3.0


def test_both_entry_scripts_have_the_same_theme() -> None:
    assert THEME.read_text() == (ROOT / ".streamlit" / "config.toml").read_text()
    assert ENTRY.read_text() == (ROOT / "app.py").read_text()


def channels(color: str) -> tuple[float, float, float]:
    """Red, green and blue of #rrggbb, each 0 to 255."""
    red, green, blue = (float(int(color[i : i + 2], 16)) for i in (1, 3, 5))
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in rgb))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(front: str, back: str, opacity: float = 1.0) -> float:
    """The ratio by which a colour, laid over another with some opacity, stands out from it."""
    ground = channels(back)
    red, green, blue = (opacity * f + (1 - opacity) * b for f, b in zip(channels(front), ground, strict=True))
    first, second = sorted((luminance((red, green, blue)), luminance(ground)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def theme(mode: str) -> dict[str, Any]:
    """The colours of a mode."""
    colors: dict[str, Any] = tomllib.loads(THEME.read_text())["theme"][mode]
    return colors


def test_the_formula_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#000000", "#ffffff", 0.0) == pytest.approx(1.0)


@pytest.mark.parametrize(("mode", "front", "back"), list(product(MODES, WORDS, GROUNDS)))
def test_words_stand_out_by_at_least_four_and_a_half(mode: str, front: str, back: str) -> None:
    assert contrast(theme(mode)[front], theme(mode)[back]) >= TEXT


@pytest.mark.parametrize(("mode", "back"), list(product(MODES, GROUNDS)))
def test_quiet_words_and_the_labels_of_charts_stand_out_too(mode: str, back: str) -> None:
    """Captions, ticks and axis titles are the page's text colour, paler by `looks.QUIET`; notes and heads by 0.7."""
    assert contrast(theme(mode)["textColor"], theme(mode)[back], min(0.7, looks.QUIET)) >= TEXT


@pytest.mark.parametrize("mode", MODES)
def test_white_words_on_a_button_and_the_selected_segment_stand_out(mode: str) -> None:
    colors = theme(mode)
    assert contrast("#ffffff", colors["primaryColor"]) >= TEXT
    assert contrast(colors["textColor"], tinted(colors["primaryColor"], colors["backgroundColor"], 0.2)) >= TEXT


@pytest.mark.parametrize(("mode", "name", "back"), list(product(MODES, MARKS, GROUNDS)))
def test_marks_of_charts_stand_out_by_at_least_three(mode: str, name: str, back: str) -> None:
    assert contrast(MARKS[name], theme(mode)[back]) >= MARK


@pytest.mark.parametrize("mode", MODES)
def test_the_theme_s_own_chart_colours_and_the_focus_stand_out_by_at_least_three(mode: str) -> None:
    colors = theme(mode)
    assert all(contrast(color, colors["backgroundColor"]) >= MARK for color in colors["chartCategoricalColors"])
    assert all(contrast(charts.TEAL, colors[ground]) >= MARK for ground in GROUNDS) and charts.TEAL in looks.STYLE


@pytest.mark.parametrize("mode", MODES)
def test_counts_are_legible_on_the_darkest_cell(mode: str) -> None:
    darkest = charts.SHADES[-1][1]
    opacity = float(str(darkest).rstrip(")").split(",")[-1])
    colors = theme(mode)
    assert contrast(colors["textColor"], tinted(charts.TEAL, colors["backgroundColor"], opacity)) >= TEXT


def tinted(front: str, back: str, opacity: float) -> str:
    """A colour laid over another, as #rrggbb."""
    mixed = (opacity * f + (1 - opacity) * b for f, b in zip(channels(front), channels(back), strict=True))
    return "#" + "".join(f"{round(c):02x}" for c in mixed)
