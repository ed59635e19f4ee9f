"""One image to one RGB picture, as a person would see it; or one sentence why not.

Decisions, each from a measurement in docs/design.md: Pillow and not torchvision's decoder (which ended the process on
290 of 400 mutated PNGs); decoded whole (`verify()` proves nothing); EXIF rotation applied; 16-bit and float images
scaled, as `convert("RGB")` turns them white or black; bounded by the bytes that decoding takes; only raster formats, so
that Pillow never starts Ghostscript for an EPS. Of several pages or frames the first is read.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from advisor.core.records import PixelRange
from advisor.data.decode_limits import DECODING, MAX_PIXELS, check_icon, decoding_bytes
from advisor.data.pixels import ItemError as ItemError
from advisor.data.pixels import as_rgb
from advisor.data.read.fingerprint import digest_stream

FORMATS = "JPEG PNG GIF BMP DIB WEBP TIFF PPM TGA JPEG2000 AVIF ICO PCX SGI".split()
#: A larger file is decoded from the disk, a smaller one from a copy in memory.
IN_MEMORY_BYTES = 32_000_000
#: Pages and frames are counted up to so many, and those of a GIF only in a file that is gone through quickly.
MOST_COUNTED, LONG_GIF = 1000, 4_000_000

# The limit is checked on every image, as an error; Pillow's own softer warning would only be noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class RawImage:
    """A decoded image in its own mode, the stream that it was decoded from, and what its header says."""

    image: Image.Image
    stream: IO[bytes]
    width_px: int
    height_px: int
    mode: str

    @property
    def digest(self) -> str:
        """The digest of the bytes that were decoded, as a listing makes it of a file."""
        self.stream.seek(0)
        return digest_stream(self.stream)

    @property
    def n_pictures(self) -> int:
        """How many pages or frames there are, of which the first was decoded; counted up to `MOST_COUNTED`."""
        if self.image.format not in ("TIFF", "GIF"):
            return min(MOST_COUNTED, int(getattr(self.image, "n_frames", 1)))
        n_bytes = self.stream.seek(0, os.SEEK_END)
        self.stream.seek(0)
        with Image.open(self.stream, formats=("TIFF", "GIF")) as again:  # counting moves on in the file
            return _counted(again, n_bytes)


def open_image(
    source: str | Path | bytes, min_side: int | None = None, levels: PixelRange | None = None, draft: bool = True
) -> Image.Image:
    """The picture in a file, or in its content, as RGB, upright, transparent parts over white.

    min_side: the result may be smaller than the file, but no side gets below this many pixels through it. levels: what
    16-bit and float values mean in the dataset. draft: JPEG may decode at a half, a quarter or an eighth, far faster
    and a little different. Raises ItemError.
    """
    with raw_image(source, min_side, draft) as raw:
        return as_rgb(raw.image, levels, min_side)


def open_with_digest(
    path: str | Path, min_side: int | None = None, levels: PixelRange | None = None
) -> tuple[Image.Image, str]:
    """As `open_image`, with the digest of the very bytes that were decoded: the file may be exchanged at any moment."""
    with raw_image(path, min_side) as raw:
        return as_rgb(raw.image, levels, min_side), raw.digest


@contextlib.contextmanager
def raw_image(source: str | Path | bytes, min_side: int | None = None, draft: bool = True) -> Generator[RawImage]:
    """The first picture of a file, or of its content, decoded but not converted; for the block's duration.

    Arguments as in `open_image`. Raises ItemError, for whatever the block raises too. The memory that it takes is held
    from the allowance of all threads.
    """
    name = "" if isinstance(source, bytes) else str(source)
    try:
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(_stream(source))
            image = stack.enter_context(Image.open(stream, formats=_formats()))
            stack.enter_context(DECODING.hold(decoding_bytes(image, min_side)))
            header = image.width, image.height, image.mode
            if min_side and draft:
                image.draft(None, (min_side, min_side))
            image.load()
            yield RawImage(image, stream, *header)
    except ItemError:
        raise
    except Exception as error:  # a decoder fed with bad bytes raises almost anything; all of it means "unreadable"
        raise ItemError(_reason(name, error)) from error


def _counted(image: Image.Image, n_bytes: int) -> int:
    """The pages of a TIFF or the frames of a GIF that is open, without decoding any; n_bytes: of the file."""
    if not getattr(image, "is_animated", False):
        return 1
    if image.format == "GIF":  # its frames are found by going through the file
        return min(MOST_COUNTED, int(getattr(image, "n_frames", 2))) if n_bytes < LONG_GIF else 2
    n_pages = 1
    with contextlib.suppress(EOFError, OSError, ValueError, SyntaxError):
        while n_pages < MOST_COUNTED:
            image.seek(n_pages)
            n_pages += 1
    return n_pages


def _stream(source: str | Path | bytes) -> IO[bytes]:
    """The content to decode: in memory, so that what is hashed is what was decoded, or the open file where it is large.

    Raises ItemError for an empty one.
    """
    if not isinstance(source, bytes):
        stream = open(source, "rb")  # noqa: SIM115, PTH123 (the caller closes it; 100,000 Path objects are slow)
        if os.fstat(stream.fileno()).st_size > IN_MEMORY_BYTES:
            return stream
        with stream:
            source = stream.read()
    if not source:
        raise ItemError("The file is empty (0 bytes).")
    check_icon(source)
    return BytesIO(source)


@cache
def _formats() -> tuple[str, ...]:
    """The formats that this Pillow was built with; naming another one would end in a KeyError."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _reason(name: str, error: Exception) -> str:
    """Why a file is unreadable, for people."""
    if isinstance(error, FileNotFoundError):
        return f"The file {name} is gone. Read the dataset again from its new place."
    if isinstance(error, Image.DecompressionBombError):
        return f"The image has far more than {MAX_PIXELS // 10**6} megapixels. Make it smaller."
    if isinstance(error, UnidentifiedImageError):
        return "The file is not a readable image: it is damaged or in another format."
    if isinstance(error, MemoryError):
        return "The image is too large for this machine's memory."
    if isinstance(error, PermissionError):
        return "The file cannot be opened (permission denied)."
    text = str(error).replace(name, "the file") if name else str(error)
    if "truncated" in text.lower():
        return "The image is truncated."
    return f"The image is damaged ({text or type(error).__name__})."
