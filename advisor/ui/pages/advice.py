"""How much of the model should change? The advice, the ladder as one picture, and the button that does it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from advisor import api
from advisor.advice.outlook.cost import CPU_WATTS, GPU_WATTS
from advisor.advice.record.side_by_side import side_by_side
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset, Estimate, Goal
from advisor.core.wording import money
from advisor.ui import charts, jobs, offers, parts, places, question_form, tasks, terms
from advisor.ui.charts import ladder

QUESTION = "How much of the model should change?"
TRAINING = (60, 300, 900, 3600, 14400)
ALONG = {"cost": "Total cost", "time": "Training time"}


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("advise", dataset.fingerprint)
    advice = Advice.saved(dataset.files.advice)
    if st.query_params.pop("ask", None) and advice is None:
        question_form.ask(dataset, Goal())
    job = jobs.find(key)
    if job is not None and not job.finished:
        parts.heading(QUESTION, f"Measuring {tasks.describe(dataset)}.")
        parts.wait(job)
        return
    refused = job if job is not None and job.error else None
    if advice is None:
        parts.heading(QUESTION, f"Nothing measured yet on {tasks.describe(dataset)}. It takes about a minute.")
        if refused is not None:
            parts.wait(refused)
        elif st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
            question_form.ask(dataset, Goal())
            st.rerun()
        question_form.draw(dataset, refused.asked if refused is not None else Goal(), refused is not None)
        return
    parts.heading(QUESTION, advice.headline)
    if refused is not None:
        unanswered(refused)
    result(dataset, advice, refused)


def unanswered(job: jobs.Job) -> None:
    """Why the last question has no answer; the former advice stays below."""
    parts.problem(str(job.error), "Your last question has no answer. The former advice stays.")
    with st.container(horizontal=True):
        if st.button("Try again", key="ask-same", icon=":material/refresh:"):
            jobs.again(job)
            st.rerun()
        if st.button("Drop the question", key="ask-drop", icon=":material/close:"):
            jobs.forget(job.key)
            st.rerun()


def result(dataset: Dataset, advice: Advice, refused: jobs.Job | None = None) -> None:
    """The picture, the button, the five rungs, what would change the choice, the record, and the question itself.

    ``refused``: a later question that has no answer; the form shows it, to be changed.
    """
    picture(advice)
    train(dataset, advice)
    offers.race(dataset, advice)
    if advice.sentences:
        parts.section("Why")
        st.text(" ".join(advice.sentences))
    parts.section("The five rungs")
    table(advice)
    for estimate in advice.estimates:
        rung(estimate, advice)
    what_if(advice)
    offers.exchange(dataset, advice)
    offers.record(dataset, advice)
    parts.section("Change the question")
    asked = advice.question if refused is None else refused.asked
    question_form.draw(dataset, asked, refused is not None)
    parts.note(f"{tasks.describe(dataset)}. Took {wording.duration(advice.seconds)}.")


def picture(advice: Advice) -> None:
    """The ladder, along costs or along training time."""
    across: Any = "time"
    if ladder.priced(advice):
        chosen = st.segmented_control(
            "Along", list(ALONG), default="cost", key="along", format_func=ALONG.__getitem__,
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        across = chosen or "cost"
    alt = f"{advice.metric} against {across}; {terms.title(advice.recommended)} is recommended"
    st.plotly_chart(ladder.ladder(advice, across), config=charts.CONFIG, key="ladder", alt=alt)
    hollow = " Hollow ones are blocked." if any(e.blocked for e in advice.estimates) else ""
    parts.note(f"Bars are 90 % prediction intervals. Circles were measured, squares predicted.{hollow}")


def train(dataset: Dataset, advice: Advice) -> None:
    """The one click: train the recommended rung, or another one, within a budget."""
    possible = [e.rung for e in advice.estimates if e.available]
    if advice.recommended not in possible:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        pressed = st.button("Train this", key="train", type="primary", icon=":material/play_arrow:")
        rung = st.selectbox(
            "Rung",
            possible,
            index=possible.index(advice.recommended),
            key=f"rung-{advice.recommended}",
            format_func=lambda name: terms.title(name) + mark(advice.estimate(name), advice),
        )
        budget = st.selectbox("Training time, at most", TRAINING, index=1, key="budget", format_func=wording.duration)
    if not pressed:
        return
    try:
        with st.spinner("Writing the plan."):
            run = api.start(api.plan(dataset, rung=rung, budget=float(budget), advice=advice))
    except PeopleError as error:
        parts.problem(str(error))
    else:
        places.go("run", run=run)


def mark(estimate: Estimate, advice: Advice) -> str:
    """What follows a rung's title in the list to choose from: that it is recommended, or blocked."""
    if estimate.rung == advice.recommended:
        return " (recommended)"
    return " (blocked)" if estimate.blocked else ""


def table(advice: Advice) -> None:
    """Every quantity of every rung, and the prices behind it."""
    sheet = side_by_side(advice)
    st.dataframe(
        pd.DataFrame(sheet.rows, columns=list(sheet.headings)), hide_index=True, height="content",
        alt="Value, effort, costs and utility of every rung",
        column_config={sheet.headings[0]: st.column_config.TextColumn(pinned=True, width=170)},
    )  # fmt: skip
    prices = advice.question.prices
    parts.note(
        f"Costs over {wording.counted(prices.months, 'month')} with {wording.count(prices.predictions_per_month)} "
        f"predictions a month, {terms.at_prices(prices)}, in your own currency. Utility: {money(prices.point)} a point "
        f"of {advice.metric}, less the costs. Assumed power: CPU {CPU_WATTS:g} W, GPU {GPU_WATTS:g} W."
    )


def rung(estimate: Estimate, advice: Advice) -> None:
    """One rung: its value, how that is known, its training time, and why it is chosen or not."""
    with st.container(border=True):
        left, middle, right = st.columns([2.2, 2.8, 5], gap="small")
        with left.container(gap="xsmall"):
            st.markdown(f"**{terms.title(estimate.rung)}**")
            parts.note(terms.changes(estimate.rung))
            badge(estimate, advice)
        with middle.container(gap="xsmall"):
            figures(estimate)
        with right.container(gap="xsmall"):
            for sentence in filter(None, dict.fromkeys((estimate.blocked, estimate.reason))):
                st.text(sentence)
            if estimate.details:
                parts.note(estimate.details)


def badge(estimate: Estimate, advice: Advice) -> None:
    """Whether a rung is recommended, the runner-up, or blocked."""
    if estimate.rung == advice.recommended:
        st.badge("recommended", color="green", icon=":material/check:")
    elif estimate.rung == advice.runner_up:
        st.badge("runner-up", color="gray")
    elif estimate.blocked:
        st.badge("blocked", color="orange", icon=":material/block:")


def figures(estimate: Estimate) -> None:
    """The value of a rung with its interval, n, provenance and training time, or that there is none."""
    if not estimate.available or estimate.value is None:
        parts.note("no number")
        return
    low, high = estimate.low, estimate.high
    interval = f" ({wording.between(low, high)})" if low is not None and high is not None else ""
    st.markdown(f"**{wording.percent(estimate.value)}**{interval}")
    seconds = estimate.train_seconds
    time = f"ready in {wording.duration(seconds)}" if seconds else "no training"
    parts.note(f"{estimate.provenance}, n = {wording.count(estimate.n)}, {time}")


def what_if(advice: Advice) -> None:
    """The nearest changes that change the recommendation."""
    if advice.flips:
        parts.section("What would change the recommendation")
        with st.container(gap="xsmall"):
            for what_if in advice.flips:
                st.text(what_if.sentence)


if __name__ == "__main__":
    draw()
