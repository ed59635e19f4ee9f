"""Images on the pages: small pictures, their sizes, and an upload."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import streamlit as st
from PIL import Image

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, PixelRange, Profile
from advisor.ui import alts, charts, parts, uploads
from advisor.ui.charts import data

N_SHOWN = 24
HAS_PREDICT = False


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], key: str) -> None:
    """Small pictures, each with one plain line under it."""
    with st.grid("auto", min_column_width=120, gap="small", key=key):
        for row, caption in zip(rows, captions, strict=True):
            with st.container(gap="xsmall"):
                picture = thumbnail(str(dataset.items["path"].iloc[int(row)]), dataset.pixel_range)
                if picture is None:
                    parts.note("This image cannot be shown.")
                else:
                    st.image(picture, width="stretch", alt=wording.short(caption, 120))
                parts.note(caption)


def sizes(profile: Profile) -> None:
    """One sentence where all images have the same size, else width against height."""
    if not profile.sizes.get("width_px"):
        return
    parts.section("Size")
    if same := data.one_size(profile):
        parts.note(f"All images are {same[0]} × {same[1]} px.")
    else:
        figure = data.image_sizes(profile)
        st.plotly_chart(figure, config=charts.CONFIG, key="sizes", alt=alts.image_sizes(profile))


def enter(run: str) -> Path | None:
    """An uploaded image; what is none is refused in words, which the widget's own list of types would not do."""
    file = st.file_uploader("An image", key=f"try-image-{run}")
    if file is None:
        return None
    path = uploads.keep(file, file.name)
    if not _readable(path, file.name):
        return None
    _shown(path, None)
    return path


def _readable(path: Path, name: str) -> bool:
    """Whether an uploaded image can be decoded; where not, the cause is said of the user's own name for it."""
    from advisor.data.decode import open_image

    try:
        open_image(path)
    except PeopleError as error:
        parts.problem(f"{wording.short(name, 80)} cannot be used. {error}")
        return False
    return True


def show(dataset: Dataset, row: int) -> Path:
    """One image of a dataset, small."""
    path = Path(str(dataset.items["path"].iloc[row]))
    _shown(path, dataset.pixel_range)
    return path


def _shown(path: Path, levels: PixelRange | None) -> None:
    picture = thumbnail(str(path), levels)
    if picture is not None:
        st.image(picture, width=160, alt="The image the model is asked about")


def thumbnail(path: str, levels: PixelRange | None = None, side: int = 224) -> bytes | None:
    """A small PNG of an image file, enlarged without blur when it is tiny; None when it cannot be decoded.

    levels: what 16-bit and float values mean in its dataset.
    """
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    state = facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns  # a file that was edited is drawn anew
    return _thumbnail(path, state, levels.tag if levels is not None else "", side, levels)


@st.cache_data(max_entries=512, show_spinner=False)
def _thumbnail(path: str, state: tuple[int, ...], scale: str, side: int, _levels: PixelRange | None) -> bytes | None:
    """As `thumbnail`, of a file in this state and at this scale, which stands for the levels."""
    from advisor.data.decode import open_image

    try:
        image = open_image(Path(path), side, _levels)
    except (PeopleError, OSError):
        return None
    image.thumbnail((side, side))
    if max(image.size) < side // 2:
        factor = side // max(image.size)
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
