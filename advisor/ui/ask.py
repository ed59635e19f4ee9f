"""Ask the documents: the answer with the passages it rests on, or that the documents do not hold it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Answer, Dataset, Part, Passage
from advisor.data.reading import open_dataset
from advisor.ui import parts
from probes.failures import RIGHT_F1
from probes.reading import normalised, says_nothing, token_f1
from probes.retrieval.measures import VERDICTS

OPEN = 1
NAME: dict[Part, str] = {"train": "training", "val": "validation", "test": "test", "ood": "shifted"}
NONE = "not in the documents"


def draw(key: str, fingerprint: str, ask: Callable[[str], Answer], own: Part = "test") -> None:
    """The form and the answer. ask: from a question to its answer; own: the part whose questions are offered."""
    with st.container(border=True):
        with st.form(f"ask-{key}", border=False):
            typed = st.text_input("A question", key=f"question-{key}", placeholder="What do you want to know?")
            with st.container(horizontal=True):
                pressed = st.form_submit_button("Ask", key=f"send-{key}", type="primary", icon=":material/send:")
                label = f"Take one from the {NAME[own]} part"
                taken = st.form_submit_button(label, key=f"own-{key}", icon=":material/casino:")
        if pressed:
            st.session_state[f"asked-{key}"] = (typed.strip(), ()) if typed.strip() else None
        elif taken:
            st.session_state[f"asked-{key}"] = own_question(key, fingerprint, own)
        asked = st.session_state.get(f"asked-{key}")
        if asked is not None:
            reply(asked[0], asked[1], ask)


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
        parts.note(f"There is no question in the {NAME[part]} part.")
        return None
    item = dataset.items.iloc[int(np.random.default_rng(turn).choice(rows))]
    return str(item["text"]), tuple(json.loads(item["answers"])) or (NONE,)


def reply(question: str, accepted: Sequence[str], ask: Callable[[str], Answer]) -> None:
    """The question, its answer, the accepted answers where they are known, and the passages."""
    try:
        with st.spinner("Searching and reading."):
            answer = ask(question)
    except PeopleError as error:
        parts.problem(str(error))
        return
    st.text(question)
    closed_book = not answer.supported and not answer.passages and not says_nothing(answer.text)
    if answer.supported or closed_book:
        sure = f" (probability {wording.chance(answer.probability)})" if answer.probability is not None else ""
        parts.answer_line(f"{wording.short(answer.text, 400)}{sure}")
        if closed_book:
            parts.note("Answered closed-book: no document was read, so no passage supports it.")
        elif not quoted(answer):
            parts.note("The passages do not contain these words: the model may have misread them.")
    else:
        parts.answer_line("This is not in the documents: no passage supports an answer.")
    if accepted:
        known = [a for a in accepted if a != NONE]
        right = token_f1(answer.text, known) >= RIGHT_F1
        parts.note(f"Accepted: {' / '.join(accepted)}. {'That is right' if right else 'That is wrong'}.")
    passages(answer)


def quoted(answer: Answer) -> bool:
    """Whether a passage that is cited holds the answer word by word; yes and no need not."""
    words = normalised(answer.text)
    return words in VERDICTS or any(f" {words} " in f" {normalised(passage.text)} " for passage in answer.passages)


def passages(answer: Answer) -> None:
    """The passages cited, the first openly and the others on demand; the nearest ones where nothing supports it."""
    marks = (answer.text,) if answer.supported else ()
    shown = answer.passages[:OPEN] if answer.supported else ()
    for passage in shown:
        parts.quote(place(passage), passage.text, marks)
    rest = answer.passages[len(shown) :]
    if not rest:
        return
    label = f"{wording.counted(len(rest), 'further passage')}" if shown else "The nearest passages"
    with st.expander(label, icon=":material/format_quote:"):
        for passage in rest:
            parts.quote(place(passage), passage.text, marks)


def place(passage: Passage) -> str:
    """Where a passage stands: the title of its document, its name, and the characters."""
    title = wording.short(passage.title, 120)
    name = (
        "" if not passage.document or passage.document in passage.title else f"{wording.short(passage.document, 80)}, "
    )
    where = f"{name}characters {wording.count(passage.start)} to {wording.count(passage.end)}"
    return f"{title} · {where}" if title else wording.capital(where)
