"""The picture and the sentences of the learning curve say what the record says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from advisor.core.records import LearningCurve, ProbeResult
from advisor.ui.instruments.curve import answer, learning_curve, needed
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
    assert answer(record(), 133).startswith("About 7.5 points: with 400 training items, a linear probe")
    assert "You have hardly more" in answer(record(), 390)
    assert answer(record(), 2000).startswith("It is too early to tell") and "longer budget" in answer(record(), 2000)
    flat = record().model_copy(update={"band": tuple((n, 0.9, 0.88, 0.92) for n, *_ in record().band)})
    assert answer(flat, 133).startswith("No gain in sight: 90.0 % is reached now")
    least = record().model_copy(update={"band": tuple((n, 0.9 + n / 1e5, 0.88, 0.92) for n, *_ in record().band)})
    assert answer(least, 133).startswith("Little: ")


def test_the_answer_promises_no_less_than_a_probe_reaches() -> None:
    def probe(name: str, value: float) -> ProbeResult:
        measured = Measured(value=value, low=value, high=value, n=133, seconds=0.2)
        return ProbeResult(name=name, title=f"The probe {name}", measured=measured)

    assert answer(record(), 133, [probe("linear", 1.0)]).startswith("No gain in sight: 100.0 %")
    assert "90.0 %" not in answer(record(), 133, [probe("linear", 1.0)])
    passed = answer(record(), 133, [probe("linear", 0.85), probe("joined", 0.95)])
    assert passed.startswith("About 5.0 points: ") and "against 85.0 % with your 133." in passed
    assert passed.endswith("The probe joined is at 95.0 % already.")


def test_a_target_that_a_probe_has_reached_takes_no_labels() -> None:
    probe = ProbeResult(name="joined", title="Linear probe on joined layers", measured=record().points[-1])
    evidence: Any = SimpleNamespace(results=(probe,), best=probe, n_train=133)
    assert needed(evidence, record(), 0.8).startswith("Linear probe on joined layers is there already: 80.0 %")
    assert "is there already" not in needed(evidence, record(), 0.85)
