"""Builders of small trees for the dataset tests: every image differs, so that nothing is a duplicate."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

_seeds = itertools.count()


def picture(size: int = 12) -> Image.Image:
    """A small noise image, another one at every call."""
    noise = np.random.default_rng(next(_seeds)).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def png(size: int = 12) -> bytes:
    """The bytes of a PNG that differs at every call."""
    stream = io.BytesIO()
    picture(size).save(stream, "PNG")
    return stream.getvalue()


def put(root: Path, *names: str) -> Path:
    """Write an image under each name."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    return root


def class_folders(root: Path, classes: str = "cat dog", n: int = 6, above: str = "") -> Path:
    """`n` images in a folder for each of the classes, below `above`."""
    for label in classes.split():
        put(root, *(f"{above}{label}/{i}.png" for i in range(n)))
    return root


def write(path: Path, content: str | bytes) -> Path:
    """Write a text or bytes file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sentences(n: int, label: str) -> list[tuple[str, str]]:
    """`n` different sentences with a label."""
    words = ["rain", "bread", "music", "stone", "river", "paper", "glass", "wheel", "cloud", "honey"]
    rng = np.random.default_rng(len(label))
    return [(f"{label} {i} " + " ".join(rng.choice(words, 6)), label) for i in range(n)]


def csv_of(rows: Sequence[tuple[str, ...]], header: str = "text,label", separator: str = ",") -> str:
    """Rows without quotes as delimited text."""
    lines = [header.replace(",", separator), *(separator.join(row) for row in rows)]
    return "\n".join(lines) + "\n"


def text_rows(n: int = 8) -> list[tuple[str, ...]]:
    """`n` rows of each of two labels."""
    return [*sentences(n, "good"), *sentences(n, "bad")]
