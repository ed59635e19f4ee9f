"""Images on the pages: small pictures, their sizes, and ways to enter one: uploads, the camera, a drawing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import streamlit as st
from PIL import Image

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, PixelRange
from advisor.ui import drawing, parts, uploads

N_SHOWN = 24
HAS_PREDICT = False


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], key: str) -> None:
    """Small pictures, each with one plain line under it."""
    with st.grid("auto", min_column_width=120, gap="small", key=key):
        for row, caption in zip(rows, captions, strict=True):
            captioned(str(dataset.items["path"].iloc[int(row)]), caption, dataset.pixel_range)


def captioned(path: str, caption: str, levels: PixelRange | None = None) -> None:
    """A small picture with one plain line under it."""
    with st.container(gap="xsmall"):
        picture = thumbnail(path, levels)
        if picture is None:
            parts.note("This image cannot be shown.")
        else:
            st.image(picture, width="stretch", alt=wording.short(caption, 120))
        parts.note(caption)


def enter(run: str, dataset: Dataset | None) -> list[Path]:
    """Uploaded images, one from the camera, or a drawing where the set is one of small grey images.

    What is no image is refused in words, which the widget's own list of types would not do.
    """
    style = _style(dataset) if dataset is not None else None
    ways = drawing.names(style)
    way = st.segmented_control("An image", ways, default=ways[0], key=f"try-way-{run}", required=True)
    if way == "Draw" and style is not None:
        drawn = drawing.canvas(style, f"try-canvas-{run}")
        return [] if drawn is None else [drawn]
    if way == "Camera":
        shot = st.camera_input("A picture", key=f"try-camera-{run}", label_visibility="collapsed")
        files = [] if shot is None else [shot]
    else:
        files = st.file_uploader(
            "Images, one or several", key=f"try-image-{run}", accept_multiple_files=True, label_visibility="collapsed"
        )
    paths = [(uploads.keep(file, file.name), file.name) for file in files]
    return [path for path, name in paths if _readable(path, name)]


def _style(dataset: Dataset) -> drawing.Style | None:
    """As `drawing.style_of`, looked up once."""
    return _style_of(dataset.fingerprint, dataset)


@st.cache_data(max_entries=32, show_spinner=False)
def _style_of(fingerprint: str, _dataset: Dataset) -> drawing.Style | None:
    return drawing.style_of(_dataset)


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
    draw(path, dataset.pixel_range)
    return path


def draw(path: Path, levels: PixelRange | None = None) -> None:
    """One image of a file, small."""
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
