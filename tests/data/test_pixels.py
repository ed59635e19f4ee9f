"""A file, the image that Pillow opens of it and the array of its values are one picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps

from advisor.core.records import PixelRange
from advisor.data.arrays import image_of, is_one_image
from advisor.data.decode import ItemError, open_image
from advisor.data.pixels import SHRUNK_PIXELS, TILE_PX, as_rgb
from tests.data.dataset_trees import picture

SIDE = 24


def coloured() -> Image.Image:
    """A smooth picture, red at the left and blue at the right."""
    ramp = np.tile(np.linspace(0, 255, SIDE), (SIDE, 1))
    return Image.fromarray(np.dstack([255 - ramp, ramp.T, ramp]).astype(np.uint8))


def see_through(mode: str) -> Image.Image:
    """The picture with its left half transparent, in one of the modes that can be."""
    image = coloured().convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat([0, 255], SIDE // 2).astype(np.uint8)[None].repeat(SIDE, 0)))
    return image.convert(mode)


def keyed(mode: str) -> Image.Image:
    """A picture whose left half has the one colour that counts as transparent."""
    image = Image.new(mode, (SIDE, SIDE), 1)
    image.paste(0, (0, 0, SIDE // 2, SIDE))
    image.info["transparency"] = 0
    if mode == "P":
        image.putpalette([10, 20, 30, 200, 0, 0])
    return image


def palette_with_bytes() -> Image.Image:
    image = keyed("P")
    image.info["transparency"] = bytes([0, 255])
    return image


def lab() -> Image.Image:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    done = ImageCms.profileToProfile(coloured(), *profiles, outputMode="LAB")
    assert done is not None
    return done


FILES: dict[str, tuple[str, Callable[[], Image.Image]]] = {
    "rgb": ("png", coloured),
    "palette": ("png", lambda: coloured().quantize(32)),
    "palette gif": ("gif", lambda: coloured().quantize(32)),
    "cmyk jpeg": ("jpg", lambda: coloured().convert("CMYK")),
    "cmyk tiff": ("tiff", lambda: coloured().convert("CMYK")),
    "ycc jpeg": ("jpg", lambda: coloured().convert("YCbCr")),
    "lab tiff": ("tiff", lab),
    "rgba": ("png", lambda: see_through("RGBA")),
    "rgba webp": ("webp", lambda: see_through("RGBA")),
    "grey and alpha": ("png", lambda: see_through("LA")),
    "palette with one transparent": ("png", lambda: keyed("P")),
    "palette with transparency bytes": ("png", palette_with_bytes),
    "grey with one transparent": ("png", lambda: keyed("L")),
    "grey": ("png", lambda: coloured().convert("L")),
    "one bit": ("png", lambda: coloured().convert("1")),
    "float": ("tiff", lambda: coloured().convert("F")),
    "int": ("tiff", lambda: coloured().convert("I")),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_and_the_image_opened_of_it_are_one_picture(what: str, tmp_path: Path) -> None:
    ending, make = FILES[what]
    path = tmp_path / f"a.{ending}"
    make().save(path)
    by_path, by_content = open_image(path), open_image(path.read_bytes())
    with Image.open(path) as opened:
        by_image = as_rgb(opened)
    assert by_path.mode == by_image.mode == "RGB"
    assert by_path.tobytes() == by_content.tobytes() == by_image.tobytes()
    if "transparen" in what or "alpha" in what or "rgba" in what:
        assert np.asarray(by_path)[:, : SIDE // 2].min() >= 250


@pytest.mark.parametrize("mode", ["HSV", "RGBX", "RGBa", "La", "PA", "I;16B"])
def test_modes_that_only_memory_has_are_seen_as_they_look(mode: str) -> None:
    image = see_through(mode) if mode in ("RGBa", "PA") else see_through("LA").convert("La") if mode == "La" else None
    if image is not None:
        assert np.asarray(as_rgb(image))[:, : SIDE // 2].min() >= 250
    elif mode == "I;16B":
        values = np.arange(SIDE * SIDE).reshape(SIDE, SIDE).astype(">u2") * 100
        assert as_rgb(Image.fromarray(values)).tobytes() == as_rgb(image_of(values.astype("<u2"))).tobytes()
    else:
        difference = np.abs(np.asarray(as_rgb(coloured().convert(mode))).astype(int) - np.asarray(coloured()))
        assert difference.max() <= 6


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_turned_upright_once(turn: int, tmp_path: Path) -> None:
    image = picture(SIDE).resize((40, 24))
    exif = image.getexif()
    exif[0x0112] = turn
    path = tmp_path / "a.png"
    image.save(path, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(path))
    for seen in (open_image(path), as_rgb(Image.open(path)), as_rgb(upright), as_rgb(open_image(path))):
        assert seen.tobytes() == upright.tobytes() and seen.size == upright.size


def test_red_stays_red_and_the_users_image_stays_as_it_was() -> None:
    red = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    before = red.tobytes()
    assert as_rgb(red).getpixel((3, 3)) == (255, 0, 0)
    assert red.mode == "RGBA" and red.tobytes() == before
    plain = Image.new("RGB", (8, 8))
    as_rgb(plain).putpixel((0, 0), (9, 9, 9))
    assert plain.getpixel((0, 0)) == (0, 0, 0)


COLOURS = np.asarray(coloured())
GREY = np.asarray(coloured().convert("L"))
ARRAYS = {
    "uint8": COLOURS,
    "int64": COLOURS.astype(np.int64),
    "float 0..1": COLOURS / 255,
    "float 0..255": COLOURS.astype(np.float32),
    "uint16": COLOURS.astype(np.uint16) * 257,
    "with alpha": np.dstack([COLOURS, np.full((SIDE, SIDE), 255, np.uint8)]),
    "tensor": torch.from_numpy(COLOURS.copy()).permute(2, 0, 1),
    "tensor of floats": torch.from_numpy(COLOURS.copy()).permute(2, 0, 1) / 255,
    "channels first": np.moveaxis(COLOURS, 2, 0),
    "not contiguous": COLOURS[::-1][::-1],
}
GREYS = {
    "uint8": GREY,
    "with one channel": GREY[:, :, None],
    "int64": GREY.astype(np.int64),
    "float 0..1": GREY / 255,
    "float16 0..1": (GREY / 255).astype(np.float16),
    "float 0..255": GREY.astype(np.float64),
    "uint16": GREY.astype(np.uint16) * 257,
    "tensor": torch.from_numpy(GREY.copy())[None],
}


@pytest.mark.parametrize("what", ARRAYS)
def test_an_array_of_colours_is_the_picture(what: str) -> None:
    assert is_one_image(ARRAYS[what])
    assert as_rgb(image_of(ARRAYS[what])).tobytes() == COLOURS.tobytes()


@pytest.mark.parametrize("what", GREYS)
def test_an_array_of_greys_is_the_picture(what: str) -> None:
    seen = np.asarray(as_rgb(image_of(GREYS[what])))[..., 0].astype(int)
    assert np.abs(seen - GREY).max() <= (1 if "16" in what else 0)


def test_a_mask_is_black_and_white() -> None:
    mask = GREY > 128
    for values in (mask, mask.astype(np.float32), mask.astype(np.uint8) * 255):
        assert (np.asarray(as_rgb(image_of(values)))[..., 0] == mask * 255).all()


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((0, 0, 3)), "no pixels"),
        (np.full((4, 4, 3), np.nan), "not finite"),
        (np.full((4, 4), np.nan), "no finite"),
        (np.full((4, 4, 3), 300.0), "0 to 1"),
        (np.full((4, 4, 3), -0.5), "0 to 1"),
        (np.zeros((2, 3, 4, 5)), "not an image"),
        (np.array([["a", "b"], ["c", "d"]]), "no numbers"),
        (np.full((2, 2), 2**40), "more than an image can hold"),
        (np.zeros((2, 2), complex), "no numbers"),
    ],
)
def test_an_array_that_is_no_image_says_why(array: np.ndarray, why: str) -> None:
    with pytest.raises(ItemError, match=why):
        as_rgb(image_of(array))


def test_a_large_image_is_converted_by_tiles_to_the_same_pixels() -> None:
    wide = Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, TILE_PX * TILE_PX // 40, 4), np.uint8))
    white = Image.new("RGBA", wide.size, (255, 255, 255, 255))
    assert as_rgb(wide).tobytes() == Image.alpha_composite(white, wide).convert("RGB").tobytes()
    values = np.random.default_rng(1).integers(0, 60_000, (2100, 2100)).astype(np.uint16)
    by_tiles = np.asarray(as_rgb(Image.fromarray(values)))[..., 0]
    assert np.abs(by_tiles - values / 257).max() <= 0.5


def test_a_very_large_image_comes_smaller_where_that_will_do() -> None:
    side = int((SHRUNK_PIXELS * 1.5) ** 0.5)
    image = coloured().resize((side, side))
    small, whole = as_rgb(image, min_side=100), as_rgb(image)
    assert whole.size == (side, side) and 200 <= small.width < 250
    step = np.abs(np.asarray(small.resize((50, 50))).astype(int) - np.asarray(whole.resize((50, 50))))
    assert step.max() <= 3
    strip = as_rgb(Image.new("L", (SHRUNK_PIXELS * 2, 1)), min_side=100)
    assert strip.width > 2 * strip.height and strip.width < 1000


def test_one_range_for_all_keeps_the_order_of_brightness() -> None:
    levels = PixelRange(integers=(0, 16383), floats=(-1.0, 3.0))
    greys = [
        np.asarray(as_rgb(image_of(np.full((4, 4), v, np.uint16)), levels)).max() for v in (900, 3000, 5000, 60000)
    ]
    assert greys == sorted(greys) and len(set(greys)) == 4 and greys[-1] == 255
    floats = [np.asarray(as_rgb(image_of(np.full((4, 4), v)), levels)).max() for v in (-2.0, 0.0, 0.5, 7.0)]
    assert floats == [0, 64, 96, 255]


def test_a_jpeg_in_full_is_the_image_in_memory(tmp_path: Path) -> None:
    stream = io.BytesIO()
    picture(600).save(stream, "JPEG")
    with Image.open(stream) as opened:
        assert open_image(stream.getvalue(), 100, draft=False).tobytes() == as_rgb(opened, min_side=100).tobytes()
