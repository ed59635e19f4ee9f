"""Why a real model gives its label: the word of the class counts, the strokes of a digit count, its corner does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.rungs import scratch
from advisor.rungs.context import RunContext
from advisor.rungs.saved.explaining import ImageReasons, WordReasons
from tests.rungs.saved_models import load_predictor

MODEL = Path(__file__).parent / "golden" / "frozen-text-1"


def test_the_words_of_the_class_count_most() -> None:
    model = load_predictor(MODEL)
    reasons = model.explain("On Monday we fry the onions in butter")
    assert isinstance(reasons, WordReasons) and reasons.label == "cooking"
    assert reasons.words()[0][0] in {"fry", "onions", "butter"}
    without = model.predict_proba([reasons.text, "On Monday we  the onions in butter"])[
        :, model.classes.index("cooking")
    ]
    place = [reasons.text[a:b] for a, b in reasons.pieces].index("fry")
    assert reasons.drops[place] == pytest.approx(float(without[0] - without[1]), abs=1e-5)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(DatasetError, match="is empty"):
        load_predictor(MODEL).explain(" ")


@pytest.mark.slow
def test_strokes_of_a_digit_count_more_than_the_corners(digits: Dataset, run_of: Callable[..., RunContext]) -> None:
    context = run_of(digits, "scratch", 40.0)
    scratch.execute(context)
    model = load_predictor(context.directory)
    strokes, corners = [], []
    for row in digits.where("test")[:9].tolist():
        path = Path(str(digits.items["path"].iloc[row]))
        reasons = model.explain(path)
        assert isinstance(reasons, ImageReasons)
        ink = np.asarray(Image.open(path).convert("L").resize((8, 8)), float)
        strokes.append(float((np.abs(reasons.drops) * ink).sum() / ink.sum()))
        corners.append(float(np.abs(reasons.drops[[0, 0, -1, -1], [0, -1, 0, -1]]).mean()))
    assert np.mean(strokes) > np.mean(corners)
