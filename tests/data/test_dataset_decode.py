from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from advisor.data.decode import ItemError, open_image
from advisor.data.features import reader
from advisor.data.reading import read
from tests.data.dataset_trees import class_folders, csv_of, picture, png, text_rows, write


def saved(path: Path, array: np.ndarray, **how: object) -> Path:
    Image.fromarray(array).save(path, **how)  # type: ignore[arg-type]
    return path


def grey(path: Path) -> np.ndarray:
    image = open_image(path)
    assert image.mode == "RGB"
    return np.asarray(image)[..., 0]


def test_16_bit_is_neither_white_nor_black(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    assert np.abs(grey(saved(tmp_path / "a.png", ramp)).astype(float) - ramp / 257).max() <= 1


def test_12_bits_stored_in_16_keep_their_contrast(tmp_path: Path) -> None:
    ramp = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
    assert grey(saved(tmp_path / "a.png", ramp)).max() == 255


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 8.0), (0.0, 1e6)])
def test_float_images_use_their_range(tmp_path: Path, low: float, high: float) -> None:
    ramp = np.linspace(low, high, 64).astype(np.float32).reshape(8, 8)
    found = grey(saved(tmp_path / "a.tiff", ramp))
    assert (found.min(), found.max()) == (0, 255)


def test_not_a_number_pixels_do_not_spoil_the_rest(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 64).astype(np.float32).reshape(8, 8)
    ramp[0, 0] = np.nan
    assert grey(saved(tmp_path / "a.tiff", ramp)).max() == 255
    with pytest.raises(ItemError, match="finite"):
        open_image(saved(tmp_path / "b.tiff", np.full((4, 4), np.nan, dtype=np.float32)))


def test_transparent_parts_lie_over_white(tmp_path: Path) -> None:
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    assert grey(saved(tmp_path / "a.png", clear)).min() == 255
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30] * 256)
    palette.save(tmp_path / "b.png", transparency=0)
    assert grey(tmp_path / "b.png").min() == 255


def test_exif_turns_the_image_upright(tmp_path: Path) -> None:
    wide = Image.new("RGB", (40, 20))
    exif = wide.getexif()
    exif[0x0112] = 6
    wide.save(tmp_path / "a.jpg", exif=exif)
    assert open_image(tmp_path / "a.jpg").size == (20, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "RGBA", "YCbCr", "I", "F"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    ending = {"CMYK": "jpg", "YCbCr": "jpg", "I": "tiff", "F": "tiff"}.get(mode, "png")
    picture(16).convert(mode).save(tmp_path / f"a.{ending}")
    image = open_image(tmp_path / f"a.{ending}")
    assert (image.mode, image.size) == ("RGB", (16, 16))
    assert np.asarray(image).std() > 1


def test_draft_mode_keeps_the_least_side(tmp_path: Path) -> None:
    picture(640).save(tmp_path / "a.jpg")
    small = open_image(tmp_path / "a.jpg", min_side=100)
    assert 100 <= small.width < 640


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [11_000, 40_000])
def test_a_small_file_of_too_many_pixels_is_refused_unopened(tmp_path: Path, side: int) -> None:
    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(ItemError, match="megapixels"):
        open_image(write(tmp_path / "a.png", b"\x89PNG\r\n\x1a\n" + body))


@pytest.mark.parametrize(
    "content", [b"not an image", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_image_says_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ItemError, match="not a readable image"):
        open_image(write(tmp_path / "a.png", content))


def test_a_cut_image_and_a_missing_one(tmp_path: Path) -> None:
    picture(64).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    with pytest.raises(ItemError, match="truncated"):
        open_image(write(tmp_path / "b.jpg", whole[: len(whole) // 2]))
    with pytest.raises(ItemError, match="is gone"):
        open_image(tmp_path / "c.jpg")


WHOLE = png(24)


@given(at=st.integers(8, len(WHOLE) - 1), bits=st.integers(1, 255))
def test_a_flipped_byte_gives_a_picture_or_an_item_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, bits: int
) -> None:
    content = bytearray(WHOLE)
    content[at] ^= bits
    path = write(tmp_path_factory.mktemp("flip") / "a.png", bytes(content))
    try:
        assert open_image(path).mode == "RGB"
    except ItemError as error:
        assert str(error)


def test_items_of_a_dataset(tmp_path: Path) -> None:
    images = read(class_folders(tmp_path / "images"))
    first = reader(images)(0)
    assert isinstance(first, Image.Image)
    assert np.array_equal(np.asarray(first), np.asarray(open_image(images.items["path"][0])))
    texts = read(write(tmp_path / "texts.csv", csv_of(text_rows())))
    assert reader(texts)(3) == texts.items["text"][3]
