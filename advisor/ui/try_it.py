"""Try a trained model: an image, a text, or one of the dataset's own test items in; a label with bars out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Answer, Dataset, Plan, Prediction
from advisor.core.workspace import Workspace
from advisor.ui import ask, charts, parts, uploads

if TYPE_CHECKING:
    from advisor.rungs.saved.answering import Answerer
    from advisor.rungs.saved.model import Predictor

IMAGES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


@st.cache_resource(max_entries=2, show_spinner=False)
def _model(run: str, home: str) -> Predictor | Answerer:
    return api.load(run)


def draw(run: str, plan: Plan) -> None:
    """The section of the result page."""
    if plan.kind == "qa":
        parts.section("Ask")
        ask.draw(run, plan.fingerprint, lambda question: answer_of(run, question))
        return
    parts.section("Try it")
    with st.container(border=True):
        given, label = ask_image(run, plan) if plan.kind == "image" else ask_text(run, plan)
        if given is not None:
            answer(run, given, label)


def answer_of(run: str, question: str) -> Answer:
    """What a finished run answers."""
    model: Any = _model(run, str(Workspace.here().root))
    answer: Answer = model.answer([question])[0]
    return answer


def ask_image(run: str, plan: Plan) -> tuple[Any, str | None]:
    """An uploaded image or a test item: what the model gets, and the true label when it is known."""
    file = st.file_uploader("An image", type=IMAGES, key=f"try-image-{run}")
    row, dataset = own_item(run, plan)
    if file is not None:
        kept = uploads.keep(file, file.name)
        shown(kept)
        return kept, None
    if row is None or dataset is None:
        return None, None
    path = Path(str(dataset.items["path"].iloc[row]))
    shown(path)
    return path, dataset.classes[dataset.labels[row]]


def shown(path: Path) -> None:
    """The image that is asked about, small."""
    small = parts.thumbnail(str(path))
    if small is not None:
        st.image(small, width=160, alt="The image the model is asked about")


def ask_text(run: str, plan: Plan) -> tuple[Any, str | None]:
    """A typed text or a test item."""
    text = st.text_area("A text", key=f"try-text-{run}", placeholder="Type a sentence", height=90)
    with st.container(horizontal=True):
        st.button("Predict", key=f"predict-{run}", type="primary")
        row, dataset = own_item(run, plan)
    if text.strip():
        return text, None
    if row is None or dataset is None:
        return None, None
    own = str(dataset.items["text"].iloc[row])
    st.text(wording.short(own, 400))
    return own, dataset.classes[dataset.labels[row]]


def own_item(run: str, plan: Plan) -> tuple[int | None, Dataset | None]:
    """One of the test items, another one at each press; the report has read them, so nothing is given away."""
    turn = f"try-turn-{run}"
    if st.button("Take one from the test part", key=f"try-own-{run}", icon=":material/casino:"):
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
    if turn not in st.session_state:
        return None, None
    try:
        dataset = api.reopen(plan.fingerprint[:16])
    except PeopleError as error:
        parts.problem(str(error))
        return None, None
    rows = dataset.where("test")
    chosen = np.random.default_rng(st.session_state[turn]).choice(rows)
    return int(chosen), dataset


def answer(run: str, given: Any, label: str | None) -> None:
    """The label with its probability, the bars, and the truth when it is known."""
    try:
        with st.spinner("Asking the model."):
            model: Any = _model(run, str(Workspace.here().root))
            prediction: Prediction = model.predict([given])[0]
    except PeopleError as error:
        parts.problem(str(error))
        return
    truth = "" if label is None else f" It is {label}." if label != prediction.label else " That is right."
    parts.answer_line(f"{prediction.label}, with probability {wording.percent(prediction.probability)}.{truth}")
    if prediction.probabilities:
        figure = charts.probabilities(prediction.probabilities)
        st.plotly_chart(figure, config=charts.CONFIG, key="probabilities", alt="Probability of the likeliest classes")
