"""The climb on the pages: the button on the Advice page, and on the Run page what each step cost and brought."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from advisor.advice.climb_plan import outlined
from advisor.advice.climb_words import basis, brought_words, button_words, enough, plan_sentence
from advisor.advice.climbing import candidates
from advisor.core import wording
from advisor.core.errors import AdviceError, PeopleError
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Climb, ClimbStep, Dataset
from advisor.runs import begin, climbs
from advisor.ui import parts, places, polling, terms

#: Seconds for all runs together, and for each run of a race.
BUDGETS = (60, 300, 900, 3600, 14400)
LOOK_SECONDS = 2.0


def offer(dataset: Dataset, advice: Advice) -> None:
    """The button that climbs; a race where two rungs that it leaves out are close.

    Neither where a run measured them: from then on the next rung is trained by itself. One rung alone is no climb.
    """
    try:
        plan = outlined(advice, dataset.name, BUDGETS[1])
    except AdviceError:  # no rung that trains may be used
        plan = None
    measured = {e.rung for e in advice.estimates if e.run}
    if plan is not None and len(candidates(plan)) > 1 and not measured & {*candidates(plan)}:
        _offer_climb(dataset, advice, plan)
    if advice.race is None or measured & {*advice.race}:
        return
    if plan is None or not {*advice.race} <= {*candidates(plan)}:
        _offer_race(dataset, advice, advice.race)


def last(dataset: Dataset) -> None:
    """What the last climb on this dataset came to, and the way to its run; nothing without one."""
    before = climbs.latest(dataset.fingerprint)
    if before is not None:
        st.text(f"Last climb: {before.sentence or plan_sentence(before)}")
        link(before)


def _offer_climb(dataset: Dataset, advice: Advice, plan: Climb) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pressed = st.button(button_words(plan), key="climb", icon=":material/stairs:")
            first = max(1, [float(budget) for budget in BUDGETS].index(enough(plan, BUDGETS)))
            budget = st.selectbox(
                "Time in all, about", BUDGETS, index=first, key="climb-budget", format_func=wording.duration
            )
        parts.note(plan_sentence(plan.model_copy(update={"budget_seconds": float(budget)})))
    if pressed:
        _begin(lambda: begin.start_climb(dataset, advice, budget=float(budget)))


def _offer_race(dataset: Dataset, advice: Advice, pair: tuple[RungName, RungName]) -> None:
    one, other = (row_of(rung).in_text for rung in pair)
    with st.container(border=True):
        st.text(
            f"{wording.capital(one)} and {other} are too close to call. A race runs both on this data and keeps the "
            f"one that does better on validation items; the test part stays locked until then."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pressed = st.button("Race the two", key="race", icon=":material/sports_score:")
            budget = st.selectbox("Time for each", BUDGETS, index=1, key="race-budget", format_func=wording.duration)
    if pressed:
        _begin(lambda: begin.start_race(dataset, advice, pair, budget=float(budget)))


def _begin(start: Callable[[], Climb]) -> None:
    """Start a climb and open its first run, or say why it cannot start."""
    try:
        with st.spinner("Writing the plans."):
            begun = start()
    except PeopleError as error:
        parts.problem(str(error))
    else:
        places.go("run", run=begun.steps[0].run)


def link(climb: Climb) -> None:
    """The way to the run that a climb is at, or to the one that it has kept."""
    run = climb.current.run if climb.current is not None else climb.kept
    if run is None:
        return
    label = "Open the run under way" if climb.current is not None else "Open the kept run"
    address = {**places.address(), "run": run}
    st.page_link(places.page("run"), label=label, icon=":material/play_circle:", query_params=address)


def next_run(run: str) -> str | None:
    """The run that a climb went on to after this one had ended; "" where that is still to come, None without a climb.

    For a page that watches: it follows the climb.
    """
    climb = climbs.of_run(run)
    if climb is None or climb.state != "running":
        return None
    return climb.current.run if climb.current is not None and climb.current.run != run else ""


def draw(run: str) -> None:
    """The climb that a run is a step of, drawn again until it has ended; nothing for a run of no climb."""
    climb = climbs.of_run(run)
    if climb is None or (climb.every and len(climb.rungs) == 1):
        return
    if climb.state == "running":
        polling.every(LOOK_SECONDS, lambda: _live(run))
    else:
        _steps(climb, run)


def _live(run: str) -> None:
    climb = climbs.of_run(run)
    if climb is None or climb.state != "running":
        st.rerun()
    _steps(climb, run)


def _steps(climb: Climb, run: str) -> None:
    """What each step cost and brought, how the climb stands, and the way to another of its runs."""
    parts.section("The race" if climb.every else "The climb")
    frame = pd.DataFrame([_row(climb, step) for step in climb.steps])
    st.dataframe(frame, hide_index=True, height="content", alt="What each step of the climb cost and brought")
    if below := basis(climb):
        parts.note(below)
    parts.text(climb.sentence or plan_sentence(climb))
    if run != (climb.current.run if climb.current is not None else climb.kept):
        link(climb)


def _row(climb: Climb, step: ClimbStep) -> dict[str, str]:
    """A step as the cells of a table; the chance of the target only where there is one."""
    value = step.held_out
    row = {
        "Step": terms.title(step.rung),
        "Took": wording.duration(step.seconds) if step.seconds is not None else "",
        f"{wording.capital(climb.advice.metric)}, held out": wording.percent(value.value) if value else "",
        "90 % interval": wording.between(value.low, value.high) if value else "",
        "n": wording.count(value.n) if value else "",
        "Brought": brought_words(step.brought),
    }
    if climb.advice.question.target is not None:
        row["Target likely"] = wording.chance(step.p_target) if step.p_target is not None else ""
    return row | {"": state(climb, step)}


def state(climb: Climb, step: ClimbStep) -> str:
    """What became of a step."""
    if step.run == climb.kept:
        return "kept"
    if step.seconds is not None:
        return "rolled back" if step.dropped else "not kept"
    return "under way" if step is climb.current else climb.state
