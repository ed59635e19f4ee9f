"""The samples as cards: a few of their own pictures, texts or questions, and the button that reads them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from io import BytesIO

import streamlit as st
from PIL import Image

from advisor.core.kinds import kind_row
from advisor.core.shown import visible
from advisor.data.read.samples import SAMPLES, Sample
from advisor.data.read.samples_shown import Glimpse, glimpse
from advisor.ui import parts

#: Pictures of a card: so many in a row, the side of each and the space between them, in pixels.
IN_A_ROW, SIDE, GAP = 5, 84, 8
LINE = "margin:0 0 0.35rem 0;padding-left:0.6rem;border-left:3px solid #2a9086;font-size:0.88rem;line-height:1.35"


def draw(read: Callable[[Sample], None]) -> None:
    """The samples at hand as cards, those that are downloaded first in a fold. ``read`` is told which was chosen."""
    parts.section("Or start with a sample")
    with st.grid(4, min_column_width=200, border=True, key="gallery") as grid:
        for sample in SAMPLES:
            if not sample.needs_network:
                with grid.cell(), st.container(height="stretch", vertical_alignment="distribute"):
                    card(sample, read)
    online = [sample for sample in SAMPLES if sample.needs_network]
    with st.expander("Larger samples, downloaded when chosen", icon=":material/cloud_download:"):
        for sample in online:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.text(f"{sample.title} · {facts(sample)} · {sample.size}\n{sample.sentence}", width="stretch")
                use(sample, read, "content")


def card(sample: Sample, read: Callable[[Sample], None]) -> None:
    """A sample's card, the button at its foot; title and sentence are ours (`advisor.data.read.samples`)."""
    shown = looks(sample.name)
    with st.container():
        if shown.pictures:
            st.image(strip(sample.name), width="stretch", alt=f"{len(shown.pictures)} items of {sample.title}")
        elif shown.lines:
            st.html("".join(map(quoted, shown.lines)))
        st.markdown(f"**{sample.title}**")
        st.caption(f"{sample.sentence}  \n{facts(sample)}")
    use(sample, read, "stretch")


def use(sample: Sample, read: Callable[[Sample], None], width: str) -> None:
    """The button that reads a sample."""
    label = f"Use {sample.title}" if width == "content" else "Use this"
    if st.button("Use this", key=f"sample-{sample.name}", width=width, help=label):  # type: ignore[arg-type]
        read(sample)


def facts(sample: Sample) -> str:
    """How much it is and under which licence."""
    return f"{kind_row(sample.kind).counted(sample.n)} · {sample.licence}"


def quoted(line: tuple[str, str]) -> str:
    """A text or question as HTML, its class behind it."""
    text, label = (escape(visible(word)) for word in line)
    return f'<p style="{LINE}">{text}{f" <span style=opacity:0.7>· {label}</span>" if label else ""}</p>'


@st.cache_data(show_spinner=False)
def looks(name: str) -> Glimpse:
    """A few items of a sample, read once."""
    return glimpse(name)


@st.cache_data(show_spinner=False)
def strip(name: str) -> bytes:
    """The pictures of a sample side by side, as a PNG with nothing between them; tiny ones enlarged without blur."""
    pictures = looks(name).pictures
    rows = -(-len(pictures) // IN_A_ROW)
    step = SIDE + GAP
    sheet = Image.new("RGBA", (IN_A_ROW * step - GAP, rows * step - GAP))
    for place, picture in enumerate(pictures):
        small = max(picture.size) < SIDE
        tile = picture.convert("RGB").resize(
            (SIDE, SIDE), Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
        )
        sheet.paste(tile, (place % IN_A_ROW * step, place // IN_A_ROW * step))
    stream = BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()
