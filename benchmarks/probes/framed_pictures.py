"""Different pictures that share most of what is seen of them: a frame, a mount, a background, a form, an eyepiece.

Each kind is a function that draws one picture from a generator; what the pictures of a kind share is always the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Image.Image]


def cloud(rng: np.random.Generator, width: int, height: int, grain: int, amplitude: float, mean: float) -> Pixels:
    """(height, width) smooth noise with structures of about `grain` pixels, `amplitude` about the mean."""
    small = rng.normal(size=(max(2, height // grain), max(2, width // grain)))
    grey = np.rint(255 * (small - small.min()) / (np.ptp(small) + 1e-9)).astype(np.uint8)
    large = np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    return (large - 128) / 128 * amplitude + mean


def clouds(
    rng: np.random.Generator, width: int, height: int, grain: int, amplitude: float, *means: float
) -> NDArray[np.float64]:
    """(height, width, 3) smooth noise, one mean for each channel."""
    return np.stack([cloud(rng, width, height, grain, amplitude, mean) for mean in means], axis=-1)


def picture(pixels: NDArray[np.float64]) -> Image.Image:
    """The pixels, (h, w) or (h, w, 3), in 0..255, as RGB."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB")


def tint(rng: np.random.Generator) -> tuple[int, int, int]:
    """A colour by chance."""
    red, green, blue = rng.integers(0, 255, 3).tolist()
    return red, green, blue


def ornate_frame(rng: np.random.Generator) -> Image.Image:
    """Four shapes on a canvas that fills four tenths of the picture."""
    painting = _gilding().copy()
    draw = ImageDraw.Draw(painting)
    for _ in range(4):
        x, y = rng.integers(55, 170, 2).tolist()
        side = int(rng.integers(10, 36))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)((x, y, x + side, y + side), fill=tint(rng))
    return painting


@cache
def _gilding() -> Image.Image:
    gilding = picture(clouds(np.random.default_rng(1), 256, 256, 6, 90, 120, 120, 120))
    ImageDraw.Draw(gilding).rectangle((48, 48, 208, 208), fill=(235, 230, 220))
    return gilding


def still_camera(rng: np.random.Generator) -> Image.Image:
    """One small thing before a background that never changes, with the noise of a sensor."""
    scene = picture(_scene() + rng.normal(0, 3, _scene().shape))
    draw = ImageDraw.Draw(scene)
    x, y = rng.integers(60, 180, 2).tolist()
    side = int(rng.integers(30, 60))
    box = (x, y, x + side, y + side)
    shape = int(rng.integers(3))
    if shape == 2:
        draw.polygon([(x, y + side), (x + side, y + side), (x + side // 2, y)], fill=tint(rng))
    else:
        (draw.ellipse, draw.rectangle)[shape](box, fill=tint(rng))
    return scene


@cache
def _scene() -> Pixels:
    rng = np.random.default_rng(2)
    return clouds(rng, 320, 240, 5, 70, 128, 128, 128) + clouds(rng, 320, 240, 40, 60, 0, 0, 0)


def eyepiece(rng: np.random.Generator) -> Image.Image:
    """Tissue through a round eyepiece."""
    rows, columns = np.mgrid[:256, :256]
    tissue = clouds(rng, 256, 256, 8, 25, 180, 140, 170) + clouds(rng, 256, 256, 3, 8, 0, 0, 0)
    return picture(np.where(np.hypot(rows - 128, columns - 128)[..., None] < 118, tissue, 5))


def filled_form(rng: np.random.Generator) -> Image.Image:
    """A printed form with four lines of handwriting."""
    form = _form().copy()
    draw = ImageDraw.Draw(form)
    for field in range(4):
        n = int(rng.integers(8, 28))
        draw.line(
            [(40 + i * 8, 78 + field * 80 + int(rng.normal(0, 8))) for i in range(n)], fill=(20, 20, 120), width=2
        )
    return form


@cache
def _form() -> Image.Image:
    rng = np.random.default_rng(3)
    form = Image.new("RGB", (300, 400), (245, 245, 240))
    draw = ImageDraw.Draw(form)
    for line in range(26):
        x = 14
        while x < 280 and rng.random() < 0.93:
            width = int(rng.integers(6, 30))
            draw.rectangle((x, 14 + line * 14, x + width, 20 + line * 14), fill=(60, 60, 60))
            x += width + 5
    for field in range(4):
        draw.rectangle((30, 60 + field * 80, 270, 95 + field * 80), fill=(250, 250, 250), outline=(0, 0, 0))
    return form


def xray(rng: np.random.Generator) -> Image.Image:
    """A scan with black borders, a mark and a line of text."""
    parts = ((60, 50, 110), (12, 20, 0), (2, 6, 0))
    scan = picture(sum((cloud(rng, 300, 260, *part) for part in parts), np.zeros((260, 300))))
    draw = ImageDraw.Draw(scan)
    for box in ((0, 0, 299, 18), (0, 0, 18, 259), (282, 0, 299, 259), (0, 242, 299, 259)):
        draw.rectangle(box, fill=(0, 0, 0))
    draw.rectangle((262, 22, 278, 44), fill=(255, 255, 255))
    draw.text((265, 26), "R", fill=(0, 0, 0))
    draw.text((30, 244), "HOSPITAL 12 CHEST PA", fill=(255, 255, 255))
    return scan


def screenshot(rng: np.random.Generator) -> Image.Image:
    """Other lines of text in the window of one program."""
    window = Image.new("RGB", (400, 300), (250, 250, 250))
    draw = ImageDraw.Draw(window)
    draw.rectangle((0, 0, 400, 30), fill=(40, 60, 110))
    draw.rectangle((0, 30, 90, 300), fill=(220, 222, 228))
    for icon in range(12):
        draw.rectangle((8 + icon * 32, 6, 28 + icon * 32, 24), fill=(icon * 37 % 255, icon * 91 % 255, icon * 53 % 255))
        draw.rectangle((8, 40 + icon * 18, 40 + icon * 29 % 40, 48 + icon * 18), fill=(90, 90, 100))
    for line in range(17):
        x = 105
        while x < 380 and rng.random() < 0.9:
            width = int(rng.integers(6, 36))
            draw.rectangle((x, 40 + line * 15, min(x + width, 390), 47 + line * 15), fill=(80, 80, 80))
            x += width + 5
    return window


def product(rng: np.random.Generator) -> Image.Image:
    """A thing with a shadow before a white wall."""
    rows, columns = np.mgrid[:256, :256]
    wall = np.full((256, 256, 3), 250.0)
    wall -= (np.exp(-(((rows - 210) / 12) ** 2) - ((columns - 128) / 70) ** 2) * 60)[..., None]
    wide, high = rng.integers(50, 90, 2).tolist()
    thing = clouds(rng, 256, 256, 10, 60, *rng.integers(60, 200, 3).tolist())
    power = 2.5 if rng.random() < 0.5 else 50.0
    inside = (abs(columns - 128) / wide) ** power + (abs(rows - 140) / high) ** power < 1
    return picture(np.where(inside[..., None], thing, wall))


def identity_card(rng: np.random.Generator) -> Image.Image:
    """Another portrait and other words on one patterned card."""
    rows, columns = np.mgrid[:200, :320]
    waves = (180 + 30 * np.sin(columns / 7 + rows / 9), 190 + 25 * np.sin(columns / 11 - rows / 5))
    card = picture(np.stack([*waves, 200 + 20 * np.sin(columns / 5)], axis=-1))
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, 320, 28), fill=(20, 60, 140))
    draw.text((60, 8), "REPUBLIC OF SOMEWHERE  ID", fill=(255, 255, 255))
    card.paste(picture(clouds(rng, 80, 100, 12, 60, 150, 120, 100)), (16, 60))
    for line in range(5):
        draw.text((112, 50 + line * 26), "".join(map(chr, rng.integers(65, 91, 14).tolist())), fill=(10, 10, 10))
    return card


def mount(rng: np.random.Generator) -> Image.Image:
    """A picture in a patterned mount that takes seven tenths of the area."""
    rows, columns = np.mgrid[:256, :256]
    pixels = np.stack([128 + 90 * np.sign(np.sin(columns / 9) * np.sin(rows / 9))] * 3, axis=-1)
    inside = clouds(rng, 136, 136, 14, 70, 128, 128, 128) + clouds(rng, 136, 136, 4, 25, 0, 0, 0)
    pixels[60:196, 60:196] = inside
    return picture(pixels)


KINDS: dict[str, Draw] = {
    "ornate frame": ornate_frame,
    "still camera": still_camera,
    "eyepiece": eyepiece,
    "filled form": filled_form,
    "x-ray": xray,
    "screenshot": screenshot,
    "product": product,
    "identity card": identity_card,
    "mount": mount,
}
