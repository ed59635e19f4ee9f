"""Shards of tiny images and of short texts, the same in every run: ten classes that a small network can tell apart."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

SIDE_PX = 16
#: The words of ten topics; a text takes five of one topic and three of any.
TOPICS = tuple(
    words.split()
    for words in (
        "goal match league striker referee season coach stadium",
        "election senate minister vote party policy campaign law",
        "galaxy orbit telescope planet comet rocket lunar star",
        "oven butter recipe flour sauce onion roast garlic",
        "guitar album concert melody singer drum chorus tour",
        "virus vaccine doctor patient clinic dose symptom nurse",
        "stock market investor profit bank bond inflation share",
        "server kernel compiler network database software code bug",
        "forest river mountain wildlife trail climate lake bird",
        "engine brake highway truck tyre driver petrol gear",
    )
)


def make(kind: str, folder: Path, n: int) -> None:
    """Write what is missing of `n` items, at least twenty files of up to 10,000; a file that is there is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    each = min(10_000, -(-n // 20))
    for shard in range(-(-n // each)):
        path = folder / f"{shard:06d}.parquet"
        if path.exists():
            continue
        rng = np.random.default_rng([7, shard])
        labels = rng.integers(0, 10, min(each, n - shard * each))
        items = images(rng, labels) if kind == "image" else texts(rng, labels)
        pq.write_table(pa.table({kind: items, "label": labels.astype(str)}), path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)


def images(rng: np.random.Generator, labels: np.ndarray) -> list[dict[str, bytes | None]]:
    """Noise with a bright bar, whose place and direction say the class, as PNG."""
    pixels = rng.integers(0, 120, (len(labels), SIDE_PX, SIDE_PX), dtype=np.uint8)
    for row, label in enumerate(labels):
        place = 1 + 3 * (int(label) % 5)
        bar = (slice(None), slice(place, place + 2)) if label < 5 else (slice(place, place + 2), slice(None))
        pixels[row][bar] += 100
    return [{"bytes": _png(one), "path": None} for one in pixels]


def texts(rng: np.random.Generator, labels: np.ndarray) -> list[str]:
    """Eight words each."""
    every = np.array([word for words in TOPICS for word in words])
    own, other = rng.integers(0, 8, (len(labels), 5)), rng.integers(0, 80, (len(labels), 3))
    words = np.concatenate([every[8 * labels[:, None] + own], every[other]], axis=1)
    return [" ".join(row) for row in words]


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
