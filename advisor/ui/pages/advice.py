"""How much of the model should change? The advice, the ladder as one picture, and the button that does it."""

from __future__ import annotations

import streamlit as st

from advisor import line
from advisor.errors import PeopleError
from advisor.ladder import RUNG_NAMES, RungName
from advisor.records import Advice, Dataset, Estimate, Question
from advisor.ui import charts, jobs, language, parts, places, words

QUESTION = "How much of the model should change?"
BUDGETS = (20, 60, 180, 600, 1800)
TRAINING = (60, 300, 900, 3600, 14400)


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("advise", dataset.fingerprint)
    advice = line.saved_advice(dataset)
    if st.query_params.pop("ask", None) and advice is None:
        ask(dataset, Question())
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.heading(QUESTION, f"Measuring {parts.describe(dataset)}.")
        parts.wait(job)
        if job.error:
            controls(dataset, Question())
        return
    if advice is None:
        parts.heading(QUESTION, f"Not measured yet on {parts.describe(dataset)}. It takes about a minute.")
        if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
            ask(dataset, Question())
            st.rerun()
        controls(dataset, Question())
        return
    parts.heading(QUESTION, advice.headline)
    result(dataset, advice)


def ask(dataset: Dataset, question: Question) -> None:
    """Start measuring for a question."""
    jobs.start(
        jobs.key_of("advise", dataset.fingerprint),
        "The advice",
        lambda tell: line.advise(
            dataset,
            target=question.target,
            budget=question.budget_seconds,
            rungs=question.rungs,
            backbone=question.backbone,
            progress=tell,
        ),
    )


def result(dataset: Dataset, advice: Advice) -> None:
    """The picture, the button, the five rungs, what would flip it, and the question itself."""
    alt = f"{advice.metric} against training time; {words.title(advice.recommended)} is recommended"
    st.plotly_chart(charts.ladder(advice), config=charts.CONFIG, key="ladder", alt=alt)
    parts.note("Bars are 90 % prediction intervals. Circles were measured, diamonds piloted, squares predicted.")
    train(dataset, advice)
    if advice.sentences:
        parts.section("Why")
        st.text(" ".join(advice.sentences))
    parts.section("The five rungs")
    for estimate in advice.estimates:
        rung(estimate, advice)
    if advice.flips:
        parts.section("What would flip it")
        with st.container(gap="xsmall"):
            for sentence in advice.flips:
                st.text(sentence)
    parts.section("Ask differently")
    controls(dataset, advice.question)
    parts.note(f"{parts.describe(dataset)}. Answered in {words.duration(advice.seconds)}.")


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
            format_func=lambda name: words.title(name) + (" (recommended)" if name == advice.recommended else ""),
        )
        budget = st.selectbox("Training time, at most", TRAINING, index=1, key="budget", format_func=words.duration)
    if not pressed:
        return
    try:
        with st.spinner("Writing the plan."):
            run = line.start(line.plan(dataset, rung=rung, budget=float(budget), advice=advice))
    except PeopleError as error:
        parts.problem(str(error))
    else:
        places.go("run", run=run)


def rung(estimate: Estimate, advice: Advice) -> None:
    """One rung: what it would reach, how that is known, what it costs, and why it is chosen or not."""
    chosen = estimate.rung == advice.recommended
    with st.container(border=True):
        left, middle, right = st.columns([2.2, 2.8, 5], gap="small")
        with left.container(gap="xsmall"):
            st.markdown(f"**{words.title(estimate.rung)}**")
            parts.note(words.changes(estimate.rung))
            if chosen:
                st.badge("recommended", color="green", icon=":material/check:")
            elif estimate.rung == advice.runner_up:
                st.badge("runner-up", color="gray")
        with middle.container(gap="xsmall"):
            figures(estimate)
        with right.container(gap="xsmall"):
            st.text(estimate.reason)
            if estimate.details:
                parts.note(estimate.details)


def figures(estimate: Estimate) -> None:
    """The number of a rung with its interval, n, provenance and training time, or that there is none."""
    if not estimate.available or estimate.value is None:
        parts.note("no number")
        return
    low, high = estimate.low, estimate.high
    interval = f" ({words.between(low, high)})" if low is not None and high is not None else ""
    st.markdown(f"**{words.percent(estimate.value)}**{interval}")
    seconds = estimate.train_seconds
    time = f"ready in {words.duration(seconds)}" if seconds else "no training"
    parts.note(f"{estimate.provenance}, n = {words.count(estimate.n)}, {time}")


def controls(dataset: Dataset, question: Question) -> None:
    """Target, time for measuring, and the allowed rungs; the button asks again."""
    budgets = sorted({*BUDGETS, round(question.budget_seconds)})
    with st.form("question"):
        left, right = st.columns(2)
        target = left.number_input(
            "Target in per cent",
            min_value=0.1,
            max_value=100.0,
            value=100 * question.target if question.target else None,
            step=0.5,
            placeholder="no target",
            help="With a target the cheapest rung that surely reaches it is chosen, else the cheapest near the best.",
        )
        seconds = right.select_slider(
            "Time for measuring", budgets, value=round(question.budget_seconds), format_func=words.duration
        )
        rungs = st.pills(
            "Allowed rungs", RUNG_NAMES, selection_mode="multi", default=question.rungs, format_func=words.title
        )
        model = question.backbone
        if dataset.kind == "qa":
            model = language.choose("advice", question.backbone)
        if st.form_submit_button("Ask again", key="ask-again", icon=":material/refresh:"):
            again(dataset, target, float(seconds), list(rungs), model)


def again(
    dataset: Dataset, target: float | None, seconds: float, rungs: list[RungName], backbone: str | None = None
) -> None:
    """Ask with other wishes; a wish that cannot be met is told at once."""
    try:
        question = Question(
            target=line.checked_target(target / 100 if target is not None else None),
            budget_seconds=line.checked_budget(seconds),
            rungs=line.checked_rungs(rungs),
            backbone=backbone,
        )
    except PeopleError as error:
        parts.problem(str(error))
        return
    jobs.forget(jobs.key_of("advise", dataset.fingerprint))
    ask(dataset, question)
    st.rerun()


if __name__ == "__main__":
    draw()
