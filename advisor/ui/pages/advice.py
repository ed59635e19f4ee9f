"""How much of the model should change? The questions, the answer with its ladder, and the button that does it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from advisor.advice.advise import Runs, holds, reconsider
from advisor.advice.comparison import basis
from advisor.advice.explain import is_too_early
from advisor.advice.finished import expected_before
from advisor.advice.outlook.cost import CPU_WATTS, GPU_WATTS
from advisor.advice.record.side_by_side import side_by_side, upkeep_words
from advisor.advice.wishes import checked_constraints
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Dataset, Estimate, Evidence, Goal
from advisor.runs.measured import of_dataset, runs_cut_short
from advisor.ui import (
    charts,
    climbing,
    jobs,
    needs,
    offers,
    one_click,
    parts,
    places,
    polling,
    prices,
    question_form,
    rungs_table,
    tasks,
    terms,
    waiting,
)
from advisor.ui.charts import ladder
from advisor.ui.instruments import backbones

QUESTION = "How much of the model should change?"
LOOK_SECONDS = 2.0
ALONG = {"cost": "Total cost", "time": "Training time"}


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("advise", dataset.fingerprint)
    advice = Advice.saved(dataset.files.advice)
    if st.query_params.pop("ask", None) and advice is None:
        question_form.ask(dataset, Goal(prices=prices.usual()))
    job = jobs.find(key)
    if job is not None and not job.finished:
        parts.heading(QUESTION, f"Measuring {tasks.describe(dataset)}.")
        waiting.wait(job)
        polling.every(LOOK_SECONDS, lambda: so_far(dataset))
        return
    refused = job if job is not None and job.error else None
    if advice is None:
        first(dataset, refused)
        return
    st.title(QUESTION, anchor=False)
    wanted = needs.draw(dataset, advice.question)
    runs = of_dataset(dataset.fingerprint, advice.backbone)
    is_former = False
    if wanted != advice.question or not holds(advice, runs):
        is_former = not decided_anew(dataset, advice, wanted, runs)
    if refused is not None:
        unanswered(refused)
    result(dataset, advice, wanted, refused, is_former or bool(needs.lacking()))


def so_far(dataset: Dataset) -> None:
    """The answer that follows from what is measured already; nothing before there is one."""
    advice = Advice.saved(dataset.files.advice_so_far)
    if advice is None:
        return
    parts.answer_line(f"So far: {advice.headline}")
    st.html(rungs_table.table(advice))
    parts.note("It is settled when the measurement ends.")


def first(dataset: Dataset, refused: jobs.Job | None) -> None:
    """Nothing is measured yet: the questions, and the button that answers them."""
    parts.heading(QUESTION, f"Nothing measured yet on {tasks.describe(dataset)}. It takes about a minute.")
    asked = refused.asked if refused is not None else Goal(prices=prices.usual())
    wanted = needs.draw(dataset, asked)
    if lack := needs.lacking():
        parts.note(lack)
    if refused is not None:
        waiting.wait(refused)
    elif st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
        question_form.ask(dataset, wanted)
        st.rerun()
    question_form.draw(dataset, asked, wanted)


def decided_anew(dataset: Dataset, advice: Advice, wanted: Goal, runs: Runs) -> bool:
    """Decide for another goal, or after a run, and draw the page anew; a goal without an answer is refused.

    Returns whether the advice is an answer to what is asked now.
    """
    why = ""
    try:
        checked_constraints(wanted.constraints, wanted.backbone)
        reconsider(dataset, advice, wanted, runs)
    except PeopleError as error:
        why = str(error)
    if not why:
        st.rerun()
    if wanted == advice.question:
        return True  # the words of a former version, whose measurements are gone
    parts.problem(why, "There is no answer to this. Your previous answer stays below.")
    return False


def unanswered(job: jobs.Job) -> None:
    """Why the last question has no answer; the former advice stays below."""
    parts.problem(str(job.error), "Your last question has no answer. Your previous answer stays below.")
    with st.container(horizontal=True):
        if st.button("Try again", key="ask-same", icon=":material/refresh:"):
            jobs.again(job)
            st.rerun()
        if st.button("Drop the question", key="ask-drop", icon=":material/close:"):
            jobs.forget(job.key)
            st.rerun()


def result(
    dataset: Dataset, advice: Advice, wanted: Goal, refused: jobs.Job | None = None, is_former: bool = False
) -> None:
    """The answer, its ladder and the button on one screen; then why, the climb, and everything else folded.

    ``wanted``: the goal as the questions stand. ``refused``: a later question that has no answer; the form shows it.
    ``is_former``: the advice answers an earlier question than the one that stands above.
    """
    if found := before(dataset):
        parts.answer_line(found)
    if lack := needs.lacking():
        parts.answer_line(lack)
    (parts.former_answer if is_former else parts.answer_line)(advice.headline)
    table_of_rungs = rungs_table.table(advice)
    st.html(parts.faded(table_of_rungs) if is_former else table_of_rungs)
    one_click.draw(dataset, advice)
    climbing.last(dataset)
    for sentence in (
        *known_since(dataset, advice),
        *in_part(dataset, advice),
        *advice.sentences,
        *cut_short(dataset, advice),
        *parents_runs(dataset),
    ):
        parts.text(sentence)
    backbones.line(advice)
    climbing.offer(dataset, advice)
    parts.section("Why each rung is taken or not")
    for estimate in advice.estimates:
        rung(estimate, advice)
    what_if(advice)
    parts.fold("The ladder as a picture", "stairs", partial(picture, advice))
    parts.fold("All numbers", "table", partial(numbers, advice))
    offers.exchange(dataset, advice)
    parts.fold("Save the decision", "save", partial(offers.record, dataset, advice))
    asked = advice.question if refused is None else refused.asked
    again = partial(question_form.draw, dataset, asked, wanted)
    parts.fold("Measure anew", "science", again, has_news=refused is not None)
    parts.note(f"{tasks.describe(dataset)}. Took {wording.duration(advice.seconds)}, with loading and forecasts.")


def known_since(dataset: Dataset, advice: Advice) -> tuple[str, ...]:
    """What runs measured beside what was expected when each started, a sentence; nothing without runs."""
    promised = {run.run: run.promised for run in of_dataset(dataset.fingerprint, advice.backbone).values()}
    told = [
        f"{row_of(e.rung).in_text} {wording.percent(e.value or 0.0)} "
        f"({wording.percent(promised.get(e.run) or expected_before(e.before))} was expected when it started)"
        for e in advice.estimates
        if e.run and e.before is not None and e.kept is None
    ]
    return (f"Measured so far: {wording.listed(told)}. The other forecasts follow.",) if told else ()


def in_part(dataset: Dataset, advice: Advice) -> tuple[str, ...]:
    """Which of the measured rungs learned from a part of the items only, since their run was short, a sentence each."""
    runs = of_dataset(dataset.fingerprint, advice.backbone)
    measured = [e.rung for e in advice.estimates if e.run and e.kept is None and e.rung in runs]
    return tuple(
        f"The run of {row_of(name).in_text} was short. {runs[name].partial}" for name in measured if runs[name].partial
    )


def cut_short(dataset: Dataset, advice: Advice) -> tuple[str, ...]:
    """Why runs went back to the simpler model before they had tried theirs, a sentence each."""
    return tuple(
        f"A run of {row_of(rung).in_text} in {wording.duration(ended.budget_seconds)} went back to "
        f"{row_of(ended.kept).in_text}: {ended.why}."
        for rung, ended in runs_cut_short(dataset.fingerprint, advice.backbone).items()
    )


def parents_runs(dataset: Dataset) -> tuple[str, ...]:
    """What runs of the dataset that a version was made from reached, a sentence; nothing without any."""
    if dataset.version is None or (former := places.opened(dataset.version.parent)) is None:
        return ()
    runs = of_dataset(former.fingerprint)
    own = [f"{row_of(name).in_text} {wording.percent(runs[name].test.value)}" for name in runs if not runs[name].tried]
    said = f"Before your changes, runs on {former.name} reached: {wording.listed(own)}, judged by the former labels."
    return (said,) if own else ()


def before(dataset: Dataset) -> str:
    """What was found that hangs on no rung; "" for nothing."""
    evidence = Evidence.saved(dataset.files.evidence) if tasks.view_of(dataset.kind).TRY_FIRST else None
    return tasks.view_of(dataset.kind).before_advice(evidence) if evidence is not None else ""


def picture(advice: Advice) -> None:
    """The ladder, along costs or along training time."""
    across: Any = "time"
    if ladder.priced(advice):
        chosen = st.segmented_control(
            "Along", list(ALONG), default="cost", key="along", format_func=ALONG.__getitem__,
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        across = chosen or "cost"
    st.plotly_chart(ladder.ladder(advice, across), config=charts.CONFIG, key="ladder", alt=advice.headline)
    hollow = " Hollow ones are blocked." if any(e.blocked for e in advice.estimates) else ""
    sources = "Circles come from the probes or a run, squares from other datasets."
    parts.note(f"Bars are 90 % prediction intervals. {sources}{hollow}")


def numbers(advice: Advice) -> None:
    """Every quantity of every rung, the prices behind it, and what it rests on."""
    table(advice)
    rests_on(advice)


def table(advice: Advice) -> None:
    """Every quantity of every rung, and the prices behind it."""
    sheet = side_by_side(advice)
    parts.written(pd.DataFrame(sheet.rows, columns=list(sheet.headings)), "Value and effort of every rung")
    costs = advice.question.prices
    over = f"Costs over {wording.counted(costs.months, 'month')}. " if any(e.costs for e in advice.estimates) else ""
    parts.note(f"{over}Assumed power: CPU {CPU_WATTS:g} W, GPU {GPU_WATTS:g} W.")
    if said := upkeep_words(advice):
        parts.note(said)


def rung(estimate: Estimate, advice: Advice) -> None:
    """One rung and why it is chosen or not, in a line."""
    left, right = st.columns([2.4, 7.6], gap="small")
    with left.container(horizontal=True, gap="xsmall"):
        st.markdown(f"**{terms.title(estimate.rung)}**", help=terms.changes(estimate.rung), width="content")
        badge(estimate, advice)
    with right:
        parts.text(" ".join(filter(None, dict.fromkeys((estimate.blocked, estimate.reason)))))


def rests_on(advice: Advice) -> None:
    """What the number of each rung rests on."""
    for estimate in advice.estimates:
        if estimate.details:
            parts.note(f"{terms.title(estimate.rung)}. {known_by(estimate)}{estimate.details}")


def known_by(estimate: Estimate) -> str:
    """How the value of a rung is known, a sentence with a space after it; "" without one or where details say it."""
    if estimate.value is None or estimate.provenance is None or estimate.kept is not None:
        return ""
    return f"{wording.capital(basis(estimate))}, n = {wording.count(estimate.n)}. "


def badge(estimate: Estimate, advice: Advice) -> None:
    """Whether a rung is recommended, the runner-up, or blocked."""
    if estimate.rung == advice.recommended:
        if is_too_early(advice):
            st.badge("leading so far", color="gray")
        else:
            st.badge("recommended", color="green", icon=":material/check:")
    elif estimate.rung == advice.runner_up:
        st.badge("runner-up", color="gray")
    elif estimate.blocked:
        st.badge("blocked", color="orange", icon=":material/block:")


def what_if(advice: Advice) -> None:
    """The changes that change the recommendation."""
    if advice.flips:
        parts.fold("What would change this", "alt_route", partial(flips, advice))


def flips(advice: Advice) -> None:
    """Each change in a sentence."""
    for flip in advice.flips:
        parts.text(flip.sentence)


if __name__ == "__main__":
    draw()
