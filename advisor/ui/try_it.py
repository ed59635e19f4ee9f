"""Try a classifier: an item of the user's own, or one of the dataset's test items in; a label with bars out."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, Plan, Prediction
from advisor.core.wording import capital
from advisor.data.reading import open_dataset
from advisor.ui import alts, charts, items, parts, places, why, work, workers
from advisor.ui.charts import label_sets
from probes.novelty import Near


def draw(run: str, plan: Plan) -> None:
    """The section of the result page."""
    parts.section("Try it")
    view, dataset = items.view_of(plan.kind), reopened(plan)
    workers.load_ahead(run, partial(work.load, run), partial(work.load_likeness, run))
    with st.container(border=True):
        entered = view.enter(run, dataset)
        with st.container(horizontal=True):
            predict = view.HAS_PREDICT and st.button("Predict", key=f"predict-{run}", type="primary")
            take = st.button("Take one from the test part", key=f"try-own-{run}", icon=":material/casino:")
        if predict and not entered:
            parts.note("There is nothing to predict yet: fill in the field, or take one from the test part.")
            return
        if from_test(run, entered, predict, take):
            from_the_test_part(run, plan)
        elif entered:
            own(run, entered, plan, dataset)


def from_test(run: str, entered: list[Any], predict: bool, take: bool) -> bool:
    """Whether a test item is shown: what was asked for last counts, a button or something new in the field."""
    turn, before, asked = f"try-turn-{run}", f"try-entered-{run}", f"try-test-{run}"
    if take:
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
        st.session_state[asked] = True
    elif predict or (entered and entered != st.session_state.get(before)):
        st.session_state[asked] = False
    st.session_state[before] = entered
    return bool(st.session_state.get(asked, False))


def from_the_test_part(run: str, plan: Plan) -> None:
    """One of the test items, another one at each turn; the report has read them already."""
    try:
        dataset = open_dataset(plan.fingerprint[:16])
    except PeopleError as error:
        parts.problem(str(error))
        return
    rows = dataset.where("test")
    if not len(rows):
        parts.note("There is nothing in the test part.")
        return
    row = int(np.random.default_rng(st.session_state[f"try-turn-{run}"]).choice(rows))
    item = items.view_of(plan.kind).show(dataset, row)
    if predictions := predicted(run, [item]):
        answer(predictions[0], dataset.label_words(row))
        explained(run, plan, item, predictions[0], dataset, likeness(run, [item]))


def own(run: str, entered: list[Any], plan: Plan, dataset: Dataset | None) -> None:
    """The visitor's own items: what each is taken for, and whether it is like the training part."""
    predictions = predicted(run, entered)
    if not predictions:
        return
    view = items.view_of(plan.kind)
    near = likeness(run, entered) if dataset is not None else []
    if len(entered) == 1:
        view.draw(entered[0])
        if near:
            warned(near[0])
        answer(predictions[0], None, bool(near) and near[0].is_unlike)
        explained(run, plan, entered[0], predictions[0], dataset, near)
        return
    with st.grid("auto", min_column_width=170, gap="small", key=f"try-several-{run}"):
        for place, (item, prediction) in enumerate(zip(entered, predictions, strict=True)):
            with st.container(border=True, gap="xsmall"):
                view.draw(item)
                unlike = bool(near) and near[place].is_unlike
                parts.text(said(prediction, unlike))
                if unlike:
                    parts.note("Unlike anything in training.")
                if not prediction.problem and st.button("Why?", key=f"why-{run}-{place}", icon=":material/help:"):
                    st.session_state[f"why-chosen-{run}"] = item
    chosen = st.session_state.get(f"why-chosen-{run}")
    if chosen in entered:
        place = entered.index(chosen)
        why_one(run, plan, chosen, predictions[place], dataset, near[place] if near else None)


def predicted(run: str, entered: list[Any]) -> list[Prediction]:
    """The model's predictions; none where it has none, which is then told."""
    try:
        with st.spinner(waiting_for(run), show_time=True):
            answers: list[Prediction] = workers.answer("The prediction", partial(work.predict, run, entered), run)
    except PeopleError as error:
        parts.problem(str(error))
        return []
    return answers


def waiting_for(run: str) -> str:
    """What a question waits for now."""
    return "Asking the model." if workers.is_ready(run) else "Loading the model. Later answers come faster."


def likeness(run: str, entered: list[Any]) -> list[Near]:
    """How like the training part the items are; nothing where its backbone is not at hand."""
    try:
        with st.spinner("Comparing with the training part."):
            near: list[Near] = workers.answer("The comparison", partial(work.likeness, run, entered), run)
    except PeopleError:
        return []
    return near


def said(prediction: Prediction, unlike: bool = False) -> str:
    """A prediction in a line. unlike: the item is unlike anything in training.

    >>> said(Prediction(input="a", label="cat", probability=0.6, sure=False, likely=("cat", "dog")))
    'Not sure: cat and dog are likely'
    """
    if prediction.problem:
        return prediction.problem
    if prediction.labels is not None:
        return str(prediction.label)
    return doubt(prediction, unlike) or f"{prediction.label}, {wording.chance(prediction.probability or 0.0)}"


def doubt(prediction: Prediction, unlike: bool) -> str:
    """That a model with a threshold is not sure, and what is likely; "" where it is sure or has none."""
    if prediction.sure is None or (prediction.sure and not unlike):
        return ""
    if prediction.sure:
        return "Not sure: it is unlike anything in training"
    verb = "is" if len(prediction.likely) == 1 else "are"
    return f"Not sure: {wording.listed(prediction.likely)} {verb} likely"


def answer(prediction: Prediction, label: str | None, unlike: bool = False) -> None:
    """The label with its probability or what is likely, the bars, and the truth when it is known."""
    if prediction.problem:
        parts.problem(prediction.problem)
        return
    if prediction.labels is not None:
        answer_labels(prediction, label)
        return
    given = f"{prediction.label}, with probability {wording.chance(prediction.probability or 0.0)}"
    right = label == prediction.label
    if unsure := doubt(prediction, unlike):
        parts.answer_line(f"{unsure}.{'' if label is None else f' It is {label}.'}")
        parts.note(f"Its best guess is {given}.")
    else:
        mark = "" if label is None else "✓ " if right else "✗ "
        truth = "" if label is None else " That is right." if right else f" It is {label}."
        parts.answer_line(f"{mark}{given}.{truth}")
    if prediction.note:
        parts.note(prediction.note)
    if prediction.probabilities:
        figure = charts.probabilities(prediction.probabilities)
        alt = alts.probabilities(prediction.probabilities)
        st.plotly_chart(figure, config=charts.CONFIG, key="probabilities", alt=alt)


def answer_labels(prediction: Prediction, truth: str | None) -> None:
    """The labels that are given, the bars of all, and the truth when it is known."""
    mark = "" if truth is None else "✓ " if truth == prediction.label else "✗ "
    known = "" if truth is None else " That is right." if truth == prediction.label else f" It has: {truth}."
    parts.answer_line(f"{mark}{capital(str(prediction.label))}.{known}")
    if prediction.note:
        parts.note(prediction.note)
    figure = label_sets.shares(prediction.probabilities, prediction.labels or ())
    st.plotly_chart(figure, config=charts.CONFIG, key="probabilities", alt=alts.probabilities(prediction.probabilities))
    parts.note("Each label has a probability of its own; those in colour reach the threshold of their label.")


def explained(
    run: str, plan: Plan, item: Any, prediction: Prediction, dataset: Dataset | None, near: list[Near]
) -> None:
    """Why an item got its label: what in it decided, and what is most like it in the training part."""
    if prediction.problem:
        return
    why.draw(run, plan, item)
    if near and dataset is not None:
        alike(near[0], dataset, plan)
    elif dataset is not None:
        parts.note(f"What is most like it in training is not known: {plan.backbone} is not on this machine.")


def warned(near: Near) -> None:
    """That an item is unlike the training part, and by what; nothing where it is like it."""
    if near.is_unlike:
        st.warning(
            f"Unlike anything in training, so the probability means little. It is farther from its nearest training "
            f"item than {wording.percent(near.further_than, 0)} of the training items are from theirs.",
            icon=":material/help:",
        )


def alike(near: Near, dataset: Dataset, plan: Plan | None = None) -> None:
    """What is most like an item in the training part; plan: of the model."""
    with st.expander("Most like it in the training part", icon=":material/image_search:"):
        captions = [dataset.label_words(row) for row in near.places]
        items.view_of(dataset.kind).grid(dataset, list(near.places), captions, key="alike")
        if plan is not None:
            apart = ", which this model was trained without" if plan.rung == "scratch" else ""
            parts.note(f"Compared by the features of {plan.backbone}{apart}.")


def why_one(
    run: str, plan: Plan, item: Any, prediction: Prediction, dataset: Dataset | None, near: Near | None
) -> None:
    """What decided for one of several items, beside the training items most like it."""
    with st.container(border=True):
        parts.answer_line(f"Why {prediction.label}?")
        decided, others = st.columns(2)
        with decided:
            why.inside(run, plan, item)
        if near is not None and dataset is not None:
            with others:
                parts.note("Most like it in the training part:")
                captions = [dataset.label_words(row) for row in near.places]
                items.view_of(dataset.kind).grid(dataset, list(near.places), captions, key="alike")


def reopened(plan: Plan) -> Dataset | None:
    """The dataset the run was trained on, or None when the workspace has it no longer."""
    try:
        dataset = places.opened(plan.fingerprint[:16])
        return dataset if dataset is not None and len(dataset.items) else None
    except (PeopleError, OSError):
        return None
