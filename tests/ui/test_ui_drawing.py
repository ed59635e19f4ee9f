"""What is drawn becomes an image like those of the set; only sets of small grey images have a canvas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from advisor.core.records import Dataset
from advisor.ui import drawing
from advisor.ui.drawing import Style


def test_small_grey_images_on_an_even_ground_have_a_style(images: Dataset) -> None:
    style = drawing.style_of(images)
    assert style is not None
    assert (style.width_px, style.height_px, style.paper, style.ink) == (8, 8, 0, 255)
    assert 0.8 <= style.fill <= 1.0


def test_photographs_and_texts_have_none(images: Dataset, texts: Dataset) -> None:
    assert drawing.style_of(texts) is None
    rng = np.random.default_rng(0)
    for row in images.where("train"):
        noise = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).save(Path(str(images.items["path"].iloc[int(row)])))
    assert drawing.style_of(images) is None


def test_a_small_drawing_in_a_corner_is_centred_and_as_large_as_the_sets_own() -> None:
    style = Style(8, 8, paper=0, ink=255, fill=1.0)
    drawn = Image.new("RGB", (224, 224), 0)
    ImageDraw.Draw(drawn).line([(20, 20), (20, 60)], fill=(255, 255, 255), width=10)
    picture = drawing.like_the_set(drawn, style)
    assert picture is not None and picture.size == (8, 8)
    inked = np.asarray(picture) > 128
    assert inked.any(axis=1).all(), "a stroke as high as the image"
    assert abs(np.flatnonzero(inked.any(axis=0)).mean() - 3.5) <= 0.5


def test_an_empty_canvas_is_no_item() -> None:
    style = Style(28, 28, paper=255, ink=0, fill=0.7)
    assert drawing.like_the_set(Image.new("RGB", (224, 224), (255, 255, 255)), style) is None
