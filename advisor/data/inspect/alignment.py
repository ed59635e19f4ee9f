"""Lay one thumbnail over a crop of another: find the crop's edges, then say how well the two agree in detail.

The crop is found on a small grid of crops, then by Gauss-Newton on its four edges (after Lucas and Kanade, IJCAI
1981). Pictures are (n, side, side) float32; edges are (n, 4) float32: left, right, top, bottom as shares of the side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 64  #: of the grey thumbnails, pixels
_STARTS = ((0.0, 1.0), (0.0, 0.9), (0.05, 0.95), (0.1, 1.0), (0.0, 0.95), (0.025, 0.975), (0.05, 1.0))


def best_start(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The crop of `a` most like `b` at 16 × 16 pixels, among 49: its edges, and the cosine, (n,)."""
    crops = np.array(_STARTS, dtype=np.float32)
    across = resampling(crops[:, 0], crops[:, 1], 16).reshape(-1, SIDE)
    k = len(crops)
    views = (across @ a @ across.T).reshape(-1, k, 16, k, 16).transpose(0, 1, 3, 2, 4).reshape(len(a), k * k, 256)
    target = unit((across[:16] @ b @ across[:16].T).reshape(len(b), 256, 1), axis=1)
    cosine = (unit(views) @ target)[:, :, 0]
    best = cosine.argmax(axis=1)
    return np.concatenate([crops[best % k], crops[best // k]], axis=1), cosine.max(axis=1)


def halved(pictures: Floats) -> Floats:
    """Pictures at half their side."""
    half = pictures[:, ::2, ::2] + pictures[:, 1::2, ::2] + pictures[:, ::2, 1::2] + pictures[:, 1::2, 1::2]
    return np.asarray(half / 4, dtype=np.float32)


def refine(a: Floats, b: Floats, edges: Floats, m: int, steps: int) -> Floats:
    """The edges, moved by Gauss-Newton so that `a` cropped to them and seen at m × m pixels looks like `b`."""
    n = len(a)
    target = unit(squeezed(b, m).reshape(n, m * m))
    u = (np.arange(m, dtype=np.float32) + 0.5) / m
    for _ in range(steps):
        seen = cropped(a, edges, m)
        by_row, by_column = np.gradient(seen, axis=(1, 2))
        by_column *= (m / (edges[:, 1] - edges[:, 0]))[:, None, None]
        by_row *= (m / (edges[:, 3] - edges[:, 2]))[:, None, None]
        moves = [by_column * (1 - u), by_column * u, by_row * (1 - u)[:, None], by_row * u[:, None]]
        slope = np.stack(moves, axis=1).reshape(n, 4, m * m)
        slope -= slope.mean(axis=2, keepdims=True)
        flat = seen.reshape(n, m * m) - seen.mean(axis=(1, 2))[:, None]
        missing = target * np.linalg.norm(flat, axis=1, keepdims=True) - flat
        normal = slope @ slope.transpose(0, 2, 1)
        ridge = 1e-3 * (np.trace(normal, axis1=1, axis2=2) + 1.0)
        normal += np.eye(4, dtype=np.float32) * ridge[:, None, None]
        move = np.linalg.solve(normal, slope @ missing[:, :, None])[:, :, 0]
        edges = np.clip(edges + np.clip(move, -0.03, 0.03), _LEAST, _MOST)
    return edges


#: A crop leaves at least six tenths of each side.
_LEAST = np.array([0.0, 0.8, 0.0, 0.8], dtype=np.float32)
_MOST = np.array([0.2, 1.0, 0.2, 1.0], dtype=np.float32)


def cropped(pictures: Floats, edges: Floats, m: int) -> Floats:
    """Each picture cropped to its edges and averaged to m × m pixels."""
    across = resampling(edges[:, 0], edges[:, 1], m, pictures.shape[-1])
    down = resampling(edges[:, 2], edges[:, 3], m, pictures.shape[-1])
    return np.asarray(down @ pictures @ across.transpose(0, 2, 1), dtype=np.float32)


def squeezed(pictures: Floats, m: int) -> Floats:
    """Whole pictures averaged to m × m pixels."""
    across = resampling(np.zeros(1, np.float32), np.ones(1, np.float32), m, pictures.shape[-1])[0]
    return np.asarray(across @ pictures @ across.T, dtype=np.float32)


def resampling(low: Floats, high: Floats, m: int, side: int = SIDE) -> Floats:
    """(n, m, side) matrices that average the stretch from low to high, shares of the side, into m cells."""
    ends = side * (low[:, None] + (high - low)[:, None] * np.linspace(0, 1, m + 1, dtype=np.float32))
    pixel = np.arange(side, dtype=np.float32)
    overlap: Floats = np.minimum(ends[:, 1:, None], pixel + 1)
    overlap -= np.maximum(ends[:, :-1, None], pixel)
    np.maximum(overlap, 0, out=overlap)
    overlap *= (m / (side * (high - low)))[:, None, None]
    return overlap


def unit(vectors: np.ndarray, axis: int = -1) -> Floats:
    """The vectors with mean 0 and norm 1 along an axis (a flat picture stays 0)."""
    centred = np.asarray(vectors - vectors.mean(axis=axis, keepdims=True), dtype=np.float32)
    centred /= np.linalg.norm(centred, axis=axis, keepdims=True) + np.float32(1e-3)
    return centred


def blur(m: int, sigma: float) -> Floats:
    """(m, m) matrix of a Gaussian blur along one axis, edges repeated; the unit matrix for sigma 0."""
    places = np.arange(-4 * m, 5 * m)
    distance = places[None, :] - np.arange(m)[:, None]
    weights = np.exp(-0.5 * (distance / sigma) ** 2) if sigma else (distance == 0).astype(np.float64)
    folded = np.zeros((m, m))
    np.add.at(folded.T, np.clip(places, 0, m - 1), weights.T)
    return np.asarray(folded / folded.sum(axis=1, keepdims=True), dtype=np.float32)


#: Bands of detail as pairs of blurs: narrow minus wide.
ROUGH = (blur(24, 0.0), blur(24, 1.5))
FINE = (blur(48, 0.0), blur(48, 1.5))
BROAD = (blur(48, 0.7), blur(48, 2.0))


def agreement(a: Floats, b: Floats, edges: Floats, band: tuple[Floats, Floats]) -> Floats:
    """Correlation, (n,), of a band of detail of `a` cropped with that of `b`; noise of one grey level lowers it."""
    narrow, wide = band
    m = len(narrow)
    seen = cropped(a, edges, m), squeezed(b, m)
    x, y = (narrow @ s @ narrow.T - wide @ s @ wide.T for s in seen)
    noise = np.float32(m * m)
    energy = ((x * x).sum(axis=(1, 2)) + noise) * ((y * y).sum(axis=(1, 2)) + noise)
    return np.asarray((x * y).sum(axis=(1, 2)) / np.sqrt(energy), dtype=np.float32)


#: Blocks along each side that two pictures are compared in, one by one.
BLOCKS = 6
#: Grey levels by which blocks of one picture may differ after another encoding, and a colour after another scaling.
NOISE_LEVELS, COLOUR_LEVELS = 4.0, 48.0


def local_difference(
    a: Floats, b: Floats, edges: Floats, a_colour: np.ndarray, b_colour: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """(share of the picture in which `a` cropped and `b` differ, correlation inside the blocks that differ, root mean
    square step of colour of 255), (n,) each.

    Brightness and contrast are brought into line first, by what most of the picture says. A block differs as far as
    its squared difference reaches the variance inside the block and that of noise; unlike a correlation over the whole
    picture, this does not let a frame that two pictures share speak for what is inside it. A field differs, too, where
    its colour is another. a_colour, b_colour: (n, 16, 16, 3) uint8.
    """
    n, m = len(a), 48
    x, y = cropped(a, edges, m).reshape(n, -1), squeezed(b, m).reshape(n, -1)
    gain, offset = _tone(x, y)
    seen = gain[:, None] * x + offset[:, None]
    x, y = (v.reshape(n, BLOCKS, m // BLOCKS, BLOCKS, m // BLOCKS) for v in (seen, y))
    variance = (x.var(axis=(2, 4)) + y.var(axis=(2, 4))) / 2
    unlike = (((y - x) ** 2).mean(axis=(2, 4)) / (variance + np.float32(NOISE_LEVELS**2))).reshape(n, -1)
    steps = _colour_steps(a_colour, b_colour, edges, gain, offset)
    recoloured = (np.abs(steps).max(axis=3) > COLOUR_LEVELS).mean(axis=(1, 2))
    share = np.maximum(np.minimum(unlike, 1).mean(axis=1), recoloured)
    colour = np.sqrt((steps**2).mean(axis=(1, 2, 3)))
    centred_x, centred_y = (v - v.mean(axis=(2, 4), keepdims=True) for v in (x, y))
    shared = ((centred_x * centred_y).mean(axis=(2, 4)) / (variance + np.float32(NOISE_LEVELS**2))).reshape(n, -1)
    weight = np.minimum(unlike, 1)
    inside = (weight * shared).sum(axis=1) / (weight.sum(axis=1) + np.float32(1e-6))
    return share.astype(np.float32), inside.astype(np.float32), colour.astype(np.float32)


#: Cells along each side, and the root mean square in grey levels from which a picture shows something of its own there.
CELLS, OWN_LEVELS = 24, 8.0


def agreement_beside(a: Floats, b: Floats, edges: Floats, shared: Floats) -> Floats:
    """Correlation, (n,), of `a` cropped with `b` after `shared`, (n, side, side) in the frame of `a`, is taken away.

    Only cells count where either shows something else than what is shared; 1 where there are none.
    """
    n, m = len(a), 48
    y = squeezed(b, m).reshape(n, -1)
    seen = (cropped(pictures, edges, m).reshape(n, -1) for pictures in (a, shared))
    x, ground = (gain[:, None] * v + offset[:, None] for v in seen for gain, offset in [_tone(v, y)])
    own_x, own_y = (
        (v - ground).reshape(n, CELLS, m // CELLS, CELLS, m // CELLS).transpose(0, 1, 3, 2, 4).reshape(n, CELLS**2, -1)
        for v in (x, y)
    )
    energy_x, energy_y, product = ((u * v).mean(axis=2) for u, v in ((own_x, own_x), (own_y, own_y), (own_x, own_y)))
    apart = np.maximum(energy_x, energy_y) > OWN_LEVELS**2
    together, total_x, total_y = ((v * apart).sum(axis=1) for v in (product, energy_x, energy_y))
    return np.where(apart.any(axis=1), together / np.sqrt(total_x * total_y + 1), 1).astype(np.float32)


def _tone(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Gain and offset, (n,) each, that bring x to y, both (n, pixels), by the three quarters that fit best."""
    weight = np.ones_like(x)
    for _ in range(3):
        total = weight.sum(axis=1)
        mean_x, mean_y = (weight * x).sum(axis=1) / total, (weight * y).sum(axis=1) / total
        from_x, from_y = x - mean_x[:, None], y - mean_y[:, None]
        gain = (weight * from_x * from_y).sum(axis=1) / ((weight * from_x**2).sum(axis=1) + np.float32(1e-3))
        gain = np.clip(gain, 0.5, 2)
        missing = np.abs(from_y - gain[:, None] * from_x)
        bound = np.maximum(np.quantile(missing, 0.75, axis=1, keepdims=True), 2)
        weight = (missing <= bound).astype(np.float32)
    return gain, mean_y - gain * mean_x


def _colour_steps(a: np.ndarray, b: np.ndarray, edges: Floats, gain: Floats, offset: Floats) -> Floats:
    """Differences, (n, 8, 8, 3), of `a` cropped, in the tone of b, and `b`, both (n, 16, 16, 3) uint8, of 255."""
    steps = np.empty((len(a), 8, 8, 3), dtype=np.float32)
    for channel in range(3):
        x = cropped(a[..., channel].astype(np.float32), edges, 8)
        y = squeezed(b[..., channel].astype(np.float32), 8)
        steps[..., channel] = np.clip(gain[:, None, None] * x + offset[:, None, None], 0, 255) - y
    return steps
