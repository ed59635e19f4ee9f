"""The question as a form: target, time, rungs, and in an expander prices and constraints."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import streamlit as st

from advisor import api
from advisor.advice.wishes import checked_budget, checked_constraints, checked_rungs, checked_target
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Constraints, Dataset, Goal, Prices
from advisor.core.records.wishes import Wish, wishes_of
from advisor.ui import jobs, parts, tasks, terms

BUDGETS = (20, 60, 180, 600, 1800)


def ask(dataset: Dataset, question: Goal) -> None:
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


def draw(dataset: Dataset, question: Goal, refused: bool = False) -> None:
    """Target, time for measuring, allowed rungs, prices and constraints; the button asks again.

    ``refused``: the question had no answer, so the prices and constraints are unfolded.
    """
    _fill(dataset, question)
    budgets = sorted({*BUDGETS, round(question.budget_seconds)})
    with st.form("question"):
        left, right = st.columns(2)
        target = left.number_input(
            "Target, %",
            min_value=0.1,
            max_value=100.0,
            value=None,
            step=0.5,
            key="target",
            placeholder="no target",
            help="With a target, the cheapest rung with a chance of at least 80 % of reaching it is recommended; "
            "without one, the rung worth most at your prices. A number of at most 1 is a share: 0.9 is 90 %.",
        )
        seconds = right.select_slider(
            "Time for measuring", budgets, value=round(question.budget_seconds), format_func=wording.duration
        )
        rungs = st.pills(
            "Allowed rungs", RUNG_NAMES, selection_mode="multi", default=question.rungs, format_func=terms.title
        )
        backbone = tasks.view_of(dataset.kind).choose_backbone("advice", question.backbone)
        with st.expander("Prices and constraints", icon=":material/tune:", expanded=refused):
            prices = _prices()
            constraints = _constraints()
        if st.form_submit_button("Ask with these settings", key="ask-again", icon=":material/refresh:"):
            _again(dataset, {"target": target, "budget": float(seconds), "rungs": list(rungs), "backbone": backbone,
                             "prices": prices, "constraints": constraints})  # fmt: skip


def _fill(dataset: Dataset, question: Goal) -> None:
    """Put a question into the fields when the form begins to show it.

    Through the session and not as defaults: Streamlit puts a default back whenever its field is emptied.
    """
    shown = sha256(f"{dataset.fingerprint} {question.model_dump_json()}".encode()).hexdigest()
    other = st.session_state.get("question-shown") != shown
    for key, value in _fields(question).items():
        if other or key not in st.session_state:
            st.session_state[key] = value
    st.session_state["question-shown"] = shown


def _fields(question: Goal) -> dict[str, Any]:
    """What the fields hold that can be emptied or ticked, by their keys."""
    return {
        "target": round(100 * question.target, 6) if question.target else None,
        **{_key(wish): getattr(question.prices, wish.name) for wish in wishes_of(Prices)},
        **{_key(wish): _shown(wish, getattr(question.constraints, wish.name)) for wish in wishes_of(Constraints)},
    }


def _key(wish: Wish) -> str:
    return f"wish-{wish.name}"


def _unit(wish: Wish) -> tuple[str, float]:
    """The unit that a number is asked in, and how many of the record's own are one of it."""
    return wish.words.page_unit or (wish.words.unit, 1.0)


def _shown(wish: Wish, value: Any) -> Any:
    return value / _unit(wish)[1] if wish.type is float and value is not None else value


def _prices() -> Prices:
    """What things are worth; a field left empty takes its default."""
    parts.note("Amounts are in one currency of your own. They decide which rung is worth most.")
    amounts: dict[str, Any] = {}
    with st.grid(4, min_column_width=150, gap="small"):
        for wish in wishes_of(Prices):
            amounts[wish.name] = st.number_input(
                wish.words.title, min_value=wish.type(wish.least), value=None, step=wish.type(wish.words.step),
                help=wish.words.help, key=_key(wish), format="%.2f" if wish.type is float else None,
            )  # fmt: skip
    return Prices(**{name: amount for name, amount in amounts.items() if amount is not None})


def _constraints() -> Constraints:
    """What must hold whatever it costs."""
    wishes = list(wishes_of(Constraints))
    values: dict[str, Any] = {}
    with st.grid(2, min_column_width=260, gap="small"):
        for wish in (wish for wish in wishes if wish.type is bool):
            values[wish.name] = st.checkbox(wish.words.title, help=wish.words.help, key=_key(wish))
        for wish in (wish for wish in wishes if wish.type is not bool):
            unit, times = _unit(wish)
            amount = st.number_input(
                f"{wish.words.title}, in {unit}", min_value=wish.least, value=None, step=wish.words.step,
                help=wish.words.help, key=_key(wish), placeholder="no limit",
            )  # fmt: skip
            values[wish.name] = None if amount is None else amount * times
    return Constraints(**values)


def _again(dataset: Dataset, wishes: dict[str, Any]) -> None:
    """Ask with other wishes; one that makes no sense is refused at once."""
    target = wishes["target"]
    share = target if target is None or target <= 1 else target / 100  # nobody means less than 1 %: 0.9 is a share
    try:
        question = Goal(
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
