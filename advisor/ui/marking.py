"""Marked words in a sentence: each type a colour and its name behind, so that no colour has to be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from advisor.core.records import TaggedSpan
from advisor.core.shown import visible
from advisor.core.wording import chance
from advisor.ui import parts

#: Hues of the types, in the order in which they are met; further ones begin anew.
HUES = (178, 32, 262, 338, 96, 210, 0, 60, 300, 140)
LIGHT = "display:inline;border-radius:.3rem;padding:.08rem .3rem;background:hsl({hue} 60% 50% / .22);"
TYPE = "font-size:.75em;font-weight:600;margin-left:.35em;opacity:.85"


def html(text: str, spans: Sequence[TaggedSpan], types: Sequence[str]) -> str:
    """A sentence with its spans marked, safe to show whatever it holds.

    >>> span = TaggedSpan(start=3, end=8, type="place", text="Paris")
    >>> "Paris<span" in html("in Paris", [span], ["place"]), html("<b>", [], [])
    (True, '<p>&lt;b&gt;</p>')
    """
    pieces, at = [], 0
    for span in spans:
        place = list(types).index(span.type) if span.type in types else len(types)
        style = LIGHT.format(hue=HUES[place % len(HUES)])
        sure = "" if span.probability is None else f" {chance(span.probability)}"
        pieces.append(escape(visible(text[at : span.start])))
        pieces.append(
            f'<mark style="{style}color:inherit">{escape(visible(span.text))}'
            f'<span style="{TYPE}">{escape(visible(span.type))}{sure}</span></mark>'
        )
        at = span.end
    return f"<p>{''.join(pieces)}{escape(visible(text[at:]))}</p>"


def draw(text: str, spans: Sequence[TaggedSpan], types: Sequence[str]) -> None:
    """The sentence on the page."""
    st.html(html(text, spans, types))


def sentences(title: str, tagged: Sequence[tuple[str, Sequence[TaggedSpan]]], types: Sequence[str] = ()) -> None:
    """Several sentences under a title."""
    if not tagged:
        return
    parts.section(title)
    names = types or sorted({span.type for _, spans in tagged for span in spans})
    st.html("".join(html(text, spans, names) for text, spans in tagged))
