"""Images: can each be decoded, how large is it, and which are copies of each other.

Exact copies have the same bytes or, decoded, the same pixels. Near copies are looked for only among pictures with
something to compare (see `comparable`): glyphs, masks and line drawings, and pictures under 48 pixels, look alike
without being copies, so for these only equal pixels count.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from advisor.core.records import PixelRange
from advisor.data.decode import ItemError, RawImage, raw_image
from advisor.data.inspect.alignment import SIDE
from advisor.data.inspect.image_traces import camera, jpeg_quality, margins
from advisor.data.inspect.inspection import Inspection, Pairs, equal_digests, merge, without_collapse
from advisor.data.inspect.near_images import COLOUR_SIDE, near_pairs
from advisor.data.pixel_range import Spread, range_of, spread_of
from advisor.data.pixels import as_rgb
from probes.progress import Progress

#: Sets of at most WHOLE images are decoded whole. Of a larger one FIRST_LOOK are, and up to MAX_IMAGES only when those
#: show that it matters: 3,000 images take seconds where 20,000 take one to two minutes.
WHOLE, FIRST_LOOK, MAX_IMAGES = 5_000, 3_000, 20_000
MAX_BYTES = 500_000_000
#: Neighbours in the listing are looked at together, since frames of one scene lie side by side.
RUN = 8
#: Shares of unreadable images, and of images with a near copy, from which on more is looked at.
UNREADABLE_MATTER, COPIES_MATTER = 0.01, 0.05
MIN_COMPARABLE_PX = 48
#: Mean step between neighbouring thumbnail pixels, of 255, across and down together; a clear sky has 0.8 to 1.0.
MIN_STEP = 1.2
#: A set with fewer comparable pictures is one of drawings; what is comparable in it is only a busier drawing.
MIN_COMPARABLE_SHARE = 0.5


@dataclass(frozen=True)
class InspectedImage:
    """One image as inspected: `grey` (64, 64) and `colour` (16, 16, 3) are uint8 thumbnails squeezed to a square.

    pixels: digest of the decoded pixels; comparable: whether near copies of it can be recognised; spread: the values
    that a 16-bit or float image uses.
    """

    measures: dict[str, object]
    pixels: str
    grey: np.ndarray
    colour: np.ndarray
    comparable: bool
    spread: Spread | None = None


def inspect_images(items: pd.DataFrame, progress: Progress) -> Inspection:
    """Inspect images: of more than 5,000 some, spread over the set, at most 500 MB; more only if that pays.

    Bad images are never an exception: they come back as unreadable with a reason, and the reader sets them aside.
    """
    paths = items["path"].tolist()  # 100,000 Path objects would take seconds
    images: dict[int, InspectedImage | str] = {}
    levels: PixelRange | None = None
    stages = [(WHOLE, 0.0, 1.0)] if len(paths) <= WHOLE else [(FIRST_LOOK, 0.0, 0.4), (MAX_IMAGES, 0.4, 1.0)]
    for most, start, end in stages:
        rows = [row for row in sample_rows(paths, most).tolist() if row not in images]
        middle = start + 0.8 * (end - start)
        inspected = _inspect_all([Path(paths[row]) for row in rows], levels, _between(start, middle, progress))
        images |= dict(zip(rows, inspected, strict=True))
        if levels is None and (levels := range_of(list(_spreads(images).values()))):
            deep = list(_spreads(images))  # seen by ranges of their own so far
            images |= dict(zip(deep, _inspect_all([Path(paths[row]) for row in deep], levels, progress), strict=True))
        images = dict(sorted(images.items()))
        inspection = _inspected(items, images, _between(middle, end, progress), levels)
        if not matters(inspection):
            break
    progress("Looked into the images", 1.0)
    return inspection


def _between(start: float, end: float, progress: Progress) -> Progress:
    """The progress of a step that is the stretch from `start` to `end` of the whole."""
    return lambda sentence, share: progress(sentence, start + (end - start) * share)


def _spreads(images: dict[int, InspectedImage | str]) -> dict[int, Spread]:
    """The values that the 16-bit and float images among the inspected ones use, by row."""
    return {row: image.spread for row, image in images.items() if isinstance(image, InspectedImage) and image.spread}


def _inspected(
    items: pd.DataFrame, images: dict[int, InspectedImage | str], progress: Progress, levels: PixelRange | None
) -> Inspection:
    """What the inspected images, by row in ascending order, say about all items."""
    n = len(items)
    readable = np.ones(n, dtype=bool)
    reasons = {row: image for row, image in images.items() if isinstance(image, str)}
    readable[list(reasons)] = False
    seen = {row: image for row, image in images.items() if isinstance(image, InspectedImage)}
    measures = pd.DataFrame({row: image.measures for row, image in seen.items()}.values(), index=list(seen))
    exact = equal_digests(items["digest"]) + _equal_pixels(seen)
    near, n_alike = _near(seen, {later for _, later in exact}, n, progress)
    exact = [pair for pair in exact if readable[list(pair)].all()]
    clusters, kinds = merge(n, exact, near)
    return Inspection(readable, reasons, measures.reindex(range(n)), clusters, kinds, len(images), levels, n_alike)


def matters(inspection: Inspection) -> bool:
    """Whether a sample holds so many unreadable images or near copies that more should be inspected.

    A copy that lies beside its twin is found whenever one of them is looked at. One that lies anywhere is found only
    when its twin is looked at too, so each that is found stands for as many as the sample is smaller than the set.
    """
    n, n_seen = len(inspection.readable), max(inspection.n_inspected, 1)
    near = inspection.near_clusters
    beside = sum(len(rows) for rows in near if max(rows) - min(rows) < RUN)
    anywhere = sum(len(rows) for rows in near) - beside
    copies = (beside + anywhere * n / n_seen) / n_seen
    return len(inspection.reasons) / n_seen >= UNREADABLE_MATTER or copies >= COPIES_MATTER


def sample_rows(paths: Sequence[str | Path], most: int = MAX_IMAGES) -> np.ndarray:
    """Rows to decode: all, or runs of neighbours spread evenly, up to `most` images and 500 MB; always the same."""
    rows = spread(len(paths), most)
    chosen = (Path(paths[row]) for row in rows)
    sizes = np.array([path.stat().st_size if path.exists() else 0 for path in chosen])
    if sizes.sum() <= MAX_BYTES:
        return rows
    kept: np.ndarray = rows[spread(len(rows), max(1, int(len(rows) * MAX_BYTES / sizes.sum())))]
    return kept


def spread(n: int, most: int) -> np.ndarray:
    """At most `most` of the numbers 0..n-1, ascending: runs of RUN neighbours where there is room for some of them."""
    if n <= most:
        return np.arange(n)
    run = RUN if most >= 4 * RUN else 1
    starts = np.linspace(0, n - run, most // run).astype(np.int64)
    rows: np.ndarray = np.unique(starts[:, None] + np.arange(run))
    return rows


def _inspect_all(paths: Sequence[Path], levels: PixelRange | None, progress: Progress) -> list[InspectedImage | str]:
    """Decode every path once, in threads (Pillow's decoders release the lock); a string is why one cannot be read."""
    images: list[InspectedImage | str] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for image in pool.map(lambda path: inspect_image(path, levels), paths):
            images.append(image)
            if len(images) % 50 == 0:
                progress(f"Looking into the images: {len(images):,} of {len(paths):,}", len(images) / len(paths))
    return images


def inspect_image(path: Path, levels: PixelRange | None = None) -> InspectedImage | str:
    """Decode one image whole, so that a truncated file is noticed, and measure it; or the reason why not.

    levels: what 16-bit and float values mean, once it is known.
    """
    try:
        with raw_image(path, min_side=2 * SIDE) as raw:
            return _looked_into(raw, path, as_rgb(raw.image, levels, 2 * SIDE))
    except ItemError as error:
        return str(error)


def _looked_into(raw: RawImage, path: Path, image: Image.Image) -> InspectedImage:
    """What there is to measure of a decoded image; image: the same as RGB."""
    measures: dict[str, object] = {"width_px": raw.width_px, "height_px": raw.height_px, "mode": raw.mode}
    measures |= {"format": raw.image.format or "", "bytes": path.stat().st_size, "pictures": raw.n_pictures}
    measures |= {"jpeg_quality": jpeg_quality(raw.image), "camera": camera(raw.image)}
    grey_image = image.convert("L")
    grey, colour = _squeezed(grey_image, SIDE), _squeezed(image, COLOUR_SIDE)
    measures |= {"brightness": float(grey.mean()), "contrast": float(grey.std())}
    measures["colourfulness"] = float(np.ptp(colour.astype(np.int16), axis=2).mean())
    widths, tone = margins(image)
    measures |= {f"margin_{side}": width for side, width in widths.items()} | {"margin_tone": tone}
    size = f"{image.width}x{image.height}".encode()
    pixels = hashlib.blake2b(image.tobytes(), digest_size=16, key=size).hexdigest()
    return InspectedImage(measures, pixels, grey, colour, comparable(grey_image, grey), spread_of(raw.image))


def _squeezed(image: Image.Image, side: int) -> np.ndarray:
    """The image as a square of side × side, averaged where it shrinks."""
    shrinks = min(image.size) >= side
    return np.asarray(image.resize((side, side), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR))


def comparable(image: Image.Image, grey: np.ndarray) -> bool:
    """Whether near copies of a grey image are recognisable: 48 pixels, more than two flat tones, detail in many places.

    Two flat tones: two of 32 brightness bins hold 90 % of the pixels. Detail: in 6 or more of the 16 fields of the
    thumbnail, (64, 64), neighbouring pixels differ by more than noise does.
    """
    if min(image.size) < MIN_COMPARABLE_PX:
        return False
    bins = np.sort(np.reshape(image.histogram(), (32, 8)).sum(axis=1))
    if bins[-2:].sum() >= 0.9 * bins.sum():
        return False
    values = grey.astype(np.float32)
    steps = np.abs(np.diff(values, axis=0))[:, :-1] + np.abs(np.diff(values, axis=1))[:-1]
    fields = steps[:60, :60].reshape(4, 15, 4, 15).mean(axis=(1, 3))
    return int((fields >= MIN_STEP).sum()) >= 6


def _equal_pixels(seen: dict[int, InspectedImage]) -> list[tuple[int, int]]:
    """Pairs (first row, row) of images that decode to the same pixels."""
    first: dict[str, int] = {}
    return [(first[image.pixels], row) for row, image in seen.items() if first.setdefault(image.pixels, row) != row]


def _near(seen: dict[int, InspectedImage], copies: set[int], n_items: int, progress: Progress) -> tuple[Pairs, int]:
    """Near-duplicate pairs of rows among the comparable images that are no exact copies of an earlier one; and how
    many images are too many alike for that.
    """
    rows = [row for row, image in seen.items() if image.comparable and row not in copies]
    if len(rows) < 2 or sum(image.comparable for image in seen.values()) < MIN_COMPARABLE_SHARE * len(seen):
        return np.empty((0, 2), dtype=np.int64), 0
    grey = np.stack([seen[row].grey for row in rows])
    colour = np.stack([seen[row].colour for row in rows])
    pairs = [(rows[i], rows[j]) for i, j in near_pairs(grey, colour, progress)]
    return without_collapse(n_items, pairs)
