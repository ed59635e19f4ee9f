"""Traces that a picture's making leaves in its file: JPEG quality, camera, an even margin on a side.

They say nothing about what a picture shows, yet a model can learn them where they differ between classes.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

#: Luminance table of the JPEG standard (ITU-T T.81, table K.1) at quality 50; its sum is all that is needed here.
_STANDARD = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
     87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
     72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip
_MAKE, _MODEL = 0x010F, 0x0110
#: Grey levels that a margin's pixels may differ by; JPEG ringing stays below.
MARGIN_LEVELS = 12
#: A margin is looked for in this share of each side.
MARGIN_REACH = 0.25
SIDES = ("left", "right", "top", "bottom")


def _sums() -> np.ndarray:
    """Sum of libjpeg's luminance table at qualities 1 to 100, falling."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables = np.clip((_STANDARD[None, :] * scale[:, None] + 50) // 100, 1, 255)
    return np.asarray(tables.sum(axis=1))


_SUMS = _sums()


def jpeg_quality(image: Image.Image) -> float:
    """The quality, 1 to 100, at which libjpeg's luminance table is most like the file's; NaN where it is no JPEG."""
    tables = getattr(image, "quantization", None)
    if not tables:
        return float("nan")
    return float(np.abs(_SUMS - sum(next(iter(tables.values())))).argmin() + 1)


def camera(image: Image.Image) -> str:
    """Maker and model as the EXIF block names them, "" where it does not."""
    if "exif" not in image.info:
        return ""
    try:
        exif = image.getexif()
        return " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL)).strip()[:80]
    except Exception:  # a damaged EXIF block says nothing
        return ""


def margins(image: Image.Image) -> tuple[dict[str, float], float]:
    """(width of the even margin on each side as a share of that side's length, mean grey of it or NaN).

    image: RGB. A side whose outermost line is not of one tone has none, which is all that is looked at then.
    """
    pixels = np.asarray(image)
    views = (pixels.swapaxes(0, 1), pixels[:, ::-1].swapaxes(0, 1), pixels, pixels[::-1])
    widths, tones = {}, []
    for side, lines in zip(SIDES, views, strict=True):
        width = _margin(lines)
        widths[side] = width / max(len(lines), 1)
        if width:
            tones.append(float(lines[0].mean()))
    return widths, float(np.mean(tones)) if tones else float("nan")


def _margin(lines: np.ndarray) -> int:
    """How many of the first lines are of one tone, and all of the same. Shape: lines (length, across, 3) uint8."""
    first = lines[0]
    if int(first.max()) - int(first.min()) > 2 * MARGIN_LEVELS and np.ptp(first, axis=0).max() > 2 * MARGIN_LEVELS:
        return 0
    tone = first.mean(axis=0)
    if np.abs(first - tone).max() > MARGIN_LEVELS:
        return 0
    reach = max(1, int(MARGIN_REACH * len(lines)))
    uneven = np.abs(lines[:reach] - tone).max(axis=(1, 2)) > MARGIN_LEVELS
    return int(uneven.argmax()) if uneven.any() else reach
