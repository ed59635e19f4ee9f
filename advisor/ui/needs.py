"""The questions above the answer: what is needed, what is nearly as good, and what things cost the user.

Every change is decided anew at once from what was measured (`api.reconsider`), so they stand outside any form.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal, get_args

import streamlit as st

from advisor.core.records import Constraints, Dataset, Goal
from advisor.core.records.wishes import Wish, wishes_of
from advisor.ui import parts, prices

#: What a user may need.
Need = Literal["best", "target", "nearly"]
NEEDS: dict[Need, str] = {
    "best": "The best model",
    "target": "A target",
    "nearly": "The cheapest that is nearly as good",
}
#: How the keys of the fields of prices and limits begin.
WISH = "wish"
TOLERANCE_HELP = (
    "The tolerance: a simpler rung may be this many points behind, for each step of the ladder. Fine-tuning "
    "counts as a part of its step: where it is not better, the model below it is served."
)
TARGET_HELP = (
    "The cheapest rung with a chance of at least 80 % of reaching it is recommended. A number of at most 1 is a share: "
    "0.9 is 90 %."
)


def draw(dataset: Dataset, question: Goal) -> Goal:
    """The questions with a goal's answers in them, and the goal as they stand now.

    A target that is not given yet leaves the goal as it is.
    """
    _fill(dataset, question)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        need: Need = st.segmented_control(
            "What do you need?", get_args(Need), format_func=lambda name: NEEDS[name], key="need", required=True,
            wrap=True,
        )  # type: ignore[assignment]  # fmt: skip
        wanted = _target() if need == "target" else _tolerance() if need == "nearly" else {"tolerance": 0.0}
        with st.popover("My costs", icon=":material/tune:", help="Prices and limits; none by default."):
            st.markdown("**Prices**")
            parts.note("Left empty, money plays no part. Costs are weighed against points once a point has a price.")
            costs = prices.draw(WISH)
            constraints = _constraints()
    if need == "target":
        parts.note(without_tolerance(question))
    if wanted is None:
        wanted = {"target": question.target, "tolerance": question.tolerance}
    return question.model_copy(
        update={"target": None, "tolerance": question.tolerance, "prices": costs, "constraints": constraints, **wanted}
    )


def without_tolerance(question: Goal) -> str:
    """Why no tolerance is asked for beside a target, and when the one of before counts.

    >>> without_tolerance(Goal(target=0.9, tolerance=0.0)).partition(". ")[2]
    'Where none has a chance of it, the best one is recommended.'
    """
    points = f"{question.tolerance:g} point{'' if question.tolerance == 1 else 's'}"
    otherwise = f"your tolerance of {points} a step decides" if question.tolerance else "the best one is recommended"
    return (
        "A target needs no tolerance: the cheapest rung that is likely to reach it is recommended, or the one with the "
        f"best chance. Where none has a chance of it, {otherwise}."
    )


def lacking() -> str:
    """What is wrong with the number that is asked for, a sentence; "" where there is an answer to it."""
    if st.session_state.get("need") == "nearly" and not _asked_points():
        if st.session_state.get("tolerance") == 0.0:
            return "With 0 points only the best will do: choose The best model above, or give more."
        return "Give the points that a simpler rung may be behind, between 0 and 100."
    if st.session_state.get("need") == "nearly":
        return ""
    if st.session_state.get("need") != "target":
        return ""
    typed = st.session_state.get("target")
    if typed is None:
        return "Give the target that you need, such as 90."
    return "" if 0.0 < typed <= 100.0 else f"No model reaches {typed:g} %. Give a target between 0 and 100."


def _target() -> dict[str, Any] | None:
    """The target; None where none is given yet, or one that there is no answer to."""
    percent = st.number_input(
        "Target, %", value=None, step=0.5, key="target", placeholder="such as 90", help=TARGET_HELP, width=260,
        format="%.1f", on_change=_in_percent,
    )  # fmt: skip
    return None if percent is None or lacking() else {"target": percent / 100}


def _in_percent() -> None:
    """Write a target of at most 1 as per cent, and say so: nobody means less than 1 %, 0.9 is a share."""
    typed = st.session_state["target"]
    if typed is not None and 0.0 < typed <= 1.0:
        st.session_state["target"] = round(100 * typed, 6)
        st.toast(f"{typed:g} is read as {100 * typed:g} %.", icon=":material/percent:")


def _tolerance() -> dict[str, Any] | None:
    """What is nearly as good; None where that is not given, or is no tolerance."""
    st.number_input(
        "Tolerance, points a step", step=0.5, key="tolerance", help=TOLERANCE_HELP, width=300,
        format="%.1f", value=None, placeholder="such as 1",
    )  # fmt: skip
    return {"tolerance": points} if (points := _asked_points()) else None


def _asked_points() -> float | None:
    """The tolerance in its field; None where it is empty or 0, which asks for the best model: a choice of its own."""
    points = st.session_state.get("tolerance")
    return points if points is not None and 0.0 < points <= 100.0 else None


def need_of(question: Goal) -> Need:
    """What a goal asks for.

    >>> need_of(Goal()), need_of(Goal(target=0.9)), need_of(Goal(tolerance=0.0))
    ('nearly', 'target', 'best')
    """
    return "target" if question.target is not None else "nearly" if question.tolerance else "best"


def _fill(dataset: Dataset, question: Goal) -> None:
    """Put a goal into the fields when they begin to show it.

    Through the session and not as defaults: Streamlit puts a default back whenever its field is emptied.
    """
    shown = sha256(f"{dataset.fingerprint} {question.model_dump_json()}".encode()).hexdigest()
    other = st.session_state.get("question-shown") != shown
    for key, value in _fields(question).items():
        if other or key not in st.session_state:
            st.session_state[key] = value
    prices.fill(WISH, question.prices, other)
    st.session_state["question-shown"] = shown


def _fields(question: Goal) -> dict[str, Any]:
    """What the fields hold, by their keys."""
    return {
        "need": need_of(question),
        "target": round(100 * question.target, 6) if question.target else None,
        "tolerance": question.tolerance or Goal().tolerance,
        **{_key(wish): _shown(wish, getattr(question.constraints, wish.name)) for wish in wishes_of(Constraints)},
    }


def _key(wish: Wish) -> str:
    return f"{WISH}-{wish.name}"


def _unit(wish: Wish) -> tuple[str, float]:
    """The unit that a number is asked in, and how many of the record's own are one of it."""
    return wish.words.page_unit or (wish.words.unit, 1.0)


def _shown(wish: Wish, value: Any) -> Any:
    return value / _unit(wish)[1] if wish.type is float and value is not None else value


def _constraints() -> Constraints:
    """What must hold whatever it costs."""
    st.markdown("**Limits**")
    wishes = list(wishes_of(Constraints))
    values: dict[str, Any] = {}
    with st.grid(2, min_column_width=240, gap="small"):
        for wish in (wish for wish in wishes if wish.type is bool):
            values[wish.name] = st.checkbox(wish.words.title, help=wish.words.help, key=_key(wish))
        for wish in (wish for wish in wishes if wish.type is not bool):
            unit, times = _unit(wish)
            amount = prices.field(wish, f"{wish.words.title}, in {unit}", "no limit", _key(wish))
            values[wish.name] = None if amount is None else amount * times
    return Constraints(**values)
