"""One image file to one RGB picture, as a person would see it; or one sentence why not.

Decisions, each from a measurement in docs/design.md: Pillow and not torchvision's decoder (which ended the process on
290 of 400 mutated PNGs); decoded whole (`verify()` proves nothing); EXIF rotation applied; 16-bit and float
images scaled, as `convert("RGB")` turns them white or black; at most 100 megapixels; only raster formats, so
that Pillow never starts Ghostscript for an EPS.
"""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from advisor.core.errors import DatasetError

MAX_PIXELS = 100_000_000
FORMATS = "JPEG PNG GIF BMP DIB WEBP TIFF PPM TGA JPEG2000 AVIF ICO PCX SGI".split()
_ORIENTATION = 0x0112
#: Values 16-bit files really use at their top: 8 and 12 bits stored in 16 would else come out black.
_TOPS = (255.0, 4095.0, 65535.0)

# The limit is checked below, on every image, as an error; Pillow's own softer warning would only be noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class ItemError(DatasetError):
    """One item cannot be read; the message is the reason, a plain sentence."""


def open_image(path: str | Path, min_side: int | None = None) -> Image.Image:
    """The picture in `path` as RGB, upright, transparent parts over white.

    min_side: the result may be smaller than the file, but no side gets below this many pixels through it
    (JPEG decodes at a half, a quarter or an eighth far faster). Raises ItemError.
    """
    try:
        with Image.open(path, formats=_formats()) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ItemError(_too_large(image.width * image.height))
            if min_side:
                image.draft(None, (min_side, min_side))
            image.load()
            return _as_rgb(_upright(image))
    except ItemError:
        raise
    except Exception as error:  # a decoder fed with bad bytes raises almost anything; all of it means "unreadable"
        raise ItemError(_reason(Path(path), error)) from error


@cache
def _formats() -> tuple[str, ...]:
    """The formats that this Pillow was built with; naming another one would end in a KeyError."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _too_large(n_pixels: int) -> str:
    return f"The image has {n_pixels / 1e6:,.0f} megapixels, more than {MAX_PIXELS // 10**6}. Make it smaller."


def _reason(path: Path, error: Exception) -> str:
    """Why a file is unreadable, for people."""
    if isinstance(error, FileNotFoundError):
        return f"The file {path} is gone. Read the dataset again from its new place."
    if isinstance(error, Image.DecompressionBombError):
        return f"The image has far more than {MAX_PIXELS // 10**6} megapixels. Make it smaller."
    if isinstance(error, UnidentifiedImageError):
        return "The file is not a readable image: it is damaged or in another format."
    if isinstance(error, MemoryError):
        return "The image is too large for this machine's memory."
    if isinstance(error, PermissionError):
        return "The file cannot be opened (permission denied)."
    text = str(error).replace(str(path), "the file")
    if "truncated" in text.lower():
        return "The image is truncated."
    return f"The image is damaged ({text or type(error).__name__})."


def _upright(image: Image.Image) -> Image.Image:
    try:
        if image.getexif().get(_ORIENTATION, 1) == 1:
            return image
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return image


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image.copy()
    if image.mode.startswith(("I", "F")):
        return _scaled(np.asarray(image, dtype=np.float64)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        above = image.convert("RGBA")
        white = Image.new("RGBA", above.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, above).convert("RGB")
    return image.convert("RGB")


def _scaled(values: np.ndarray) -> Image.Image:
    """Grey of 8 bits from integers or floats, (h, w): by the range the values stand in, else from least to most."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise ItemError("The image has no finite pixel value.")
    low, high = float(finite.min()), float(finite.max())
    is_share = low >= 0 and high <= 1 and bool((finite != np.round(finite)).any())
    if is_share:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= _TOPS[-1]:
        low, high = 0.0, next(top for top in _TOPS if high <= top)
    grey = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.clip(np.round(grey), 0, 255).astype(np.uint8))
