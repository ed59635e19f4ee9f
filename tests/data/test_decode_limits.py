"""Small files that decode to gigabytes are refused from their headers, and threads share what decoding may take."""

from __future__ import annotations

import io
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor.data import decode_limits
from advisor.data.decode import ItemError, open_image
from advisor.data.decode_limits import Allowance
from tests.data.dataset_trees import write

HUGE = {"png": 11_000, "gif": 60_000, "webp": 16_000, "tiff": 11_000, "bmp": 11_000, "ppm": 11_000}


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png_header(width: int, height: int, bits: int = 8, colour: int = 0) -> bytes:
    """A PNG that promises so many pixels and holds none."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colour, 0, 0, 0])
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("bits", "colour"), [(16, 0), (8, 6), (16, 6), (16, 4), (1, 0), (8, 3)])
def test_pngs_of_too_many_pixels_are_refused_in_every_mode(bits: int, colour: int) -> None:
    with pytest.raises(ItemError, match="megapixels"):
        open_image(png_header(12_000, 12_000, bits, colour))


@pytest.mark.parametrize(("width", "height"), [(200_000_000, 1), (1, 200_000_000)])
def test_a_giant_of_one_line_is_refused(width: int, height: int) -> None:
    with pytest.raises(ItemError, match="megapixels"):
        open_image(png_header(width, height))


def test_what_counts_are_the_bytes_and_not_the_pixels_alone() -> None:
    small = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(small, "WEBP", lossless=True)
    with Image.open(small) as image:
        image._size = (9000, 9000)
        with pytest.raises(ItemError, match="GB to decode"):
            decode_limits.decoding_bytes(image, 224)
    assert decode_limits.decoding_bytes(Image.new("L", (9000, 9000)), 224) < 200_000_000


def test_a_tiff_whose_tiles_are_larger_than_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    tags = {322: 60_000, 323: 60_000}
    Image.new("L", (64, 64)).save(path, compression="tiff_deflate", tiffinfo=tags)
    with Image.open(path) as image:
        if 322 not in image.tag_v2:  # type: ignore[attr-defined]
            image.tag_v2._tags_v2.update(tags)  # type: ignore[attr-defined]
        with pytest.raises(ItemError, match="tiles are larger"):
            decode_limits.decoding_bytes(image)


def test_an_icon_with_a_giant_inside_is_refused(tmp_path: Path) -> None:
    inner = png_header(12_000, 12_000)
    entry = bytes([0, 0, 0, 0]) + (1).to_bytes(2, "little") + (32).to_bytes(2, "little")
    header = b"\0\0\1\0\1\0" + entry + len(inner).to_bytes(4, "little") + (22).to_bytes(4, "little")
    with pytest.raises(ItemError, match="icon holds"):
        open_image(write(tmp_path / "a.ico", header + inner))
    Image.new("RGBA", (256, 256), "red").save(tmp_path / "b.ico")
    assert open_image(tmp_path / "b.ico").getpixel((9, 9)) == (255, 0, 0)


def test_texts_in_a_png_that_unpack_to_gigabytes_are_no_harm(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 90, np.uint8)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    bomb = chunk(b"zTXt", b"comment\0\0" + zlib.compress(b"\0" * 50_000_000, 9))
    try:
        assert open_image(content[:33] + 20 * bomb + content[33:]).size == (8, 8)
    except ItemError as error:
        assert str(error)


def test_threads_share_an_allowance_and_a_larger_wish_waits_for_all_of_it() -> None:
    allowance, most, held = Allowance(100), [0], threading.Lock()

    def decode(n_bytes: int) -> None:
        with allowance.hold(n_bytes):
            with held:
                most[0] = max(most[0], allowance.held if n_bytes <= 100 else 0)
            time.sleep(0.002)
            if n_bytes > 100:
                assert allowance.held == n_bytes

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, [40, 70, 250, 10, 90, 30] * 10))
    assert allowance.held == 0 and most[0] <= 100


def test_an_error_gives_the_allowance_back() -> None:
    with pytest.raises(ItemError):
        open_image(b"\x89PNG\r\n\x1a\n" + png_header(50, 50)[8:])
    assert decode_limits.DECODING.held == 0
