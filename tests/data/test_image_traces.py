from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

from advisor.data.inspect.duplicates_image import inspect_image
from advisor.data.inspect.image_traces import camera, jpeg_quality, margins


def photo() -> Image.Image:
    return Image.fromarray(load_sample_image("china.jpg")).resize((160, 120))


def reopened(image: Image.Image, **how: object) -> Image.Image:
    stream = BytesIO()
    image.save(stream, **how)  # type: ignore[arg-type]
    return Image.open(stream)


@pytest.mark.parametrize("quality", range(5, 100, 5))
def test_the_quality_of_a_jpeg_is_the_one_it_was_saved_with(quality: int) -> None:
    assert jpeg_quality(reopened(photo(), format="JPEG", quality=quality)) == quality


def test_other_formats_have_no_quality() -> None:
    assert np.isnan(jpeg_quality(reopened(photo(), format="PNG")))


def test_the_camera_is_what_exif_says() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme\0", "X 100"
    assert camera(reopened(photo(), format="JPEG", exif=exif)) == "Acme X 100"
    assert camera(reopened(photo(), format="JPEG")) == ""
    damaged = photo()
    damaged.info["exif"] = b"Exif\0\0garbage"
    assert camera(damaged) == ""


def test_margins_are_measured_on_each_side() -> None:
    widths, tone = margins(photo())
    assert set(widths.values()) == {0.0} and np.isnan(tone)
    framed = ImageOps.expand(photo(), (16, 10, 8, 0), "white")  # left, top, right, bottom
    widths, tone = margins(framed)
    assert widths == pytest.approx({"left": 16 / 184, "right": 8 / 184, "top": 10 / 130, "bottom": 0.0})
    assert tone == pytest.approx(255.0)
    soft, _ = margins(reopened(framed, format="JPEG", quality=85).convert("RGB"))
    assert soft["left"] == pytest.approx(16 / 184, abs=0.05) and soft["bottom"] == 0.0


def test_a_flat_picture_is_margin_as_far_as_is_looked() -> None:
    widths, tone = margins(Image.new("RGB", (40, 40), (9, 9, 9)))
    assert set(widths.values()) == {0.25} and tone == pytest.approx(9.0)
    one, _ = margins(Image.new("RGB", (1, 1)))
    assert set(one.values()) == {1.0}


def test_looking_at_a_file_measures_its_traces(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    ImageOps.expand(photo(), 12, "black").save(path, quality=70)
    seen = inspect_image(path)
    assert not isinstance(seen, str)
    assert seen.measures["jpeg_quality"] == 70 and seen.measures["camera"] == ""
    assert float(str(seen.measures["margin_left"])) > 0.03
