"""Near-duplicate pictures: the same photo encoded anew, resized, or cropped by up to a tenth of each side.

Context: a perceptual hash (dhash, phash) within a few bits misses crops and calls MRI slices, printed boards and
textures of one kind the same. Choice: candidates by cosine of 8 × 8 thumbnails of sixteen crops, then each candidate
pair is aligned (`alignment`) and compared on its finest detail only, where different pictures do not
correlate. Measured at 64 pixels: copies of cat and dog photos (JPEG quality 40, half size, 90 % crops) correlate at
0.92 or more in detail, 99.9 % of other photos at 0.34 or less, different persons' hand signs at most 0.82,
spectrograms of one spoken digit at most 0.89.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from advisor.data.inspect.alignment import (
    BROAD,
    FINE,
    ROUGH,
    SIDE,
    Floats,
    agreement,
    best_start,
    colour_difference,
    halved,
    refine,
    resampling,
    unit,
)
from probes.progress import Progress, silent

Pairs = list[tuple[int, int]]

COLOUR_SIDE = 16
#: Correlation in fine detail from which two aligned pictures are one.
SURE = 0.90
#: Fine textures lose detail in a crop: where the set's pictures are unlike each other by this margin, less will do.
LIKELY, LIKELY_BROAD, MARGIN = 0.72, 0.85, 0.45
#: Root mean square colour difference, of 255, that copies stay under (a chessboard in red is not the one in black).
MAX_COLOUR_DIFFERENCE = 24.0
N_CANDIDATES = 6
_CROPS = np.array([(0.0, 1.0), (0.0, 0.9), (0.05, 0.95), (0.1, 1.0)], dtype=np.float32)
_BATCH = 256


def near_pairs(grey: np.ndarray, colour: np.ndarray, progress: Progress = silent) -> Pairs:
    """Pairs (i, j), i < j, of pictures that are copies of each other.

    grey: (n, 64, 64) and colour: (n, 16, 16, 3), both uint8, whole pictures squeezed into a square.
    """
    if len(grey) < 2:
        return []
    nearest = candidates(grey, progress)
    whole, part = nearest.ravel(), np.repeat(np.arange(len(grey)), nearest.shape[1])
    with threadpool_limits(1):  # BLAS threads only wait for each other on matrices this small
        edges, rough = _aligned_roughly(grey, whole, part, progress)
        alike = likeness(rough.reshape(nearest.shape))
        worth = np.flatnonzero(rough >= (0.4 if alike + MARGIN < SURE else 0.85))
        same = [
            block[_is_copy(grey, colour, whole[block], part[block], edges[block], alike)]
            for block in np.split(worth, np.arange(_BATCH, len(worth), _BATCH))
        ]
    kept = np.concatenate(same)
    return sorted({(int(min(a, b)), int(max(a, b))) for a, b in zip(whole[kept], part[kept], strict=True)})


def candidates(grey: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """For every picture the few whose crops look most like it, (n, k) row numbers.

    Brute force over 8 × 8 thumbnails of 16 crops: 20,000 pictures took 35 seconds of processor time.
    """
    n = len(grey)
    k = min(N_CANDIDATES, n - 1)
    crops = _crop_thumbnails(grey)
    plain = crops[:, 0]
    nearest = np.empty((n, k), dtype=np.int64)
    for start in range(0, n, 512):
        rows = np.arange(start, min(start + 512, n))
        best = np.full((len(rows), n), -2, dtype=np.float32)
        for crop in range(crops.shape[1]):
            np.maximum(best, plain[rows] @ crops[:, crop].T, out=best)
        best[np.arange(len(rows)), rows] = -2
        nearest[rows] = np.argpartition(-best, k - 1, axis=1)[:, :k]
        progress("Looking for similar images", 0.3 * start / n)
    return nearest


def _crop_thumbnails(grey: np.ndarray) -> Floats:
    """(n, 16, 64): for each crop an 8 × 8 thumbnail of mean 0 and norm 1; the first is of the whole picture."""
    across = resampling(_CROPS[:, 0], _CROPS[:, 1], 8).reshape(-1, SIDE)  # (4 * 8, 64)
    thumbnails = np.empty((len(grey), len(_CROPS) ** 2, 64), dtype=np.float32)
    for start in range(0, len(grey), _BATCH):
        block = across @ grey[start : start + _BATCH].astype(np.float32) @ across.T
        split = block.reshape(-1, len(_CROPS), 8, len(_CROPS), 8).transpose(0, 1, 3, 2, 4)
        thumbnails[start : start + _BATCH] = unit(split.reshape(len(split), -1, 64))
    return thumbnails


def _aligned_roughly(
    grey: np.ndarray, whole: np.ndarray, part: np.ndarray, progress: Progress
) -> tuple[Floats, Floats]:
    """For each candidate pair the edges, (pairs, 4), of the crop of `whole` that shows `part`, and how well it does."""
    edges, rough = np.zeros((len(whole), 4), dtype=np.float32), np.zeros(len(whole), dtype=np.float32)
    for start in range(0, len(whole), _BATCH):
        at = np.arange(start, min(start + _BATCH, len(whole)))
        a, b = grey[whole[at]].astype(np.float32), grey[part[at]].astype(np.float32)
        edges[at], cosine = best_start(a, b)
        left = np.flatnonzero(cosine >= 0.6)  # cropped textures: 0.65 or more in 99 %; cropped photos: 0.92
        a, b, at = a[left], b[left], at[left]
        edges[at] = refine(halved(a), halved(b), edges[at], 20, 5)
        rough[at] = agreement(a, b, edges[at], ROUGH)
        progress("Comparing similar images", 0.3 + 0.6 * start / len(whole))
    return edges, rough


def likeness(agreements: Floats) -> float:
    """How alike different pictures of this set are: the 90th percentile of the fourth best candidate's agreement.

    agreements: (n, k). The more alike they are, the less an agreement says. The fourth, because a picture may well
    have a few real copies.
    """
    k = agreements.shape[1]
    return float(np.quantile(np.sort(agreements, axis=1)[:, max(0, k - 4)], 0.9))


def _is_copy(
    grey: np.ndarray, colour: np.ndarray, whole: np.ndarray, part: np.ndarray, edges: Floats, alike: float
) -> np.ndarray:
    """Which pairs show one picture, (pairs,) bool, by their finest detail once aligned to a fraction of a pixel."""
    a, b = grey[whole].astype(np.float32), grey[part].astype(np.float32)
    edges = refine(a, b, edges, 48, 3)
    detail = agreement(a, b, edges, FINE)
    likely = (detail >= max(LIKELY, alike + MARGIN)) & (agreement(a, b, edges, BROAD) >= LIKELY_BROAD)
    return ((detail >= SURE) | likely) & (
        colour_difference(colour[whole], colour[part], edges) <= MAX_COLOUR_DIFFERENCE
    )
