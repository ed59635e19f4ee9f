"""Parts of items with several labels, alike in every label: iterative stratification.

Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-label Data", ECML PKDD 2011,
https://doi.org/10.1007/978-3-642-23808-6_10. The label with the fewest items left is dealt out first, each item to the
part that still wants most of this label; of equals, to the one that wants most items. Units of several items (a
group, or copies of each other) go first, the largest first, each to the part where it does least harm to the wanted
numbers of all labels (chi-square, as in `advisor.data.split`). Items without a label come last.
"""

from __future__ import annotations

import numpy as np


def divide_sets(targets: np.ndarray, units: np.ndarray, shares: dict[str, float], seed: int = 0) -> np.ndarray:
    """Part names for rows, (n,) object: whole units, the share of every label near `shares` (name → share).

    Shape: targets (n, L) of 0 and 1, units (n,) integers. The same rows and seed always give the same parts.
    """
    if len(targets) == 0:
        return np.empty(0, dtype=object)
    unit = np.unique(units, return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    held = np.zeros((n_units, targets.shape[1]))
    np.add.at(held, unit, targets)
    sizes = np.bincount(unit).astype(float)
    order = np.random.default_rng(seed).permutation(n_units)
    order = order[np.argsort(-sizes[order], kind="stable")]  # large units first, while there is room for them
    share = np.array(list(shares.values())) / sum(shares.values())
    wanted, room = share[:, None] * held.sum(axis=0), share * sizes.sum()
    part = np.full(n_units, -1)
    waiting = sizes == 1
    quota, filled = np.column_stack([wanted, room]), np.zeros((len(share), targets.shape[1] + 1))
    for one in order[sizes[order] > 1]:
        amounts = np.append(held[one], sizes[one])
        harm = amounts * (2 * (filled - quota) + amounts) / np.maximum(quota, 0.5)
        part[one] = int(np.argmin(harm.sum(axis=1)))
        filled[part[one]] += amounts
    wanted, room = quota[:, :-1] - filled[:, :-1], quota[:, -1] - filled[:, -1]
    while waiting.any():
        left = held[waiting].sum(axis=0)
        label = int(np.argmin(np.where(left > 0, left, np.inf))) if (left > 0).any() else None
        own = order[waiting[order] & (held[order, label] > 0 if label is not None else True)]
        for one in own:
            wants = wanted[:, label] if label is not None else room
            part[one] = max(range(len(share)), key=lambda p: (wants[p], room[p], -p))
            wanted[part[one]] -= held[one]
            room[part[one]] -= sizes[one]
            waiting[one] = False
    names = np.array(list(shares), dtype=object)
    _learnable(part, held, list(shares))
    parts: np.ndarray = names[part[unit]]
    return parts


def _learnable(part: np.ndarray, held: np.ndarray, names: list[str]) -> None:
    """A label that training misses gets its smallest unit there, in place. Shape: part (units,), held (units, L)."""
    train = names.index("train")
    for label in np.flatnonzero(held[part == train].sum(axis=0) == 0):
        own = np.flatnonzero(held[:, label] > 0)
        if len(own):
            part[own[np.argmin(held[own].sum(axis=1))]] = train
