"""A run that was stopped or has failed: its cause, what it has kept and how to use that, its curves and its log."""

from __future__ import annotations

import streamlit as st

from advisor.core import storage, wording
from advisor.core.errors import PeopleError
from advisor.core.records import Plan, RunStatus
from advisor.runs import ended
from advisor.ui import climbing, live, parts, places, result, tasks


def draw(status: RunStatus) -> None:
    """The page of a run that ended without a report."""
    plan = Plan.load(status.files.plan)
    parts.heading(title(status), answer(status, plan))
    if status.cause and status.state == "failed":
        parts.problem(status.cause, "Cause")
    if status.state == "failed" and st.button("Go on", key="resume", help="From what it has kept."):
        go_on(status.run)
    climbing.draw(status.run)
    if status.files.model.is_file():
        tasks.view_of(plan.kind).try_model(status.run, plan)
        result.take_away(status, plan.kind)
    live.curves(status.run)
    live.log(status, opened=status.state == "failed")
    st.page_link(
        places.page("advice"), label="Back to the advice", icon=":material/arrow_back:", query_params=places.address()
    )


def title(status: RunStatus) -> str:
    """What became of the run, in a few words."""
    if status.state == "failed":
        return "The run failed"
    return "Stopped, with a model" if status.files.model.is_file() else "Stopped, without a model"


def answer(status: RunStatus, plan: Plan) -> str:
    """What the run has come to, a sentence or two."""
    what = f"{status.title} on {wording.short(status.dataset_name, 60)}"
    if not status.files.model.is_file():
        return f"{what} {'was stopped' if status.state == 'stopped' else 'failed'} before it had a model."
    reached, n = validation(status)
    if reached is None:
        return f"{what}: the best model so far is kept and can be used. It was not tested."
    return (
        f"{what}: the best model so far is kept and can be used. It reached {wording.percent(reached)} {plan.metric} "
        f"on {wording.counted(n, 'validation item')}; the test part was not read."
    )


def validation(status: RunStatus) -> tuple[float | None, int]:
    """The kept model's value on the validation part and its n; None where the run did not come so far."""
    try:
        values = dict(storage.read_object(status.files.outcome)).get("validation", {})
    except (PeopleError, OSError):
        return None, 0
    value = values.get("value")
    return (float(value) if isinstance(value, (int, float)) else None), int(values.get("n") or 0)


def go_on(run: str) -> None:
    """Take a failed run up again, or say why that cannot be done."""
    try:
        ended.resume(run)
    except PeopleError as error:
        parts.problem(str(error))
    else:
        st.rerun()
