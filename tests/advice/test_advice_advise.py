"""What advice says beside the ladder."""

from __future__ import annotations

from advisor.advice.advise import more_labels
from advisor.core.records import Evidence, LearningCurve
from tests.advice.made_estimates import estimate


def evidence(b: float) -> Evidence:
    """400 labels under a curve 1 - b n^-0.5 that may be followed to 1,600."""
    band = tuple((n, 1 - b * n**-0.5, 1 - b * n**-0.5 - 0.02, 1 - b * n**-0.5 + 0.02) for n in range(100, 1601, 20))
    curve = LearningCurve(a=0.0, b=b, sizes=(100, 200, 400), points=(), band=band, furthest=1600, seconds=1.0)
    return Evidence(
        fingerprint="f", metric="accuracy", backbone="b", backbone_hash="h", device="cpu", device_reason="",
        input_size=96, n_train=400, n_test=100, n_test_per_class=(50, 50), results=(), curve=curve, seconds=1.0,
    )  # fmt: skip


def test_labels_are_asked_for_only_where_the_frozen_rung_is_expected_below_the_target() -> None:
    said = more_labels(evidence(2.0), estimate("frozen", 0.9), 0.92)
    assert len(said) == 1 and "about 640 training items" in said[0], "(2 / 0.08)^2 is 625, read off in steps of 20"
    assert more_labels(evidence(2.0), estimate("frozen", 0.93), 0.92) == (), "joined depths reach it already"
    assert more_labels(evidence(2.0), estimate("frozen", 0.9), None) == ()
