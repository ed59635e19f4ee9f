"""Arrays and tensors as the images that Pillow would open from a file of their values.

Shapes: (h, w), (h, w, 1), (h, w, 2) grey with alpha, (h, w, 3), (h, w, 4) with alpha; a tensor may have its channels
first. Types: bool, uint8, 16-bit and wider integers, floats from 0 to 1 or from 0 to 255.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from advisor.core.wording import counted
from advisor.data.pixels import ItemError

N_CHANNELS = (1, 2, 3, 4)
_KINDS = "buif"


def is_array(item: Any) -> bool:
    """Whether an item is an array or a tensor."""
    if isinstance(item, (str, bytes)):  # NumPy's own strings have a shape
        return False
    return hasattr(item, "shape") and (hasattr(item, "detach") or hasattr(item, "__array__"))


def is_one_image(array: Any) -> bool:
    """Whether an array or tensor is one image rather than a list of them, which have one axis more."""
    shape = tuple(array.shape)
    return len(shape) == 2 or (len(shape) == 3 and (shape[-1] in N_CHANNELS or _channels_first(array)))


def image_of(array: Any) -> Image.Image:
    """An image in the mode that a file of these values opens in. Raises ItemError saying what is expected."""
    values = _values(array)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    return _grey(values) if values.ndim == 2 else _colour(values)


def _values(array: Any) -> np.ndarray:
    """The values with the channels last, of a type that a file can hold."""
    first = _channels_first(array)
    values = np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)
    if values.dtype.kind not in _KINDS:
        raise ItemError(f"The array holds {values.dtype} and no numbers. Give uint8, uint16 or float values.")
    if not is_one_image(array):
        raise ItemError(
            f"The array has the shape {values.shape}, which is not an image. Give height × width, with 3 channels for "
            f"colour or 4 with transparency."
        )
    if not values.size:
        raise ItemError(f"The array has no pixels (its shape is {values.shape}).")
    return np.moveaxis(values, 0, 2) if first else values


def _channels_first(array: Any) -> bool:
    """Channels come first in tensors, and in an array whose last axis cannot be channels."""
    shape = tuple(array.shape)
    can_be = len(shape) == 3 and shape[0] in N_CHANNELS
    return can_be and (hasattr(array, "detach") or shape[2] not in N_CHANNELS)


def _grey(values: np.ndarray) -> Image.Image:
    """(h, w) to one of the modes 1, L, I;16, I and F."""
    if values.dtype.kind == "b":
        return Image.fromarray(values)
    if values.dtype == np.uint8:
        return Image.fromarray(values)
    if values.dtype.kind == "f":
        if not np.isfinite(values).any():
            raise ItemError("The array has no finite value.")
        return Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= 65535:
        return Image.fromarray(np.ascontiguousarray(values, dtype=np.uint16))
    if low < -(2**31) or high >= 2**31:
        raise ItemError(f"The array has values from {low} to {high}, more than an image can hold. Give them as floats.")
    return Image.fromarray(np.ascontiguousarray(values, dtype=np.int32))


def _colour(values: np.ndarray) -> Image.Image:
    """(h, w, 2 to 4) to LA, RGB or RGBA."""
    return Image.fromarray(np.ascontiguousarray(_of_8_bits(values)))


def _of_8_bits(values: np.ndarray) -> np.ndarray:
    """Channels as uint8: of 16 bits the upper ones, as Pillow reads files of such colours."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * 255
    n_bad = int(values.size - np.isfinite(values).sum()) if values.dtype.kind == "f" else 0
    if n_bad:
        raise ItemError(f"The array has {counted(n_bad, 'value')} that {'is' if n_bad == 1 else 'are'} not finite.")
    low, high = float(values.min()), float(values.max())
    if values.dtype == np.uint16 and high > 255:
        return (values >> 8).astype(np.uint8)
    if low < 0 or high > 255:
        raise ItemError(
            f"The array's colours run from {low:g} to {high:g}. Give floats from 0 to 1 or from 0 to 255, or uint8."
        )
    scale = 255.0 if values.dtype.kind == "f" and high <= 1 else 1.0
    return np.round(values.astype(np.float64) * scale).astype(np.uint8)
