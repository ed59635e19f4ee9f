"""Label images: `python predict.py photo.jpg scans/*.png`, or `from predict import probabilities`.

Needs onnxruntime, numpy and Pillow, and the files beside it. Resizing and normalisation are inside the model.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import numpy as np
import onnxruntime
from PIL import Image

HERE = Path(__file__).resolve().parent
CLASSES: list[str] = json.loads((HERE / "classes.json").read_text("utf-8"))
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation to Pillow's Transpose
BATCH = 32
Image.init()  # else Pillow knows no format yet; only formats of pixels, as it would start Ghostscript for an EPS
FORMATS = {*"JPEG PNG GIF BMP DIB WEBP TIFF PPM TGA JPEG2000 AVIF ICO PCX SGI".split()} & {*Image.OPEN}
Source = str | Path | IO[bytes]


@cache
def session(model: str = "model.onnx") -> Any:
    """The model, loaded once."""
    return onnxruntime.InferenceSession(str(HERE / model), providers=["CPUExecutionProvider"])


def probabilities(items: Sequence[Source], model: str = "model.onnx") -> np.ndarray:
    """Class probabilities, (n, C), of image files, by path or opened in binary mode."""
    parts = [np.zeros((0, len(CLASSES)), np.float32)]
    for _, group in groupby(map(picture, items), key=lambda pixels: pixels.shape):
        alike = list(group)  # images of one size go through the model together
        for start in range(0, len(alike), BATCH):
            parts += session(model).run(None, {"pixels": np.stack(alike[start : start + BATCH])})
    return np.concatenate(parts)


def picture(source: Source) -> np.ndarray:
    """An image as (h, w, 3) uint8: upright, transparent parts over white, 16-bit and float values scaled to 8 bits."""
    image: Image.Image = Image.open(source, formats=sorted(FORMATS))
    image.load()
    turn = TURNS.get(image.getexif().get(0x0112, 1))
    if image.mode.startswith(("I", "F")):
        image = eight_bits(np.asarray(image, dtype=np.float64), image.mode)
    elif image.has_transparency_data or image.mode == "La":
        above = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", above.size, (255, 255, 255, 255)), above)
    image = image.convert("RGB").reduce(shrinking(*image.size))
    return np.asarray(image if turn is None else image.transpose(Image.Transpose(turn)))


def eight_bits(values: np.ndarray, mode: str) -> Image.Image:
    """Grey of 8 bits: by the range that the model learned with, else by the image's own."""
    known = HOW["ranges"]["integers" if mode.startswith("I") else "floats"]
    low, high = known or own_range(values[np.isfinite(values)], mode)
    grey = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.clip(np.round(grey), 0, 255).astype(np.uint8))


def own_range(values: np.ndarray, mode: str) -> tuple[float, float]:
    """0 to 1, or the top of 8, 12 or 16 bits where the values fit, else from the least to the most."""
    low, high = float(values.min()), float(values.max())
    if mode == "F" and low >= 0 and high <= 1:
        return 0.0, 1.0
    return (
        (0.0, next(top for top in (255.0, 4095.0, 65535.0) if high <= top))
        if low >= 0 and high <= 65535
        else (low, high)
    )


def shrinking(width: int, height: int) -> tuple[int, int]:
    """By what an image above 16 megapixels is divided, as in training; (1, 1) for any other."""
    short, long, side = min(width, height), max(width, height), HOW["size_px"]
    if short * long <= 16_000_000:
        return 1, 1
    both = max(1, short // (2 * side))
    along = max(both, long // max(4 * (short // both), 2 * side)) if short * long > both**2 * 16_000_000 else both
    return (along, both) if width == long else (both, along)


def said(row: np.ndarray) -> str:
    """The label with its probability and, where it is not sure, the classes that it may be."""
    label = f"{CLASSES[int(row.argmax())]}\t{row.max():.4f}"
    if row.max() >= HOW["not_sure_below"]:
        return label
    least = HOW["likely_from"]
    likely = [CLASSES[i] for i in (-row).argsort() if least is not None and row[i] >= least]
    return f"{label}\tnot sure{': ' if likely else ''}{', '.join(likely)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Label images.")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--model", default="model.onnx", help="model.int8.onnx is smaller and often faster")
    asked = parser.parse_args()
    for name, row in zip(asked.files, probabilities(asked.files, asked.model), strict=True):
        print(f"{name}\t{said(row)}")
