"""The report's tables are the plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support  # here, since a first import takes seconds

from advisor.advice.promise import against
from advisor.core.records import Plan
from advisor.runs.report.classification import confusion, per_class, sentences
from advisor.score.forecasts import Prediction
from probes.measured import Measured

CLASSES = ("a", "b", "c")
ANSWERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@given(ANSWERS)
def test_confusion_counts_every_item_once(answers: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(answers).T
    table = confusion(truth, predicted, 3)
    assert all(table[i, j] == answers.count((i, j)) for i in range(3) for j in range(3))


@given(ANSWERS)
def test_per_class_numbers_are_scikit_learns(answers: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(answers).T
    expected = precision_recall_fscore_support(truth, predicted, labels=[0, 1, 2], zero_division=np.nan)
    for index, row in enumerate(per_class(truth, predicted, CLASSES)):
        assert row["class"] == CLASSES[index] and row["n"] == np.sum(truth == index)
        for name, values in zip(("precision", "recall", "f1"), expected[:3], strict=True):
            assert row[name] == (None if np.isnan(values[index]) else pytest.approx(values[index]))


def told(low: float, high: float) -> str:
    promised = Measured(value=(low + high) / 2, low=low, high=high, n=100, seconds=1.0)
    plan = Plan(
        run="r", rung="frozen", dataset_folder="", dataset_name="d", fingerprint="f", kind="image", metric="accuracy",
        backbone="b", backbone_hash="h", input_size=64, promised=promised,
    )  # fmt: skip
    test = Measured(value=0.9, low=0.85, high=0.95, n=200, seconds=1.0)
    return " ".join(sentences(plan, test, test, 3))


def test_what_came_out_is_compared_with_what_was_predicted() -> None:
    assert "Expected 90.0 % (88.0 to 92.0) before training" in told(0.88, 0.92) and "inside the interval" in told(
        0.88, 0.92
    )
    assert "below the interval" in told(0.91, 0.95)
    assert "above the interval" in told(0.70, 0.80)
    assert "90.0 % accuracy on 200 test items" in told(0.7, 0.8) and "3 test items could not be read" in told(0.7, 0.8)


@pytest.mark.parametrize(("value", "low", "high", "where"), [
    (1.0, 0.965, 0.99966, "inside"), (0.957265, 0.71, 0.957111, "inside"), (0.125, 0.125196, 0.397, "inside"),
    (0.9651, 0.7, 0.9639, "above"), (0.7, 0.7011, 0.8, "below"),
])  # fmt: skip
def test_the_report_and_the_benchmark_judge_a_promise_as_it_is_printed(
    value: float, low: float, high: float, where: str
) -> None:
    promised = Measured(value=(low + high) / 2, low=low, high=high, n=100, seconds=1.0)
    test = Measured(value=value, low=value, high=value, n=40, seconds=1.0)
    assert against(promised, test, "this").endswith(f"{where} the interval.")
    forecast = Prediction("d", "all", 0, "frozen", promised.value, low, high, value, None, None)
    assert forecast.inside == (where == "inside")
