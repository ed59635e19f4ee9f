"""What a user hands to a saved model, as items: images in any form, texts; or the reason why one is neither.

One bad input among many does not lose the others: its row says why it cannot be used.
"""

from __future__ import annotations

import reprlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import PixelRange
from advisor.core.wording import counted, percent, short
from advisor.data.arrays import image_of, is_array, is_one_image
from advisor.data.decode import ItemError, raw_image
from advisor.data.decode_limits import DECODING, decoding_bytes
from advisor.data.pixel_range import outside
from advisor.data.pixels import as_rgb, is_deep

#: A text, or an image: a path, the content of a file, an open file, an image of Pillow, an array or a tensor.
Input = Any
#: From this share of values beyond the range on it is said that they are clipped.
CLIPPED = 0.01
#: Characters of an input in a sentence.
SHOWN = 60
_URL = ("http://", "https://", "ftp://", "s3://", "gs://", "hf://")
#: Images of Pillow load on first use, and one may stand in a list twice.
_loading = threading.Lock()


@dataclass(frozen=True)
class Unusable:
    """An input that is known to be none: its name and why, as a sentence."""

    name: str
    reason: str


@dataclass
class Remarks:
    """What is to be said of inputs, by their position: why one cannot be used, and what was done to another."""

    problems: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def check_any(problems: Sequence[str]) -> None:
    """Raise DatasetError where none of the inputs can be used, with the reason of the first. problems: "" for none."""
    if problems and all(problems):
        rest = f" None of the {counted(len(problems), 'input')} can be used." if len(problems) > 1 else ""
        raise DatasetError(problems[0] + rest)


def as_list(inputs: Any) -> list[Input]:
    """The inputs as a list; a single one is a list of one. Raises DatasetError for what is neither."""
    if hasattr(inputs, "columns") or isinstance(inputs, Mapping):
        what = "a table" if hasattr(inputs, "columns") else "a mapping"
        raise DatasetError(f"The input is {what}. Give a list of items, such as one of its columns.")
    if is_array(inputs):
        return [inputs] if len(inputs.shape) == 0 or is_one_image(inputs) else list(inputs)
    if isinstance(inputs, (str, Path, bytes, bytearray, memoryview, Image.Image, Unusable)) or hasattr(inputs, "read"):
        return [inputs]
    if not isinstance(inputs, Iterable):
        raise DatasetError(f"The input {shown(inputs)} is no item and no list of items. Give a list, such as [item].")
    return list(inputs)


def name_of(item: Input, index: int) -> str:
    """What an input is called in its row."""
    if isinstance(item, Unusable):
        return item.name
    if isinstance(item, (str, Path)):
        return str(item)
    name = getattr(item, "name", None) or getattr(item, "filename", None)
    if isinstance(name, str) and name:
        return name
    return f"image {index + 1}" if _is_image(item) else f"input {index + 1}"


def shown(item: Input) -> str:
    """An input in a sentence: short, whatever it is."""
    if is_array(item):
        return f"an array of shape {tuple(item.shape)}"
    return short(reprlib.repr(item), SHOWN)


def text_of(item: Input, number: int) -> str:
    """An input as a text. Raises DatasetError saying what it is instead; number: its place among the inputs, from 1."""
    if isinstance(item, Unusable):
        raise DatasetError(item.reason)
    if not isinstance(item, str):
        raise DatasetError(f"Input {number} is {shown(item)}, which is not text. This model takes texts as strings.")
    if not item.strip():
        raise DatasetError(f"Input {number} is empty. Give a text.")
    return str(item).encode("utf-8", "replace").decode()


def open_input(item: Input, min_side: int, levels: PixelRange | None = None) -> tuple[Image.Image, str]:
    """One image given by the user, as RGB, and what is to be said of it. Raises DatasetError with the cause.

    levels: what 16-bit and float values meant where the model learned.
    """
    if isinstance(item, Unusable):
        raise DatasetError(item.reason)
    if isinstance(item, Image.Image):
        return _of_pillow(item, min_side, levels)
    if is_array(item):
        return _of_pillow(image_of(item), min_side, levels)
    if isinstance(item, (bytes, bytearray, memoryview)):
        return _decoded(bytes(item), min_side, levels)
    if hasattr(item, "read"):
        return _decoded(_content(item), min_side, levels)
    if not isinstance(item, (str, Path)):
        raise DatasetError(
            f"The input {shown(item)} is not an image. Give a path, the content of a file, a Pillow image or an array."
        )
    path = _existing(item)
    try:
        return _decoded(path, min_side, levels)
    except ItemError as error:  # the reader's reasons name no file, since its lists do
        raise DatasetError(f"{path} cannot be used. {error}") from error


def _existing(item: str | Path) -> Path:
    """The file of this name. Raises DatasetError saying what the name is instead."""
    if str(item).lower().startswith(_URL):
        raise DatasetError(f"{short(str(item), SHOWN)} is a web address. Download the image, and give its file.")
    path = Path(item)
    try:
        if path.is_dir():
            raise DatasetError(
                f"{path} is a folder. Give the images in it; the command advisor predict takes a folder whole."
            )
        if path.is_file():
            return path
    except (OSError, ValueError):  # too long for a name, or with a null character
        pass
    raise DatasetError(f"There is no file {short(str(item), 200)}. Give the path of an image.")


def _content(stream: Any) -> bytes:
    """What an open file holds, from its start. Raises DatasetError where it gives no bytes."""
    with _loading:
        if hasattr(stream, "seek"):
            stream.seek(0)
        content = stream.read()
    if not isinstance(content, bytes):
        raise DatasetError("The file was opened as text. Open an image in binary mode ('rb').")
    return content


def _decoded(source: Path | bytes, min_side: int, levels: PixelRange | None) -> tuple[Image.Image, str]:
    """In full and not in JPEG's faster draft, which an image in memory has not gone through."""
    with raw_image(source, min_side, draft=False) as raw:
        picture, note = as_rgb(raw.image, levels, min_side), _note(raw.image, levels)
        n = raw.n_pictures
        pages = f"Only the first of its {n:,} pages or frames is read." if n > 1 else ""
        return picture, " ".join(part for part in (note, pages) if part)


def _of_pillow(image: Image.Image, min_side: int, levels: PixelRange | None) -> tuple[Image.Image, str]:
    with DECODING.hold(decoding_bytes(image, min_side)):
        try:
            with _loading:
                image.load()
        except Exception as error:  # the file that it was opened from may be damaged, or closed
            raise DatasetError(f"The image cannot be decoded ({error or type(error).__name__}).") from error
        return as_rgb(image, levels, min_side), _note(image, levels)


def _note(image: Image.Image, levels: PixelRange | None) -> str:
    """How the values of a 16-bit or float image fit what the model learned from."""
    if not is_deep(image):
        return ""
    pair = levels.of(image.mode) if levels is not None else None
    if pair is None:
        return "Its values go beyond 8 bits and those the model learned from do not, so they are scaled by themselves."
    share = outside(image, levels)
    if share < CLIPPED:
        return ""
    return (
        f"{percent(share, 0)} of its values lie outside the range that the model learned from "
        f"({pair[0]:,.6g} to {pair[1]:,.6g}) and are clipped."
    )


def _is_image(item: Input) -> bool:
    return isinstance(item, (Image.Image, bytes)) or is_array(item) or hasattr(item, "read")
