"""The picture and the sentences of the learning curve say what the record says."""

from __future__ import annotations

import pytest

from advisor.core.records import LearningCurve
from advisor.ui.instruments.curve import answer, learning_curve
from probes.measured import Measured


def record(furthest: int = 400) -> LearningCurve:
    """80 % at 100 items; two sizes measured."""
    band = tuple((n, 1 - 2 * n**-0.5, 0.96 - 2 * n**-0.5, 1.04 - 2 * n**-0.5) for n in range(50, furthest + 1, 10))
    points = tuple(Measured(value=v, low=v - 0.03, high=v + 0.03, n=133, seconds=0.2) for v in (0.72, 0.80))
    return LearningCurve(a=0.0, b=2.0, sizes=(50, 100), points=points, band=band, furthest=furthest, seconds=0.2)


def test_the_curve_is_solid_where_measured_and_dotted_ahead() -> None:
    figure = learning_curve(record(), "accuracy", n_now=133, target=0.85)
    band, measured, ahead, points = figure.data
    assert measured.line.dash == "solid" and ahead.line.dash == "dot"
    assert max(measured.x) == min(ahead.x) == 100 and max(ahead.x) == 400
    assert list(points.x) == [50, 100] and list(points.y) == pytest.approx([0.72, 0.80])
    assert len(band.x) == 2 * len(record().band)
    assert {shape.y0 for shape in figure.layout.shapes} >= {0.85}
    assert any("85.0" in note.text for note in figure.layout.annotations)
    now = next(note for note in figure.layout.annotations if "now 133" in note.text)
    assert 10**now.x == pytest.approx(133)


def test_a_present_size_off_the_picture_is_not_drawn() -> None:
    assert not learning_curve(record(), "accuracy", n_now=5000).layout.shapes


def test_the_answer_says_what_lies_ahead_or_that_it_may_not() -> None:
    assert answer(record(), 133).startswith("With 400 training items, 90.0")
    assert "more labels would help" in answer(record(), 133)
    assert answer(record(), 390).startswith("With all 390 training items")
    assert "more than the curve can speak for" in answer(record(), 2000)
