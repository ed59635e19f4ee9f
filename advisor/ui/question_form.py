"""What needs measuring anew, as a form: time for measuring, the rungs allowed, the backbone."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from advisor.advice.wishes import checked_budget, checked_constraints, checked_rungs
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Dataset, Goal
from advisor.ui import jobs, parts, tasks, terms, work

BUDGETS = (20, 60, 180, 600, 1800)


def ask(dataset: Dataset, question: Goal) -> None:
    """Start measuring for a question."""
    jobs.start(
        jobs.key_of("advise", dataset.fingerprint),
        "The advice",
        partial(work.advise, dataset, question),
        asked=question,
    )


def draw(dataset: Dataset, question: Goal, wanted: Goal) -> None:
    """Time for measuring, allowed rungs and backbone of a question; the button asks again.

    ``wanted``: the goal whose target, tolerance, prices and constraints are asked with them.
    """
    budgets = sorted({*BUDGETS, round(question.budget_seconds)})
    with st.form("question"):
        seconds = st.select_slider(
            "Time for measuring", budgets, value=round(question.budget_seconds), format_func=wording.duration
        )
        rungs = st.pills(
            "Allowed rungs", RUNG_NAMES, selection_mode="multi", default=question.rungs, format_func=terms.title
        )
        backbone = tasks.view_of(dataset.kind).choose_backbone("advice", question.backbone)
        if st.form_submit_button("Ask with these settings", key="ask-again", icon=":material/refresh:"):
            _again(dataset, wanted, {"budget": float(seconds), "rungs": list(rungs), "backbone": backbone})


def _again(dataset: Dataset, wanted: Goal, chosen: dict[str, Any]) -> None:
    """Ask with other settings; one that makes no sense is refused at once."""
    try:
        checked_constraints(wanted.constraints, chosen["backbone"])
        question = wanted.model_copy(
            update={
                "budget_seconds": checked_budget(chosen["budget"]),
                "rungs": checked_rungs(chosen["rungs"]),
                "backbone": chosen["backbone"],
            }
        )
    except PeopleError as error:
        parts.problem(str(error))
        return
    jobs.forget(jobs.key_of("advise", dataset.fingerprint))
    ask(dataset, question)
    st.rerun()
