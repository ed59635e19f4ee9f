"""How numbers and names are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.core import wording
from advisor.ui import terms


@given(st.text(max_size=200))
def test_a_plotted_name_holds_no_mark_up_and_one_line(name: str) -> None:
    shown = terms.plotted(name)
    assert "<" not in shown
    assert ">" not in shown.replace("&gt;", "")
    assert "\n" not in shown


@given(st.text(max_size=300), st.integers(2, 80))
def test_a_shortened_text_keeps_its_beginning(text: str, limit: int) -> None:
    shown = wording.short(text, limit)
    assert len(shown) <= limit
    assert " ".join(text.split()).startswith(shown.removesuffix("…").rstrip())


@given(st.floats(0, 1e7))
def test_every_duration_has_a_unit(seconds: float) -> None:
    assert wording.duration(seconds).split()[-1] in ("second", "s", "min", "h", "days")
