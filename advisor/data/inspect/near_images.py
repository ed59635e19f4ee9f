"""Near-duplicate pictures: the same photo encoded anew, resized, brightened, stamped, or cropped by up to a tenth.

Context: a perceptual hash (dhash, phash) within a few bits misses crops and calls MRI slices, printed boards and
textures of one kind the same. Choice: candidates by cosine of 8 × 8 thumbnails of sixteen crops, then each candidate
pair is aligned (`alignment`) and compared on its finest detail only, where different pictures do not
correlate. Measured at 64 pixels: copies of cat and dog photos (JPEG quality 40, half size, 90 % crops) correlate at
0.92 or more in detail, 99.9 % of other photos at 0.34 or less, different persons' hand signs at most 0.82,
spectrograms of one spoken digit at most 0.89.

A frame, a mount, a form or a background that pictures share correlates as highly. So a copy must also agree block by
block, in all but a fifth of what the picture's other neighbours differ in, and in what sets it apart from the median of
these. Of 40 different pictures each of nine kinds that share a frame, two pairs are claimed, both of small things
before one still camera (`benchmarks.probes`). Of planted copies in twelve real sets (eight kinds, among them brighter
ones, watermarks and logos), 92 % are found where the correlation alone found 87 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from advisor.data.inspect.alignment import (
    BROAD,
    FINE,
    ROUGH,
    SIDE,
    Floats,
    agreement,
    agreement_beside,
    best_start,
    halved,
    local_difference,
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
#: Share of the picture in which copies differ: up to the first always, up to the second where it is at most this part
#: of what others of its kind differ in. A mount of half the area leaves 0.12 or more to what is inside it.
SURE_SHARE, MOST_SHARE, USUAL_PART = 0.025, 0.11, 0.2
#: What is out of place or lies below a watermark shines through: more may differ where the blocks that differ correlate
#: by this. Copies do by 0.48 to 0.9, what different pictures show in one mount by 0.28 in the median.
SHINES, MOST_SHARE_SHINING = 0.45, 0.2
#: The same for a copy with a logo, whose detail agrees only in part; different photos differ in 0.088 or more.
IN_PART, LOGO_SHARE, LOGO_USUAL_PART = 0.5, 0.05, 0.1
#: Correlation of what sets a pair apart from others like it: copies with a logo 0.6 or more, most other copies 0.9.
#: Pairs that `LOGO_SHARE` lets pass are not asked: a logo outweighs faint tissue.
OWN = 0.5
N_CANDIDATES = 6
#: Others whose median is what a picture shares with them: an odd number, and one less, as the partner is left out.
N_OTHERS = N_CANDIDATES - 1
_CROPS = np.array([(0.0, 1.0), (0.0, 0.9), (0.05, 0.95), (0.1, 1.0)], dtype=np.float32)
_BATCH = 256
#: Cosines that are held at a time, some 120 MB with what sorting them takes.
_BLOCK_CELLS = 6_000_000


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
        worth = np.flatnonzero(rough >= 0.4)
        one, alike_in_part, shining = np.zeros((3, len(whole)), dtype=bool)
        share = np.ones(len(whole), dtype=np.float32)
        for start in range(0, len(worth), _BATCH):
            at = worth[start : start + _BATCH]
            found = _compared(grey, colour, whole[at], part[at], edges[at], alike)
            one[at], alike_in_part[at], shining[at], share[at] = found
            progress("Comparing similar images", 0.7 + 0.3 * start / len(worth))
    usual = _usual_difference(share.reshape(nearest.shape), nearest).ravel()
    most = np.where(shining, MOST_SHARE_SHINING, MOST_SHARE)
    as_one = one & (share <= np.clip(USUAL_PART * usual, SURE_SHARE, most))
    with_logo = alike_in_part & (share <= np.minimum(LOGO_SHARE, LOGO_USUAL_PART * usual))
    kept = np.flatnonzero(as_one | with_logo)
    with threadpool_limits(1):
        unlike = _unlike_beside_others(grey, nearest, whole, part, edges, np.flatnonzero(as_one & ~with_logo))
    return sorted(_pairs(whole[kept], part[kept]) - _pairs(whole[unlike], part[unlike]))


def _pairs(whole: np.ndarray, part: np.ndarray) -> set[tuple[int, int]]:
    return {(int(min(a, b)), int(max(a, b))) for a, b in zip(whole, part, strict=True)}


def _unlike_beside_others(
    grey: np.ndarray, nearest: np.ndarray, whole: np.ndarray, part: np.ndarray, edges: Floats, asked: np.ndarray
) -> NDArray[np.int64]:
    """Those of the asked slots whose pictures are one only in what others share with them."""
    unlike = [np.empty(0, dtype=np.int64)]
    for start in range(0, len(asked), _BATCH):
        at = asked[start : start + _BATCH]
        unlike.append(at[_own_agreement(grey, nearest, whole[at], part[at], edges[at]) < OWN])
    return np.concatenate(unlike)


def _own_agreement(grey: np.ndarray, nearest: np.ndarray, whole: np.ndarray, part: np.ndarray, edges: Floats) -> Floats:
    """How far each pair agrees in what sets it apart from the other pictures most like `whole`; 1 with too few others.

    A scene before a still camera is the median of those others: what is left is the small thing that stands in it.
    """
    if nearest.shape[1] <= N_OTHERS:
        return np.ones(len(whole), dtype=np.float32)
    but_partner = np.argsort(nearest[whole] == part[:, None], axis=1, kind="stable")[:, :N_OTHERS]
    others = np.take_along_axis(nearest[whole], but_partner, axis=1)
    shared = np.median(grey[others], axis=1).astype(np.float32)
    a, b = grey[whole].astype(np.float32), grey[part].astype(np.float32)
    return agreement_beside(a, b, refine(a, b, edges, 48, 3), shared)


def _usual_difference(share: Floats, nearest: NDArray[np.int64]) -> Floats:
    """By how much either picture of a pair, (n, k), differs from others like it: the third least, the pair left out.

    The third, because a picture may well have a few real copies; 1 where there are fewer others.
    """
    n, k = share.shape
    own = np.stack([_third(np.delete(share, slot, axis=1)) for slot in range(k)], axis=1)
    any_ = _third(share)
    back = nearest[nearest] == np.arange(n)[:, None, None]  # (n, k, k): where the other's row names this picture
    at = back.argmax(axis=2)
    other = np.where(back.any(axis=2), own[nearest, at], any_[nearest])
    return np.minimum(own, other)


def _third(share: Floats) -> Floats:
    return np.sort(share, axis=1)[:, 2] if share.shape[1] > 2 else np.ones(len(share), dtype=np.float32)


def candidates(grey: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """For every picture the few whose crops look most like it, (n, k) row numbers.

    Brute force over 8 × 8 thumbnails of 16 crops: 20,000 pictures took 35 seconds of processor time. Beside the
    thumbnails, 4 KB a picture, memory does not grow with their number.
    """
    n = len(grey)
    k = min(N_CANDIDATES, n - 1)
    crops = _crop_thumbnails(grey)
    plain = crops[:, 0]
    nearest = np.empty((n, k), dtype=np.int64)
    size = max(1, _BLOCK_CELLS // n)
    for start in range(0, n, size):
        rows = np.arange(start, min(start + size, n))
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
        progress("Comparing similar images", 0.3 + 0.4 * start / len(whole))
    return edges, rough


def likeness(agreements: Floats) -> float:
    """How alike different pictures of this set are: the 90th percentile of the fourth best candidate's agreement.

    agreements: (n, k). The more alike they are, the less an agreement says. The fourth, because a picture may well
    have a few real copies.
    """
    k = agreements.shape[1]
    return float(np.quantile(np.sort(agreements, axis=1)[:, max(0, k - 4)], 0.9))


def _compared(
    grey: np.ndarray, colour: np.ndarray, whole: np.ndarray, part: np.ndarray, edges: Floats, alike: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """(agrees in all detail, in much of it, shines through, share that differs) of each pair, aligned finely.

    The first two only of pairs in the same colours.
    """
    a, b = grey[whole].astype(np.float32), grey[part].astype(np.float32)
    edges = refine(a, b, edges, 48, 3)
    detail = agreement(a, b, edges, FINE)
    likely = (detail >= max(LIKELY, alike + MARGIN)) & (agreement(a, b, edges, BROAD) >= LIKELY_BROAD)
    share, inside, step = local_difference(a, b, edges, colour[whole], colour[part])
    coloured = step <= MAX_COLOUR_DIFFERENCE
    return ((detail >= SURE) | likely) & coloured, (detail >= IN_PART) & coloured, inside >= SHINES, share
