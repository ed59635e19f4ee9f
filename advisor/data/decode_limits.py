"""How much memory decoding an image takes, known from its header; what is too much, and how much at once.

Bytes count and not pixels: 100 megapixels are 0.4 GB as RGB, 0.1 GB as grey, and 2 GB where a decoder keeps every
component as a 32-bit integer. Threads that decode side by side share one allowance, so that ten large images take no
more than the largest of them would or `AT_ONCE_BYTES`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

from PIL import Image

from advisor.data.pixels import ItemError, shrinking

MAX_PIXELS = 100_000_000
#: What decoding one image may take, and what all images that are being decoded may take together.
MAX_BYTES = 1_200_000_000
AT_ONCE_BYTES = 1_200_000_000
#: Bytes of a pixel as Pillow keeps it; 4 for every mode that is not named.
_KEPT = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
#: Bytes of a pixel that a decoder holds besides: WebP two canvases and a copy, AVIF its planes and a copy.
_HELD = {"WEBP": 12, "AVIF": 12, "GIF": 4}
_RGB_BYTES = 4
_PNG = b"\x89PNG\r\n\x1a\n"
_TILE_WIDTH, _TILE_LENGTH, _STRIP_ROWS = 322, 323, 278
_SAMPLES, _BITS = 277, 258


class Allowance:
    """A number of bytes that threads share; a larger wish than all of it waits until nobody holds any."""

    def __init__(self, total: int) -> None:
        self.total, self.held = total, 0
        self._change = threading.Condition()

    @contextlib.contextmanager
    def hold(self, n_bytes: int) -> Generator[None]:
        """Wait until so many bytes are free, and hold them inside the block."""
        with self._change:
            self._change.wait_for(lambda: self.held == 0 or self.held + n_bytes <= self.total)
            self.held += n_bytes
        try:
            yield
        finally:
            with self._change:
                self.held -= n_bytes
                self._change.notify_all()


DECODING = Allowance(AT_ONCE_BYTES)


def decoding_bytes(image: Image.Image, min_side: int | None = None) -> int:
    """What decoding an opened image and converting it to RGB takes. Raises ItemError where that is too much.

    min_side: as `as_rgb` takes it.
    """
    n_pixels = image.width * image.height
    if n_pixels > MAX_PIXELS:
        raise ItemError(
            f"The image has {n_pixels / 1e6:,.0f} megapixels, more than {MAX_PIXELS // 10**6}. Make it smaller."
        )
    across, down = shrinking(image.size, min_side)
    kept = n_pixels * (_KEPT.get(image.mode, 4) + _held(image)) + _block_bytes(image)
    needed = kept + n_pixels * _RGB_BYTES // (across * down)
    if needed > MAX_BYTES:
        raise ItemError(
            f"The image would take {needed / 1e9:,.1f} GB to decode, more than {MAX_BYTES / 1e9:.1f}. Make it smaller, "
            f"or save it in another format."
        )
    return needed


def check_icon(content: bytes) -> None:
    """Raise ItemError for an icon that holds a large PNG: Pillow decodes it on opening, whatever the icon's own header.

    An icon's pictures have at most 256 pixels a side.
    """
    if content[:4] != b"\0\0\1\0":
        return
    at = content.find(_PNG)
    while at >= 0:
        width, height = (int.from_bytes(content[at + start : at + start + 4], "big") for start in (16, 20))
        if max(width, height) > 1024:
            raise ItemError(f"The icon holds a picture of {width:,} × {height:,} pixels. Save it as PNG.")
        at = content.find(_PNG, at + 1)


def _held(image: Image.Image) -> int:
    """Bytes of a pixel that the decoder holds besides Pillow's own."""
    if image.format == "JPEG2000":
        return 4 * len(image.getbands())
    if image.format in ("JPEG", "MPO"):  # a progressive one keeps the coefficients of all components
        return 2 * len(image.getbands()) if "progressive" in image.info else 0
    return _HELD.get(image.format or "", 0)


def _block_bytes(image: Image.Image) -> int:
    """The buffer for one tile or strip of a TIFF, whose sizes stand in tags of their own and need not fit the image.

    Raises ItemError where it is far larger than the whole image.
    """
    tags = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None:
        return 0
    try:
        bits = tags.get(_BITS, 1)
        deepest = max(bits) if isinstance(bits, tuple) else int(bits)
        size = (int(tags[_TILE_WIDTH]), int(tags[_TILE_LENGTH])) if _TILE_WIDTH in tags else (
            image.width, min(int(tags.get(_STRIP_ROWS, image.height)), image.height)
        )  # fmt: skip
        block = size[0] * size[1] * int(tags.get(_SAMPLES, 1)) * deepest // 8
    except (KeyError, TypeError, ValueError) as error:
        raise ItemError("The image is damaged (its TIFF tags cannot be read).") from error
    if block > max(16 * image.width * image.height, 64_000_000):
        raise ItemError("The image is damaged (its tiles are larger than the image).")
    return block
