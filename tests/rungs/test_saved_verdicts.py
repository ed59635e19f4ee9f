"""Every input has its row, also where none can be used; a verdict names the two best classes and whether it is sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Prediction
from advisor.rungs.saved.verdicts import verdict
from tests.rungs.saved_models import load_predictor

GOLDEN = Path(__file__).parent / "golden" / "frozen-text-1"


def test_each_input_keeps_its_reason_where_predict_refuses_them_all() -> None:
    model = load_predictor(GOLDEN)
    with pytest.raises(DatasetError, match="Input 1 is empty"):
        model.predict(["", " "])
    assert ["is empty" in row.problem for row in model.predict_each(["", " "])] == [True, True]
    assert [row.label for row in model.predict_each(["Fry the onions in butter", ""])] == ["cooking", None]


def test_a_verdict_names_the_runner_up_and_is_not_sure_below_the_bound() -> None:
    shares = {"cat": 0.45, "dog": 0.35, "fox": 0.2}
    close = Prediction(input="a", label="cat", probability=0.45, probabilities=shares)
    seen = verdict(close)
    assert (seen.label, seen.runner_up, seen.runner_up_probability, seen.not_sure) == ("cat", "dog", 0.35, True)
    assert not verdict(close, least=0.4).not_sure


def test_a_problem_has_no_label_and_one_class_no_runner_up() -> None:
    assert verdict(Prediction(input="a", problem="It is empty.")).problem == "It is empty."
    alone = verdict(Prediction(input="a", label="cat", probability=1.0, probabilities={"cat": 1.0}))
    assert (alone.runner_up, alone.runner_up_probability, alone.not_sure) == ("", 0.0, False)
