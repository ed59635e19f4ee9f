"""A canvas to draw on, for sets of small grey images such as digits: what is drawn becomes an image like theirs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from advisor.core.errors import PeopleError
from advisor.core.records import Dataset
from advisor.ui import uploads

#: Images of at most so many pixels a side are drawn by hand; so many are looked at.
MOST_PX, LOOKED_AT = 64, 24
#: Grey values that differ by less are the same.
NEAR = 24
#: A drawing of the canvas as a data address is far smaller.
MOST_CHARACTERS = 400_000
HEAD = "data:image/png;base64,"
CANVAS = """<div class="draw"><canvas width="224" height="224" tabindex="0"
 aria-label="Canvas to draw on with mouse, finger or pen"></canvas><button type="button">Clear</button></div>"""
STYLE = """.draw {display:flex;gap:0.8rem;align-items:flex-end;flex-wrap:wrap}
.draw canvas {border:1px solid var(--st-border-color,#8796a0);border-radius:0.4rem;touch-action:none;cursor:crosshair}
.draw button {font:inherit;color:inherit;background:transparent;border:1px solid var(--st-border-color,#8796a0);
 border-radius:0.4rem;padding:0.35rem 0.8rem;cursor:pointer}"""
SCRIPT = """export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas"), button = parentElement.querySelector("button");
  if (!canvas || canvas.dataset.ready) return;
  canvas.dataset.ready = "yes";
  const pen = canvas.getContext("2d");
  const blank = () => { pen.fillStyle = data.paper; pen.fillRect(0, 0, canvas.width, canvas.height); };
  blank();
  pen.lineCap = pen.lineJoin = "round"; pen.lineWidth = data.width; pen.strokeStyle = data.ink;
  let down = false;
  const at = (event) => { const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width,
            (event.clientY - box.top) * canvas.height / box.height]; };
  canvas.onpointerdown = (event) => { down = true; canvas.setPointerCapture(event.pointerId);
    pen.beginPath(); pen.moveTo(...at(event)); pen.lineTo(...at(event)); pen.stroke(); };
  canvas.onpointermove = (event) => { if (down) { pen.lineTo(...at(event)); pen.stroke(); } };
  canvas.onpointerup = () => { if (down) { down = false; setStateValue("png", canvas.toDataURL("image/png")); } };
  button.onclick = () => { blank(); setStateValue("png", ""); };
}"""


@dataclass(frozen=True)
class Style:
    """How the images of a set are drawn: their size, the grey of paper and ink, and how much of a side the ink takes.

    ``fill``: the longer side of the inked part as a share of the image's, 0 to 1.
    """

    width_px: int
    height_px: int
    paper: int
    ink: int
    fill: float


def style_of(dataset: Dataset) -> Style | None:
    """The style of a set of small grey images on an even ground; None for any other."""
    rows = dataset.where("train")[:: max(1, len(dataset.where("train")) // LOOKED_AT)][:LOOKED_AT]
    try:
        pictures = [_pixels(Path(str(dataset.items["path"].iloc[int(row)]))) for row in rows]
    except (PeopleError, OSError, KeyError):
        return None
    shapes = {picture.shape for picture in pictures}
    if len(shapes) != 1 or max(next(iter(shapes))[:2]) > MOST_PX or any(np.ptp(p, axis=2).max() > 0 for p in pictures):
        return None
    grey = [picture[..., 0] for picture in pictures]
    edges = np.concatenate([np.concatenate([g[0], g[-1], g[:, 0], g[:, -1]]) for g in grey])
    paper = int(np.median(edges))
    if min(paper, 255 - paper) > NEAR:
        return None  # no even ground: nothing that a pen draws
    fills = [_extent(np.abs(g.astype(int) - paper) > NEAR) for g in grey]
    height, width = grey[0].shape
    return Style(width, height, paper, 255 if paper < 128 else 0, float(np.median(fills)))


def _pixels(path: Path) -> np.ndarray:
    """(height, width, 3) uint8."""
    from advisor.data.decode import open_image

    return np.asarray(open_image(path))


def _extent(inked: np.ndarray) -> float:
    """The longer side of the inked part as a share of the image's."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return 0.0
    height, width = int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)
    return float(max(height / inked.shape[0], width / inked.shape[1]))


def canvas(style: Style, key: str) -> Path | None:
    """The canvas; the drawing as an image file like those of the set, None while it is empty."""
    component = st.components.v2.component("advisor_canvas", html=CANVAS, css=STYLE, js=SCRIPT)
    data = {"paper": _color(style.paper), "ink": _color(style.ink), "width": 18}
    address = component(key=key, data=data, on_png_change=lambda: None).png
    if not isinstance(address, str) or not address.startswith(HEAD) or len(address) > MOST_CHARACTERS:
        return None
    try:
        drawn = Image.open(BytesIO(base64.b64decode(address.removeprefix(HEAD), validate=True)))
        picture = like_the_set(drawn, style)
    except (binascii.Error, OSError, ValueError):
        return None
    if picture is None:
        return None
    stream = BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    return uploads.keep(stream, "drawing.png")


def like_the_set(drawn: Image.Image, style: Style) -> Image.Image | None:
    """The inked part of a drawing, centred and as large as in the set's own images; None where nothing is drawn."""
    pixels = np.asarray(drawn.convert("L")).astype(int)
    inked = np.abs(pixels - style.paper) > NEAR
    if not inked.any():
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    part = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    fill = min(1.0, max(0.3, style.fill))
    side = max(1, round(max(part.shape) / fill))
    ground = np.full((side, side), style.paper, np.uint8)
    top, left = ((side - length) // 2 for length in part.shape)
    ground[top : top + part.shape[0], left : left + part.shape[1]] = part
    return Image.fromarray(ground).resize((style.width_px, style.height_px), Image.Resampling.BOX)


def _color(grey: int) -> str:
    return f"rgb({grey},{grey},{grey})"


def names(style: Style | None) -> Sequence[str]:
    """The ways to enter an image."""
    return ("Upload", "Camera") if style is None else ("Draw", "Upload", "Camera")
