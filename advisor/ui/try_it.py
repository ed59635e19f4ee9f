"""Try a classifier: an item of the user's own, or one of the dataset's test items in; a label with bars out."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, Plan, Prediction
from advisor.data.reading import open_dataset
from advisor.ui import alts, charts, items, parts, work, workers


def draw(run: str, plan: Plan) -> None:
    """The section of the result page."""
    parts.section("Try it")
    view = items.view_of(plan.kind)
    with st.container(border=True):
        item = view.enter(run)
        with st.container(horizontal=True):
            predict = view.HAS_PREDICT and st.button("Predict", key=f"predict-{run}", type="primary")
            take = st.button("Take one from the test part", key=f"try-own-{run}", icon=":material/casino:")
        if predict and item is None:
            parts.note("There is nothing to predict yet: fill in the field, or take one from the test part.")
            return
        if from_test(run, item, predict, take):
            row, dataset = test_item(run, plan)
            if row is not None and dataset is not None:
                answer(run, view.show(dataset, row), dataset.classes[dataset.labels[row]])
        elif item is not None:
            answer(run, item, None)


def from_test(run: str, item: Any | None, predict: bool, take: bool) -> bool:
    """Whether a test item is shown: what was asked for last counts, a button or something new in the field."""
    turn, entered, asked = f"try-turn-{run}", f"try-entered-{run}", f"try-test-{run}"
    if take:
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
        st.session_state[asked] = True
    elif predict or (item is not None and item != st.session_state.get(entered)):
        st.session_state[asked] = False
    st.session_state[entered] = item
    return bool(st.session_state.get(asked, False))


def test_item(run: str, plan: Plan) -> tuple[int | None, Dataset | None]:
    """One of the test items, another one at each turn; the report has read them already."""
    try:
        dataset = open_dataset(plan.fingerprint[:16])
    except PeopleError as error:
        parts.problem(str(error))
        return None, None
    rows = dataset.where("test")
    if not len(rows):
        parts.note("There is nothing in the test part.")
        return None, None
    chosen = np.random.default_rng(st.session_state[f"try-turn-{run}"]).choice(rows)
    return int(chosen), dataset


def answer(run: str, item: Any, label: str | None) -> None:
    """The label with its probability, the bars, and the truth when it is known."""
    try:
        with st.spinner("Asking the model."):
            prediction: Prediction = workers.answer("The prediction", partial(work.predict, run, item))
    except PeopleError as error:
        parts.problem(str(error))
        return
    truth = "" if label is None else f" It is {label}." if label != prediction.label else " That is right."
    parts.answer_line(f"{prediction.label}, with probability {wording.chance(prediction.probability or 0.0)}.{truth}")
    if prediction.note:
        parts.note(prediction.note)
    if prediction.probabilities:
        figure, alt = charts.probabilities(prediction.probabilities), alts.probabilities(prediction.probabilities)
        st.plotly_chart(figure, config=charts.CONFIG, key="probabilities", alt=alt)
