"""What in an item decided for its label: marked words, or a map over the picture; asked once its fold is opened."""

from __future__ import annotations

from functools import partial
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import Plan
from advisor.core.shown import visible
from advisor.core.wording import capital, short
from advisor.rungs.saved.explaining import LEAST, ImageReasons, WordReasons
from advisor.ui import parts, work, workers

#: For the label and against it, as in the charts; the second is dotted too, for those who see no difference.
FOR, AGAINST = (42, 144, 134), (173, 119, 34)
#: The most that a colour covers what is under it: words stay legible on the light and on the dark page.
MOST, MOST_ON_PICTURE = 0.6, 0.8
TITLES = {"image": "What in the picture decided?", "text": "Which words decided?"}
SHOWN_PX = 320
#: Items of a run whose reasons a visitor's session keeps.
MOST_KEPT = 24


def draw(run: str, plan: Plan, item: Any) -> None:
    """The fold under an answer."""
    modality = kind_row(plan.kind).modality
    parts.fold(TITLES[modality], "help", partial(inside, run, plan, item))


def inside(run: str, plan: Plan, item: Any) -> None:
    """What decided; a language model is asked by a button alone, since each question takes its time or costs money."""
    asks = plan.rung == "prompting" and kind_row(plan.kind).modality == "text" and item not in _kept(run)
    if asks and not st.button("Ask the language model without each word", key=f"why-ask-{run}"):
        parts.note("That is one question for each word, at most 60.")
        return
    try:
        reasons = _reasons(run, item)
    except PeopleError as error:
        parts.problem(str(error))
        return
    if isinstance(reasons, WordReasons):
        st.html(marked(reasons))
    else:
        alt = f"What counts most for {reasons.label} lies in {where(reasons.drops)}"
        st.image(overlaid(reasons), width=SHOWN_PX, alt=short(visible(alt), 160))
    parts.note(said(reasons))


def _kept(run: str) -> dict[Any, WordReasons | ImageReasons]:
    """The reasons of the items that were asked about last."""
    kept: dict[Any, WordReasons | ImageReasons] = st.session_state.setdefault(f"why-{run}", {})
    return kept


def _reasons(run: str, item: Any) -> WordReasons | ImageReasons:
    """As `work.explain`, asked once."""
    kept = _kept(run)
    if item not in kept:
        with st.spinner("Asking the model without each part.", show_time=True):
            kept[item] = workers.answer("The explanation", partial(work.explain, run, item), run)
        while len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]
    return kept[item]


def said(reasons: WordReasons | ImageReasons) -> str:
    """What the colours mean, and what counts most, in plain text."""
    label, words = reasons.label, isinstance(reasons, WordReasons)
    if isinstance(reasons, WordReasons) and len(reasons.pieces) < 2:
        return "A text of one word has nothing to leave out."
    if reasons.strongest < LEAST:
        how = "word" if words else "part"
        extent = "" if isinstance(reasons, WordReasons) else f", up to {reasons.covered:.0%} of its side covered,"
        return f"No single {how} decides: without any one of them{extent} {label} stays as likely, within a point."
    if isinstance(reasons, WordReasons):
        word, drop = reasons.words()[0]
        change = f"“{short(word, 60)}” counts most: without it, {label} is {points(drop)}"
        several = " Neighbouring words are left out together, as the text is long." if _together(reasons) else ""
        return f"Green words speak for {label}, dotted ones against it. {change}.{several}"
    drop = float(reasons.drops.max())
    if drop < LEAST:
        return f"Nothing in the picture speaks for {label} alone; covering the ochre parts makes it likelier."
    return (
        f"Green parts speak for {label}, ochre ones against it. {capital(where(reasons.drops))} counts most: with a "
        f"patch over it, {label} is {points(drop)}."
    )


def points(drop: float) -> str:
    """A drop of a probability in words.

    >>> points(0.34), points(-0.1), points(0.01)
    ('34 points less likely', '10 points likelier', '1 point less likely')
    """
    size = round(100 * abs(drop))
    return f"{size} point{'' if size == 1 else 's'} {'less likely' if drop > 0 else 'likelier'}"


def where(drops: np.ndarray) -> str:
    """Where on the picture the largest drop is, in words.

    >>> where(np.fliplr(np.diag([1.0, 0, 0]))), where(np.diag([0, 1.0, 0]))
    ('the upper right', 'the middle')
    """
    row, column = (int(3 * place / len(drops)) for place in np.unravel_index(drops.argmax(), drops.shape))
    across = ("left", "", "right")[column]
    if row == 1:
        return f"the {across or 'middle'}"
    return f"the {('upper', '', 'lower')[row]} {across}" if across else f"the {('top', '', 'bottom')[row]}"


def _together(reasons: WordReasons) -> bool:
    return any(len(reasons.text[start:end].split()) > 1 for start, end in reasons.pieces)


def marked(reasons: WordReasons) -> str:
    """The text as HTML without any mark-up of its own, each word coloured by what it carries."""
    pieces, end = [], 0
    for (start, stop), drop in zip(reasons.pieces, reasons.drops.tolist(), strict=True):
        pieces.append(escape(visible(reasons.text[end:start])))
        pieces.append(_word(escape(visible(reasons.text[start:stop])), drop, reasons.strongest))
        end = stop
    pieces.append(escape(visible(reasons.text[end:])))
    return f'<blockquote style="{parts.QUOTE}">{"".join(pieces)}</blockquote>'


def _word(word: str, drop: float, strongest: float) -> str:
    if abs(drop) < LEAST:
        return word
    red, green, blue = FOR if drop > 0 else AGAINST
    line = "" if drop > 0 else ";text-decoration:underline dotted"
    style = (
        f"background:rgba({red},{green},{blue},{MOST * abs(drop) / strongest:.2f});color:inherit;border-radius:0.2rem"
    )
    return f'<mark style="{style}{line}" title="{points(drop)} without it">{word}</mark>'


def overlaid(reasons: ImageReasons) -> bytes:
    """The picture in a soft grey under the colours of its cells, as a PNG."""
    grey = Image.fromarray(reasons.picture).convert("L").resize((SHOWN_PX, SHOWN_PX), Image.Resampling.BICUBIC)
    under = 50 + 0.7 * np.asarray(grey, np.float32)[:, :, None].repeat(3, axis=2)
    smooth = Image.fromarray(reasons.drops.astype(np.float32)).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.BILINEAR)
    drops = np.asarray(smooth)[:, :, None]
    cover = MOST_ON_PICTURE * np.abs(drops) / max(reasons.strongest, LEAST)
    color = np.where(drops > 0, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
    stream = BytesIO()
    Image.fromarray((under * (1 - cover) + color * cover).clip(0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
