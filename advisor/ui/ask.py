"""Ask the documents in a conversation: each answer with the passages it rests on, or that the documents lack it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Answer, Dataset, Part, Passage
from advisor.data.reading import open_dataset
from advisor.ui import parts, terms
from probes.failures import RIGHT_F1
from probes.reading import normalised, says_nothing, token_f1
from probes.retrieval.measures import VERDICTS

OPEN = 1
NONE = "not in the documents"
READY, LOADS = "Searching and reading.", "Loading the model, then searching and reading. Later answers come faster."
#: The mark of a heading in a document that is written in Markdown.
HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)
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
) -> None:
    """A conversation: what was asked before with its answers and sources, and the field for the next question.

    ask: from a question to its answer; own: the part whose questions are offered; is_ready: whether the model of a run
    is loaded.
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
            exchange(turn)
        asked = own_question(key, fingerprint, own) if taken else (typed.strip(), ()) if typed else None
        if asked is not None and asked[0]:
            turns.append(answered(*asked, ask, READY if is_ready() else LOADS))
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


def answered(question: str, accepted: Sequence[str], ask: Callable[[str], Answer], waits_for: str) -> Turn:
    """Show a question at once, and its answer as soon as the model has it. waits_for: what is said until then."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(question)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        try:
            with st.spinner(waits_for, show_time=True):
                turn = Turn(question, tuple(accepted), answer=ask(question))
        except PeopleError as error:
            turn = Turn(question, tuple(accepted), problem=str(error))
        reply(turn)
    return turn


def exchange(turn: Turn) -> None:
    """A question and its answer."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.question)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        reply(turn)


def reply(turn: Turn) -> None:
    """The answer, the accepted answers where they are known, and the passages; or why there is none."""
    answer = turn.answer
    if answer is None:
        parts.problem(turn.problem)
        return
    closed_book = not answer.supported and not answer.passages and not says_nothing(answer.text)
    words, misread = f"{wording.short(answer.text, 400)}{_sure(answer)}", answer.supported and not quoted(answer)
    if answer.supported:  # the passage is surer than what was made of it
        parts.note("This passage fits best:")
        best(answer)
        if answer.looped:
            parts.note(answer.note)
        elif misread:
            parts.note(
                f"The model made of it: {words}. The passages do not contain these words, so it may have misread them."
            )
        else:
            parts.answer_line(words)
    elif closed_book and answer.looped:
        parts.answer_line(answer.note)
    elif closed_book:
        parts.answer_line(words)
        parts.note("Answered closed-book: no document was read, so no passage supports it.")
    else:
        parts.answer_line("This is not in the documents: no passage supports an answer.")
    if turn.accepted:
        known = [a for a in turn.accepted if a != NONE]
        right = token_f1(answer.text, known) >= RIGHT_F1
        parts.note(f"Accepted: {' / '.join(turn.accepted)}. {'That is right' if right else 'That is wrong'}.")
    further(answer)


def _sure(answer: Answer) -> str:
    """The model's own probability in brackets; "" where it gives none."""
    return f" (probability {wording.chance(answer.probability)})" if answer.probability is not None else ""


def quoted(answer: Answer) -> bool:
    """Whether a passage that is cited holds the answer word by word; yes and no need not."""
    words = normalised(answer.text)
    return words in VERDICTS or any(f" {words} " in f" {normalised(passage.text)} " for passage in answer.passages)


def best(answer: Answer) -> None:
    """The passage that fits best, with the answer's words marked."""
    for passage in answer.passages[:OPEN]:
        parts.quote(place(passage), readable(passage.text), (answer.text,))


def further(answer: Answer) -> None:
    """The other passages cited, on demand; the nearest ones where nothing supports an answer."""
    marks = (answer.text,) if answer.supported else ()
    rest = answer.passages[OPEN:] if answer.supported else answer.passages
    if not rest:
        return
    label = wording.counted(len(rest), "further passage") if answer.supported else "The nearest passages"
    with st.expander(label, icon=":material/format_quote:"):
        for passage in rest:
            parts.quote(place(passage), readable(passage.text), marks)


def readable(text: str) -> str:
    """A passage without the number signs that mark a heading in Markdown.

    >>> readable("# Frozen features\\nissue #20, C# and # of items")
    'Frozen features\\nissue #20, C# and # of items'
    """
    return HEADING.sub("", text)


def place(passage: Passage) -> str:
    """Where a passage stands: the title of its document, its name, the page of a PDF, and the characters."""
    title = wording.short(passage.title, 120)
    name = (
        "" if not passage.document or passage.document in passage.title else f"{wording.short(passage.document, 80)}, "
    )
    page = f"page {wording.count(passage.page)}, " if passage.page else ""
    where = f"{name}{page}characters {wording.count(passage.start)} to {wording.count(passage.end)}"
    return f"{title} · {where}" if title else wording.capital(where)
