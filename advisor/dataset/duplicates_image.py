"""Images: can each be decoded, how large is it, and which are copies of each other."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from advisor.dataset.inspect import Inspection, equal_digests, merge
from probes.progress import Progress

MAX_IMAGES = 20_000
MAX_BYTES = 500_000_000
THUMBNAIL = 64


@dataclass(frozen=True)
class Look:
    """One image as inspected; thumbnail: (64, 64) uint8 grey."""

    measures: dict[str, object]
    thumbnail: np.ndarray | None
    reason: str | None


def inspect_images(items: pd.DataFrame, progress: Progress) -> Inspection:
    """Inspect images; see `advisor.dataset.inspect.inspect_items`."""
    paths = [Path(path) for path in items["path"]]
    rows = sample_rows(paths)
    looks = look_at_all([paths[row] for row in rows], progress)
    readable = np.ones(len(paths), dtype=bool)
    reasons: dict[int, str] = {}
    for row, one in zip(rows, looks, strict=True):
        if one.reason is not None:
            readable[row], reasons[int(row)] = False, one.reason
    measures = pd.DataFrame([one.measures for one in looks], index=rows).reindex(range(len(paths)))
    clusters, kinds = merge(len(paths), equal_digests(items["digest"]), [])
    return Inspection(readable, reasons, measures, clusters, kinds, len(rows))


def sample_rows(paths: list[Path]) -> np.ndarray:
    """Rows to decode: all, or evenly spread over the set up to the limits; the same every time."""
    n = len(paths)
    rows = np.arange(n) if n <= MAX_IMAGES else np.linspace(0, n - 1, MAX_IMAGES).astype(np.int64)
    sizes = np.array([path.stat().st_size if path.exists() else 0 for path in (paths[row] for row in rows)])
    if sizes.sum() <= MAX_BYTES:
        return rows
    keep = max(1, int(len(rows) * MAX_BYTES / sizes.sum()))
    return rows[np.unique(np.linspace(0, len(rows) - 1, keep).astype(np.int64))]


def look_at_all(paths: list[Path], progress: Progress) -> list[Look]:
    """Decode every path once, in threads (Pillow's decoders release the lock)."""
    looks: list[Look] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for look in pool.map(look_at, paths):
            looks.append(look)
            if len(looks) % 50 == 0:
                progress(f"Looking into the images: {len(looks):,} of {len(paths):,}", len(looks) / len(paths))
    return looks


def look_at(path: Path) -> Look:
    """Decode one image whole, so that a truncated file is noticed, and measure it."""
    from advisor.dataset.decode import open_image

    try:
        with Image.open(path) as header:
            measures: dict[str, object] = {
                "width_px": header.width,
                "height_px": header.height,
                "mode": header.mode,
                "format": header.format or "",
                "bytes": path.stat().st_size,
            }
        image = open_image(path, min_side=THUMBNAIL)
        grey = image.convert("L").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    except Exception as error:  # any decoder failure is a finding about this item, never the end of the job
        return Look({}, None, f"the image cannot be read ({str(error) or type(error).__name__})")
    thumbnail = np.asarray(grey)
    measures["brightness"] = float(thumbnail.mean())
    return Look(measures, thumbnail, None)
