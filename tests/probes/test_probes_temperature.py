from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.heads import Recipe, fit_head, log_loss, softmax
from probes.temperature import LEAST_ITEMS, calibration_error, fit_temperature


def split_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A head barely regularised on 300 digits, and its logits of two halves of the rest: (logits, labels) twice."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    head = fit_head(pixels[:300], labels[:300], Recipe("logistic", 1e-3), False, 10)
    logits = head.logits(pixels[300:])
    return logits[::2], labels[300::2], logits[1::2], labels[301::2]


def test_a_temperature_keeps_every_label_and_lowers_the_log_loss_of_items_it_has_not_seen() -> None:
    logits, labels, others, truth = split_digits()
    found = fit_temperature(logits, labels)
    assert found.temperature > 1  # so little regularisation is too sure of itself
    np.testing.assert_array_equal((others / found.temperature).argmax(1), others.argmax(1))
    assert log_loss(softmax(others / found.temperature), truth) < log_loss(softmax(others), truth)
    after = calibration_error(softmax(others / found.temperature), truth)
    assert after < calibration_error(softmax(others), truth)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.floats(0.01, 50))
def test_on_its_own_items_the_log_loss_never_grows(seed: int, n_classes: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = scale * rng.normal(size=(60, n_classes)), rng.integers(0, n_classes, 60)
    found = fit_temperature(logits, labels)
    assert found.temperature > 0
    assert log_loss(softmax(logits / found.temperature), labels) <= log_loss(softmax(logits), labels)


def test_too_few_items_say_nothing() -> None:
    logits, labels, _, _ = split_digits()
    assert fit_temperature(logits[: LEAST_ITEMS - 1], labels[: LEAST_ITEMS - 1]).temperature == 1.0


def test_the_calibration_error_by_hand() -> None:
    probability = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    labels = np.array([0, 1, 1, 1])  # sure .9 and right half the time; sure .6 and always right
    assert calibration_error(probability, labels) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)
    assert calibration_error(np.zeros((0, 2)), np.zeros(0, dtype=int)) == 0.0
