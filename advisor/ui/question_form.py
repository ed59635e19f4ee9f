"""The question as a form: target, time, rungs, and in an expander what things are worth and what must hold."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import streamlit as st

from advisor import api
from advisor.advice.wishes import checked_budget, checked_constraints, checked_rungs, checked_target
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Constraints, Dataset, Prices, Question
from advisor.ui import jobs, language, parts, terms

BUDGETS = (20, 60, 180, 600, 1800)
#: Of each price: what it is called, its help, its step.
PRICES: dict[str, tuple[str, str, float]] = {
    "point": ("One point more", "What one percentage point of the metric is worth over the whole time of use.", 10.0),
    "rung": ("One rung up", "Upkeep of each step up the ladder: weights of your own to keep, watch, retrain.", 10.0),
    "label": ("One label", "What one more labelled item costs.", 0.05),
    "hour": ("One hour of this machine", "While it trains or predicts, without electricity.", 0.5),
    "kwh": ("One kilowatt-hour", "Electricity.", 0.05),
    "token": ("A million tokens", "Of a language model behind an endpoint.", 0.5),
    "predictions_per_month": ("Predictions a month", "How many answers the model gives.", 1000),
    "months": ("Months of use", "How long the model is used before it is replaced.", 1),
}
#: Of each thing that must hold: what it is called and what follows from it.
MUSTS: dict[str, tuple[str, str]] = {
    "weights_fixed": ("No weight may change", "Leaves prompting, retrieval and a head on frozen features."),
    "knowledge_changes": ("Knowledge changes daily", "Answers must be looked up, so only retrieval is left."),
    "local_only": ("No data may leave this machine", "Rules out language models behind an endpoint."),
    "no_gpu": ("It must run without a GPU", "Training and prediction are planned for the processor."),
}


def ask(dataset: Dataset, question: Question) -> None:
    """Start measuring for a question."""
    jobs.start(
        jobs.key_of("advise", dataset.fingerprint),
        "The advice",
        lambda tell: api.advise(
            dataset,
            target=question.target,
            budget=question.budget_seconds,
            rungs=question.rungs,
            backbone=question.backbone,
            prices=question.prices,
            constraints=question.constraints,
            progress=tell,
        ),
        asked=question,
    )


def draw(dataset: Dataset, question: Question, refused: bool = False) -> None:
    """Target, time for measuring, allowed rungs, prices and constraints; the button asks again.

    ``refused``: the question had no answer, so that what must hold is open to be changed.
    """
    _fill(dataset, question)
    budgets = sorted({*BUDGETS, round(question.budget_seconds)})
    with st.form("question"):
        left, right = st.columns(2)
        target = left.number_input(
            "Target in per cent",
            min_value=0.1,
            max_value=100.0,
            value=None,
            step=0.5,
            key="target",
            placeholder="no target",
            help="With a target the cheapest rung that reaches it with at least 80 % chance is chosen, "
            "else the one worth most at your prices.",
        )
        seconds = right.select_slider(
            "Time for measuring", budgets, value=round(question.budget_seconds), format_func=wording.duration
        )
        rungs = st.pills(
            "Allowed rungs", RUNG_NAMES, selection_mode="multi", default=question.rungs, format_func=terms.title
        )
        model = language.choose("advice", question.backbone) if dataset.kind == "qa" else question.backbone
        with st.expander("Prices and constraints", icon=":material/tune:", expanded=refused):
            prices = _prices()
            constraints = _constraints()
        if st.form_submit_button("Ask again", key="ask-again", icon=":material/refresh:"):
            _again(dataset, {"target": target, "budget": float(seconds), "rungs": list(rungs), "backbone": model,
                             "prices": prices, "constraints": constraints})  # fmt: skip


def _fill(dataset: Dataset, question: Question) -> None:
    """Put a question into the fields when the form begins to show it.

    Through the session and not as defaults: Streamlit puts a default back whenever its field is emptied.
    """
    shown = sha256(f"{dataset.fingerprint} {question.model_dump_json()}".encode()).hexdigest()
    other = st.session_state.get("question-shown") != shown
    for key, value in _fields(question).items():
        if other or key not in st.session_state:
            st.session_state[key] = value
    st.session_state["question-shown"] = shown


def _fields(question: Question) -> dict[str, Any]:
    """What the fields hold that can be emptied or ticked, by their keys."""
    musts, deadline = question.constraints, question.constraints.deadline_seconds
    return {
        "target": round(100 * question.target, 6) if question.target else None,
        **{f"price-{name}": getattr(question.prices, name) for name in PRICES},
        **{f"must-{name}": getattr(musts, name) for name in MUSTS},
        "latency": musts.latency_ms,
        "deadline": deadline / 60 if deadline else None,
    }


def _prices() -> Prices:
    """What things are worth; a field left empty takes its default."""
    parts.note("Amounts are in one currency of your own. They decide which rung is worth most.")
    given: dict[str, float | int | None] = {}
    names = list(PRICES)
    for names_in_row in (names[:4], names[4:]):
        for column, name in zip(st.columns(4), names_in_row, strict=True):
            title, help_text, step = PRICES[name]
            whole = isinstance(getattr(Prices(), name), int)
            given[name] = column.number_input(
                title, min_value=int(name == "months") if whole else 0.0, value=None, step=step,
                help=help_text, key=f"price-{name}", format=None if whole else "%.2f",
            )  # fmt: skip
    return Prices(**{name: amount for name, amount in given.items() if amount is not None})  # type: ignore[arg-type]


def _constraints() -> Constraints:
    """What must hold whatever it costs."""
    given: dict[str, Any] = {}
    with st.grid(2, min_column_width=260, gap="small"):
        for name, (title, help_text) in MUSTS.items():
            given[name] = st.checkbox(title, help=help_text, key=f"must-{name}")
    left, right = st.columns(2)
    given["latency_ms"] = left.number_input(
        "One prediction takes at most, in ms", min_value=0.01, value=None, step=10.0, key="latency",
        placeholder="no limit",
    )  # fmt: skip
    minutes = right.number_input(
        "Training takes at most, in minutes", min_value=0.01, value=None, step=5.0, key="deadline",
        placeholder="no limit",
    )  # fmt: skip
    return Constraints(**given, deadline_seconds=60 * minutes if minutes else None)


def _again(dataset: Dataset, wishes: dict[str, Any]) -> None:
    """Ask with other wishes; a wish that cannot be met is told at once."""
    share = wishes["target"] / 100 if wishes["target"] is not None else None
    try:
        question = Question(
            target=checked_target(share),
            budget_seconds=checked_budget(wishes["budget"]),
            rungs=checked_rungs(wishes["rungs"]),
            backbone=wishes["backbone"],
            prices=wishes["prices"],
            constraints=checked_constraints(wishes["constraints"], wishes["backbone"]),
        )
    except PeopleError as error:
        parts.problem(str(error))
        return
    jobs.forget(jobs.key_of("advise", dataset.fingerprint))
    ask(dataset, question)
    st.rerun()
