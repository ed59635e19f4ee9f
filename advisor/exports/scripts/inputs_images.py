"""Image files as the model takes them: levels of 8 bits, upright, of any size. The model resizes and normalises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

HOW: dict[str, Any] = json.loads(Path(__file__).with_name("preprocessing.json").read_text("utf-8"))
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation to Pillow's Transpose
BATCH = 32
Image.init()  # else Pillow knows no format yet; only formats of pixels, as it would start Ghostscript for an EPS
FORMATS = {*"JPEG PNG GIF BMP DIB WEBP TIFF PPM TGA JPEG2000 AVIF ICO PCX SGI".split()} & {*Image.OPEN}
Source = str | Path | IO[bytes]


def batches(items: Sequence[Source]) -> Iterator[tuple[list[int], dict[str, np.ndarray]]]:
    """Images that go through the model together, those of one size: their places among the items, and their pixels."""
    for start in range(0, len(items), BATCH):
        alike: dict[tuple[int, ...], dict[int, np.ndarray]] = {}
        for place in range(start, min(start + BATCH, len(items))):
            pixels = picture(items[place])
            alike.setdefault(pixels.shape, {})[place] = pixels
        yield from ((list(group), {"pixels": np.stack(list(group.values()))}) for group in alike.values())


def picture(source: Source) -> np.ndarray:
    """An image as (h, w, 3) uint8: upright, transparent parts over white, 16-bit and float values scaled to 8 bits."""
    image: Image.Image = Image.open(source, formats=sorted(FORMATS))
    image.load()
    turn = TURNS.get(image.getexif().get(0x0112, 1))
    if image.mode.startswith(("I", "F")):
        image = eight_bits(np.asarray(image, dtype=np.float64), image.mode)
    elif image.has_transparency_data or image.mode == "La":
        above = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", above.size, (255, 255, 255, 255)), above)
    image = image.convert("RGB").reduce(shrinking(*image.size))
    return np.asarray(image if turn is None else image.transpose(Image.Transpose(turn)))


def eight_bits(values: np.ndarray, mode: str) -> Image.Image:
    """Grey of 8 bits: by the range that the model learned with, else by the image's own."""
    known = HOW["ranges"]["integers" if mode.startswith("I") else "floats"]
    low, high = known or own_range(values[np.isfinite(values)], mode)
    grey = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.clip(np.round(grey), 0, 255).astype(np.uint8))


def own_range(values: np.ndarray, mode: str) -> tuple[float, float]:
    """0 to 1, or the top of 8, 12 or 16 bits where the values fit, else from the least to the most."""
    low, high = float(values.min()), float(values.max())
    if mode == "F" and low >= 0 and high <= 1:
        return 0.0, 1.0
    return (
        (0.0, next(top for top in (255.0, 4095.0, 65535.0) if high <= top))
        if low >= 0 and high <= 65535
        else (low, high)
    )


def shrinking(width: int, height: int) -> tuple[int, int]:
    """By what an image above 16 megapixels is divided, as in training; (1, 1) for any other."""
    short, long, side = min(width, height), max(width, height), HOW["size_px"]
    if short * long <= 16_000_000:
        return 1, 1
    both = max(1, short // (2 * side))
    along = max(both, long // max(4 * (short // both), 2 * side)) if short * long > both**2 * 16_000_000 else both
    return (along, both) if width == long else (both, along)
