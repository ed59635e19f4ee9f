"""The measured exchange rate, on real digits: a few seconds each, the test part never looked at."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import api
from advisor.advice.outlook.exchange_runs import Judged, rate_of
from advisor.core.errors import AdviceError
from advisor.core.records import Dataset


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(tmp_path_factory.mktemp("home")))
        return api.read("sample:digits")


def answers(dataset: Dataset, val: np.ndarray, n_wrong: int) -> np.ndarray:
    predicted = dataset.labels[val].copy()
    predicted[:n_wrong] = (predicted[:n_wrong] + 1) % len(dataset.classes)
    return predicted


def test_the_rate_lies_between_the_last_part_ahead_and_the_first_behind(digits: Dataset) -> None:
    val = digits.where("val")

    def run(n_labels: int, n_wrong: int) -> Judged:
        predicted = answers(digits, val, n_wrong)
        return Judged(n_labels, float((predicted == digits.labels[val]).mean()), predicted)

    found = rate_of(digits, val, run(800, 40), [run(800, 10), run(400, 30)], run(200, 60))
    assert (found.times, found.low, found.high) == (2.0, 2.0, 4.0) and found.provenance == "measured"
    assert "2.0 to 4.0 times" in found.sentence
    open_end = rate_of(digits, val, run(800, 90), [run(800, 1), run(400, 2), run(200, 3), run(100, 4)], None)
    assert open_end.times is None and open_end.low == 8.0 and "more than 8.0 times" in open_end.sentence
    none = rate_of(digits, val, run(800, 1), [], run(800, 50))
    assert (
        none.times is None
        and none.low is None
        and "did not beat training from scratch in the time allowed" in none.sentence
    )


@pytest.mark.slow
def test_it_is_measured_on_real_texts_and_says_on_how_many_items() -> None:
    data = api.read("sample:topics")
    found = api.exchange(data, budget=15)
    n_val = len(data.where("val"))
    assert f"{n_val} validation items" in found.sentence and found.provenance == "measured"
    assert 0.0 <= found.from_scratch <= 1.0 and found.n <= len(data.where("train"))


def test_questions_have_no_rate() -> None:
    from advisor.advice.outlook.exchange_runs import measured_exchange

    data = api.read("sample:handbook")
    with pytest.raises(AdviceError, match="images or texts"):
        measured_exchange(data, None, 60.0)  # type: ignore[arg-type]  # refused before any evidence is looked at
