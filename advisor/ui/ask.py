"""Ask the documents in a conversation: the passage that answers, and what the model makes of it.

A small model misreads most passages, so its words come first only where its own test questions have shown that at least
half of its answers are right at that probability (`advisor.runs.answer_threshold`), and where the passage has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Answer, Dataset, Part
from advisor.data.reading import open_dataset
from advisor.runs.answer_threshold import AnswerThreshold
from advisor.ui import parts, passages, terms
from probes.failures import RIGHT_F1
from probes.reading import normalised, says_nothing, token_f1
from probes.retrieval.measures import VERDICTS

OPEN = 1
NONE = "not in the documents"
READY, LOADS = "Searching and reading.", "Loading the model, then searching and reading. Later answers come faster."
FITS = "This passage fits best"
#: A conversation keeps so many questions.
MOST_TURNS = 20


@dataclass(frozen=True)
class Turn:
    """A question with its accepted answers where they are known, and its answer or why there is none."""

    question: str
    accepted: tuple[str, ...] = ()
    answer: Answer | None = None
    problem: str = ""


def draw(
    key: str,
    fingerprint: str,
    ask: Callable[[str], Answer],
    own: Part = "test",
    is_ready: Callable[[], bool] = lambda: True,
    threshold: AnswerThreshold | None = None,
) -> None:
    """A conversation: what was asked before with its answers and sources, and the field for the next question.

    ask: from a question to its answer; own: the part whose questions are offered; is_ready: whether the model of a run
    is loaded; threshold: from which probability on its answers may lead, None where nobody knows.
    """
    turns: list[Turn] = st.session_state.setdefault(f"turns-{key}", [])
    with st.container(border=True):
        past = st.container()
        with st.container(horizontal=True):
            taken = st.button(f"Take one from the {terms.PART[own]} part", key=f"own-{key}", icon=":material/casino:")
            cleared = bool(turns) and st.button("Clear", key=f"clear-{key}", icon=":material/delete_sweep:")
        typed = st.chat_input("Ask the documents", key=f"question-{key}")
    if cleared:
        turns.clear()
        st.rerun()
    with past:
        for turn in turns:
            exchange(turn, threshold)
        asked = own_question(key, fingerprint, own) if taken else (typed.strip(), ()) if typed else None
        if asked is not None and asked[0]:
            turns.append(answered(*asked, ask, READY if is_ready() else LOADS, threshold))
            del turns[:-MOST_TURNS]


def own_question(key: str, fingerprint: str, part: Part) -> tuple[str, tuple[str, ...]] | None:
    """A question of one part with its accepted answers, another one at each press."""
    try:
        dataset: Dataset = open_dataset(fingerprint[:16])
    except PeopleError as error:
        parts.problem(str(error))
        return None
    turn = st.session_state[f"turn-{key}"] = st.session_state.get(f"turn-{key}", 0) + 1
    rows = dataset.where(part)
    if not len(rows):
        parts.note(f"There is no question in the {terms.PART[part]} part.")
        return None
    item = dataset.items.iloc[int(np.random.default_rng(turn).choice(rows))]
    return str(item["text"]), tuple(json.loads(item["answers"])) or (NONE,)


def answered(
    question: str, accepted: Sequence[str], ask: Callable[[str], Answer], waits_for: str,
    threshold: AnswerThreshold | None = None,
) -> Turn:  # fmt: skip
    """Show a question at once, and its answer as soon as the model has it. waits_for: what is said until then."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(question)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        try:
            with st.spinner(waits_for, show_time=True):
                turn = Turn(question, tuple(accepted), answer=ask(question))
        except PeopleError as error:
            turn = Turn(question, tuple(accepted), problem=str(error))
        reply(turn, threshold)
    return turn


def exchange(turn: Turn, threshold: AnswerThreshold | None = None) -> None:
    """A question and its answer."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.question)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        reply(turn, threshold)


def reply(turn: Turn, threshold: AnswerThreshold | None = None) -> None:
    """The answer with its passages, or why there is none.

    The passage leads, its likely sentence marked, unless the model has shown that it is right at such a probability.
    """
    answer = turn.answer
    if answer is None:
        parts.problem(turn.problem)
        return
    sure = is_sure(answer, threshold)
    if answer.supported and sure:
        parts.answer_line(wording.short(answer.text, 400))
        parts.note(f"{FITS}:")
        best(answer, answer.text)
    elif answer.supported:
        marked = bool(answer.passages) and bool(answer.passages[0].likely)
        parts.note(f"{FITS}; the sentence that likely answers is marked:" if marked else f"{FITS}:")
        best(answer, "" if answer.looped else answer.text, trusted=False)
        parts.note(doubt(answer, threshold))
    elif answer.passages or says_nothing(answer.text):
        parts.answer_line("This is not in the documents: no passage supports an answer.")
    else:
        closed_book(answer, sure)
    if turn.accepted:
        parts.note(judged(answer, turn.accepted))
    further(answer)


def closed_book(answer: Answer, sure: bool) -> None:
    """An answer for which no document was read."""
    if answer.looped:
        parts.answer_line(answer.note)
    elif sure:
        parts.answer_line(wording.short(answer.text, 400))
    else:
        parts.text(f"The model is not sure. It would say: {wording.short(answer.text, 400)}")
    parts.note("Answered closed-book: no document was read, so no passage supports it.")


def is_sure(answer: Answer, threshold: AnswerThreshold | None) -> bool:
    """Whether an answer may stand before its passage: likely enough for this model, and in the passage's own words."""
    if threshold is None or not threshold.is_sure(answer.probability) or answer.looped:
        return False
    return not answer.supported or quoted(answer)


def doubt(answer: Answer, threshold: AnswerThreshold | None) -> str:
    """That the model is not sure of the words, what it would say, and how often it was right; one line."""
    if answer.looped:
        return answer.note
    said = f"The model is not sure of the words. It would say: {wording.short(answer.text, 400)}"
    if not quoted(answer):
        return f"{said} (not in the passage)"
    if threshold is not None and threshold.n and threshold.least is None:
        right = f"{wording.count(threshold.n_right)} of its {wording.count(threshold.n)} answers"
        return f"{said} ({right} to test questions {'was' if threshold.n_right == 1 else 'were'} right)"
    return said


def judged(answer: Answer, accepted: Sequence[str]) -> str:
    """The accepted answers, whether the passage has one of them, and whether the model's words are right."""
    known = [one for one in accepted if one != NONE]
    right = "right" if token_f1(answer.text, known) >= RIGHT_F1 else "wrong"
    said = f"Accepted: {' / '.join(accepted)}."
    if not known or not answer.passages:
        return f"{said} That is {right}." if not answer.supported else f"{said} The model's words are {right}."
    passage = f" {normalised(answer.passages[0].text)} "
    has = any(f" {normalised(one)} " in passage for one in known)
    return f"{said} The passage {'has it' if has else 'does not have it word for word'}; the model's words are {right}."


def quoted(answer: Answer) -> bool:
    """Whether a passage that is cited holds the answer word by word; yes and no need not."""
    words = normalised(answer.text)
    return words in VERDICTS or any(f" {words} " in f" {normalised(passage.text)} " for passage in answer.passages)


def best(answer: Answer, words: str = "", trusted: bool = True) -> None:
    """The passage that fits best; words: of the answer, in bold where they stand; trusted: their sentence is marked."""
    for passage in answer.passages[:OPEN]:
        passages.draw(passage, words, trusted)


def further(answer: Answer) -> None:
    """The other passages that were found, on demand; the nearest ones where nothing supports an answer."""
    rest = (*answer.passages[OPEN * answer.supported :], *answer.further)
    if not rest:
        return
    label = wording.counted(len(rest), "further passage") if answer.supported else "The nearest passages"
    with st.expander(label, icon=":material/format_quote:"):
        for passage in rest:
            passages.draw(passage)
