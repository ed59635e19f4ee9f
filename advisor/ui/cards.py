"""The Evidence page's cards: a question, its answer in a sentence, the picture, and how it was measured, folded.

Each is drawn in a fragment of its own, in parallel, so that a gallery does not hold up the rest, and a slider in one
card draws no other again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape

import streamlit as st

from advisor.ui import near, parts

LIST = "display:flex;flex-wrap:wrap;gap:0.4rem;list-style:none;margin:0 0 0.5rem 0;padding:0"
ITEM = "margin:0;padding:0"
LINK = (
    "display:inline-block;padding:0.2rem 0.75rem;border:1px solid rgba(42,144,134,0.55);border-radius:1rem;"
    "text-decoration:none;color:inherit;font-size:0.9rem"
)
#: Of what is still being measured: its title without a link.
COMING = f"{LINK};border-style:dashed;opacity:0.7"
SKELETON_PX = 120
#: So many cards are on the first screen; the others draw their pictures when they come near.
AT_ONCE = 1
HOW = "How it works"


@dataclass(frozen=True)
class Topic:
    """What a card is about, in our words: its place in the address, its title in the list, and its question.

    ``always``: whether it is measured on every dataset.
    """

    anchor: str
    title: str
    question: str
    always: bool = True


@dataclass(frozen=True)
class Card:
    """A topic with what was measured.

    ``answer`` may hold a user's words. ``draw`` shows the picture and what can be tried, ``how`` what is folded under
    "How it works". ``apart``: in a fragment of its own; not where it waits for a job.
    """

    topic: Topic
    answer: str
    draw: Callable[[], None]
    how: Callable[[], None] | None = None
    apart: bool = True


def draw(cards: Sequence[Card | Topic]) -> None:
    """The list of contents and the cards; a topic alone is still being measured and has an empty frame."""
    st.html(contents(cards))
    for place, card in enumerate(cards):
        if isinstance(card, Topic):
            with st.container(border=True):
                st.subheader(card.question, anchor=card.anchor)
                st.skeleton(SKELETON_PX)
        elif card.apart:
            _apart(card, place)
        else:
            _inside(card, card.draw)


def so_far(cards: Sequence[Card], topics: Sequence[Topic]) -> list[Card | Topic]:
    """The cards that are ready and the topics that will be, in the order of the topics; cards of no topic wait."""
    ready = {card.topic: card for card in cards}
    return [ready.get(topic, topic) for topic in topics if topic in ready or topic.always]


def contents(cards: Sequence[Card | Topic]) -> str:
    """Links to the cards, as HTML; titles alone of those to come."""
    items = "".join(f'<li style="{ITEM}">{_link(card)}</li>' for card in cards)
    return f'<nav aria-label="Contents"><ul style="{LIST}">{items}</ul></nav>'


def _link(card: Card | Topic) -> str:
    if isinstance(card, Topic):
        return f'<span style="{COMING}">{escape(card.title)} …</span>'
    return f'<a style="{LINK}" href="#{card.topic.anchor}">{escape(card.topic.title)}</a>'


def _apart(card: Card, place: int) -> None:
    @st.fragment(parallel=True)
    def part() -> None:
        later = partial(near.draw, card.topic.anchor, SKELETON_PX, card.draw)
        _inside(card, card.draw if place < AT_ONCE else later)

    part()


def _inside(card: Card, draw: Callable[[], object]) -> None:
    with st.container(border=True):
        st.subheader(card.topic.question, anchor=card.topic.anchor)
        if card.answer:
            parts.answer_line(card.answer)
        draw()
        if card.how is not None:
            parts.fold(HOW, "help", card.how, key=parts.fold_key(f"{HOW} {card.topic.anchor}"))
