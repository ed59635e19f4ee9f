"""An image of Pillow, whatever its mode, to one RGB picture as a person would see it.

A file, the image that Pillow opens of it and the array of its values are one picture, because all of them end here:
upright by EXIF, transparent parts over white, 16-bit and float values by one range for the whole dataset
(`advisor.data.pixel_range`). Large images are converted tile by tile, and shrunk on the way where the caller needs
them small, so that a picture of 100 megapixels takes little beyond what its decoder takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import PixelRange

#: Values 16-bit files really use at their top: 8 and 12 bits stored in 16 would else come out black.
TOPS = (255.0, 4095.0, 65535.0)
#: Images of more pixels are shrunk before they are converted, where a small picture is asked for.
SHRUNK_PIXELS = 16_000_000
#: Side of the tiles that a large image is converted in.
TILE_PX = 2048
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE = (255, 255, 255, 255)


class ItemError(DatasetError):
    """One item cannot be read; the message is the reason, a plain sentence."""


def as_rgb(image: Image.Image, levels: PixelRange | None = None, min_side: int | None = None) -> Image.Image:
    """The picture as RGB, upright, transparent parts over white; a new image that carries no metadata.

    levels: what 16-bit and float values mean in this dataset; without it each such image is scaled by itself.
    min_side: an image above 16 megapixels may come smaller, but no side gets below this many pixels through it.
    Raises ItemError for an image without a pixel or without a finite value.
    """
    if not image.width or not image.height:
        raise ItemError("The image has no pixels.")
    turn, convert = _TURNS.get(_orientation(image)), _converter(image, levels)
    factor = shrinking(image.size, min_side)
    whole = factor == (1, 1) and image.width * image.height <= TILE_PX**2
    picture = convert(image) if whole else _by_tiles(image, convert, factor)
    picture = picture.transpose(turn) if turn is not None else picture
    picture = picture.copy() if picture is image else picture
    picture.info = {}
    return picture


def is_deep(image: Image.Image) -> bool:
    """Whether the values are beyond 8 bits: 16- or 32-bit integers, or floats."""
    return image.mode.startswith(("I", "F"))


def shrinking(size: tuple[int, int], min_side: int | None) -> tuple[int, int]:
    """By what whole number each axis of a large image is divided; (1, 1) for any other.

    Both axes alike, and the long one of a strip further, as long as the strip remains one.

    >>> shrinking((4000, 4000), 224), shrinking((10_000, 8000), 224), shrinking((90_000_000, 1), 224)
    ((1, 1), (17, 17), (200892, 1))
    """
    short, long = min(size), max(size)
    if min_side is None or short * long <= SHRUNK_PIXELS:
        return 1, 1
    both = max(1, short // (2 * min_side))
    along = both
    if short * long > both**2 * SHRUNK_PIXELS:
        along = max(both, long // max(4 * (short // both), 2 * min_side))
    return (along, both) if size[0] == long else (both, along)


def values_of(image: Image.Image) -> Iterator[np.ndarray]:
    """The values of a grey image tile by tile, each (h, w) in its own type."""
    for box in _boxes(image.size, (TILE_PX, TILE_PX)):
        yield np.asarray(image.crop(box))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return 1


def _converter(image: Image.Image, levels: PixelRange | None) -> Callable[[Image.Image], Image.Image]:
    """What turns a part of the image into RGB."""
    if is_deep(image):
        low, high = (levels and levels.of(image.mode)) or own_levels(image)
        if image.mode.startswith("I;16") and image.width * image.height > 2**17:  # looking up is ten times faster
            table = np.asarray(_scaled(np.arange(2**16, dtype=np.float64)[None], low, high))[0]
            return lambda part: Image.fromarray(table[np.asarray(part)]).convert("RGB")
        return lambda part: _scaled(np.asarray(part, dtype=np.float64), low, high).convert("RGB")
    if image.mode == "La":  # Pillow knows no way from it to RGBA
        return lambda part: _over_white(part.convert("LA"))
    if image.has_transparency_data:
        return _over_white
    return lambda part: part if part.mode == "RGB" else part.convert("RGB")


def _over_white(part: Image.Image) -> Image.Image:
    above = part.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", above.size, _WHITE), above).convert("RGB")


def _by_tiles(
    image: Image.Image, convert: Callable[[Image.Image], Image.Image], factor: tuple[int, int]
) -> Image.Image:
    across, down = factor
    picture = Image.new("RGB", (-(-image.width // across), -(-image.height // down)))
    for box in _boxes(image.size, (max(1, TILE_PX // across) * across, max(1, TILE_PX // down) * down)):
        picture.paste(convert(image.crop(box)).reduce(factor), (box[0] // across, box[1] // down))
    return picture


def _boxes(size: tuple[int, int], tile: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, size[1], tile[1]):
        for left in range(0, size[0], tile[0]):
            yield left, top, min(left + tile[0], size[0]), min(top + tile[1], size[1])


def own_levels(image: Image.Image) -> tuple[float, float]:
    """The range of one image by itself: 8, 12 or 16 bits where its values fit, 0 to 1, else from least to most.

    It differs from image to image, so it is only used where nothing is known of the dataset.
    """
    low, high, whole = np.inf, -np.inf, True
    for values in values_of(image):
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            whole = whole and (finite.dtype.kind != "f" or not bool((finite != np.round(finite)).any()))
    if high < low:
        raise ItemError("The image has no finite pixel value.")
    if low >= 0 and high <= 1 and (not whole or image.mode == "F"):
        return 0.0, 1.0
    if low >= 0 and high <= TOPS[-1]:
        return 0.0, next(top for top in TOPS if high <= top)
    return low, high


def _scaled(values: np.ndarray, low: float, high: float) -> Image.Image:
    """Grey of 8 bits, black at `low` and white at `high`. Shape: values (h, w)."""
    grey = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.clip(np.round(grey), 0, 255).astype(np.uint8))
