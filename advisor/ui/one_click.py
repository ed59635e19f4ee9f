"""The one click on the Advice page: train the recommended rung or another, open what is trained, or measure longer."""

from __future__ import annotations

import streamlit as st

from advisor import api
from advisor.advice.budgets import overrun, seconds_of_test, too_short, usual
from advisor.advice.explain import is_too_early
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset, Estimate
from advisor.ui import jobs, needs, parts, places, question_form, terms

TRAINING = (60.0, 300.0, 900.0, 3600.0, 14400.0)


def draw(dataset: Dataset, advice: Advice) -> None:
    """The one click: train the recommended rung, or another one, within a budget; a trained one is opened."""
    possible = [e.rung for e in advice.estimates if e.available]
    if advice.recommended not in possible:
        return
    key = f"rung-{advice.recommended}"
    done = advice.estimate(st.session_state.get(key, advice.recommended)).run
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        if is_too_early(advice):
            measure_longer(dataset, advice)
        settled = not is_too_early(advice) and not needs.lacking()
        if done and st.button(
            "Open its run", key="open-run", type="primary" if settled else "secondary", icon=":material/play_circle:"
        ):
            places.go("run", run=done)
        pressed = st.button(
            "Train again" if done else "Train this", key="train", icon=":material/play_arrow:",
            type="primary" if settled and not done else "secondary",
        )  # fmt: skip
        rung = st.selectbox(
            "Rung",
            possible,
            index=possible.index(advice.recommended),
            key=key,
            format_func=lambda name: terms.title(name) + mark(advice.estimate(name), advice),
        )
        first = TRAINING.index(usual(advice.estimate(rung), TRAINING, seconds_of_test(advice.estimate(rung), dataset)))
        budget = st.selectbox(
            "Time for the run, about", TRAINING, index=first, key=f"budget-{rung}-{first}", format_func=wording.duration
        )
    for said in (too_short(advice.estimate(rung), budget, TRAINING), overrun(advice.estimate(rung), dataset, budget)):
        if said:
            parts.note(said)
    if not pressed:
        return
    try:
        with st.spinner("Writing the plan."):
            run = api.start(api.plan(dataset, rung=rung, budget=budget, advice=advice))
    except PeopleError as error:
        parts.problem(str(error))
    else:
        places.go("run", run=run)


def measure_longer(dataset: Dataset, advice: Advice) -> None:
    """The button that measures anew with the next longer time; none where there is none longer."""
    asked = advice.question
    longer = next((seconds for seconds in question_form.BUDGETS if seconds > asked.budget_seconds), None)
    if longer is None:
        return
    time = wording.duration(longer)
    if st.button(f"Measure longer ({time})", key="longer", type="primary", icon=":material/science:"):
        jobs.forget(jobs.key_of("advise", dataset.fingerprint))
        question_form.ask(dataset, asked.model_copy(update={"budget_seconds": float(longer)}))
        st.rerun()


def mark(estimate: Estimate, advice: Advice) -> str:
    """What follows a rung's title in the list to choose from: that it is recommended, blocked or measured."""
    if estimate.rung == advice.recommended:
        return " (leading so far)" if is_too_early(advice) else " (recommended)"
    return " (blocked)" if estimate.blocked else " (measured)" if estimate.run else ""
