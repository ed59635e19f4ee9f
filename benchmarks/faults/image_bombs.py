"""Small image files that decode to gigabytes: the peak memory of a fresh `advisor profile` on a folder full of them.

Each folder holds ten bombs of one kind beside forty honest pictures in two classes, so that the dataset is read and the
bombs are decoded side by side by several threads.
"""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.faults.bombs import profiled
from benchmarks.figures import Figure

#: Ten bombs may cost so much more memory than the honest pictures alone.
MOST_GB = 1.8
N_BOMBS = 10
#: Just within the limit of pixels that one image may have.
SIDE = 9_990


def figures() -> Iterator[Figure]:
    """Peak of each kind of bomb above that of honest pictures, and how many folders were read to their end."""
    with tempfile.TemporaryDirectory() as name:
        idle = profiled(_folder(Path(name) / "honest", "png", None)).peak_gb
        n_read = 0
        for what, (ending, make) in IMAGE_BOMBS.items():
            content = make()
            ending_of = profiled(_folder(Path(name) / what.replace(" ", "-"), ending, content))
            n_read += ending_of.status == 0
            how = f"{N_BOMBS} × {len(content) / 1e6:.1f} MB, {ending_of.seconds:.0f} s, exit status {ending_of.status}"
            yield Figure("image_bombs", what, ending_of.peak_gb - idle, "GB above idle", "at most", (MOST_GB,), how)
        yield Figure(
            "image_bombs", "folders read to the end", n_read, "folders", "at least", (len(IMAGE_BOMBS),),
            "the bombs are decoded within bounds or set aside with a reason",
        )  # fmt: skip


def _folder(root: Path, ending: str, bomb: bytes | None) -> Path:
    """Two classes of honest pictures, and ten copies of a bomb that differ in their last bytes."""
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (root / label).mkdir(parents=True)
        for n in range(20):
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(root / label / f"{n}.png")
    for n in range(N_BOMBS if bomb is not None else 0):
        (root / "ab"[n % 2] / f"bomb{n}.{ending}").write_bytes((bomb or b"") + bytes([n]))
    return root


def _saved(image: Image.Image, form: str, **how: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **how)
    return stream.getvalue()


def _grey16() -> bytes:
    return _saved(Image.fromarray(np.zeros((SIDE, SIDE), np.uint16)), "PNG")


def _line() -> bytes:
    return _saved(Image.new("L", (65_000, 1_500)), "PNG")


def _one_pixel_high() -> bytes:
    return _png(SIDE * SIDE, 1, b"\0" * (SIDE * SIDE + 1))


def _png(width: int, height: int, rows: bytes, colour: int = 0, more: bytes = b"") -> bytes:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, colour, 0, 0, 0])
    chunks = _chunk(b"IHDR", header) + more + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def _texts() -> bytes:
    text = _chunk(b"zTXt", b"comment\0\0" + zlib.compress(b" " * 100_000_000, 9))
    profile = _chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"\0" * 1_000_000_000, 9))
    return _png(64, 64, b"\0" * 65 * 64, more=profile + 10 * text)


def _frames() -> bytes:
    """A GIF of a thousand frames of 81 megapixels each, nearly all of it repeats."""
    size = (9_000).to_bytes(2, "little") * 2
    one = _saved(Image.new("P", (9_000, 9_000)), "GIF")
    start = one.index(b"\x2c" + b"\0\0\0\0" + size)
    return one[:start] + 1000 * one[start : one.rindex(b"\x3b")] + b"\x3b" if len(one) < 20_000 else one


def _lying_tiff() -> bytes:
    """A TIFF of 64 pixels a side whose one tile claims 60,000."""
    stream = bytearray(_saved(Image.new("L", (64, 64)), "TIFF", compression="tiff_adobe_deflate"))
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: 60_000, 323: 60_000, 324: 8, 325: 40}
    entries = b"".join(
        tag.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for tag, value in sorted(tags.items())
    )
    at = len(stream) + len(stream) % 2
    stream += b"\0" * (at - len(stream)) + len(tags).to_bytes(2, "little") + entries + b"\0\0\0\0"
    stream[4:8] = at.to_bytes(4, "little")
    return bytes(stream)


def _progressive() -> bytes:
    return _saved(Image.new("RGB", (SIDE, SIDE)), "JPEG", progressive=True, quality=30)


IMAGE_BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "PNG of 16 bits": ("png", _grey16),
    "PNG with transparency": ("png", lambda: _saved(Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 9)), "PNG")),
    "PNG with a palette": ("png", lambda: _saved(Image.new("P", (SIDE, SIDE)), "PNG", transparency=0)),
    "PNG of one bit": ("png", lambda: _saved(Image.new("1", (SIDE, SIDE)), "PNG")),
    "PNG of a long strip": ("png", _line),
    "PNG one pixel high": ("png", _one_pixel_high),
    "PNG with texts and a profile": ("png", _texts),
    "float TIFF": ("tiff", lambda: _saved(Image.new("F", (SIDE, SIDE)), "TIFF", compression="tiff_adobe_deflate")),
    "TIFF with a lying tile": ("tiff", _lying_tiff),
    "JPEG": ("jpg", lambda: _saved(Image.new("RGB", (SIDE, SIDE)), "JPEG", quality=30)),
    "progressive JPEG": ("jpg", _progressive),
    "CMYK JPEG": ("jpg", lambda: _saved(Image.new("CMYK", (SIDE, SIDE)), "JPEG", quality=30)),
    "JPEG 2000": ("jp2", lambda: _saved(Image.new("RGB", (7_000, 7_000)), "JPEG2000")),
    "WebP": ("webp", lambda: _saved(Image.new("RGBA", (9_000, 9_000)), "WEBP", lossless=True, method=0)),
    "AVIF": ("avif", lambda: _saved(Image.new("RGB", (9_000, 9_000)), "AVIF", speed=10)),
    "GIF of many frames": ("gif", _frames),
}
