"""Features of many items: streamed, batched, and cached on disk so that no item is computed twice.

Decoding runs in threads beside the forward pass (`probes.batches`). Results are appended to the cache every few
seconds, so a killed extraction loses no more than that. The caller gets a table that is mapped from a file once it is
large, so memory does not grow with the number of items.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from probes.batches import image_batches, readable, text_batches
from probes.device import Calibration
from probes.feature_store import FeatureStore
from probes.feature_table import FeatureTable
from probes.forward import Forward, forward_of
from probes.memory import InParts
from probes.progress import Progress, silent
from probes.timings import stage

#: Seconds between two writes to the cache.
FLUSH_SECONDS = 2.0
#: Items whose cached rows are held at once.
BLOCK = 1024
#: Texts that say how long they are.
N_TEXTS = 64


class Backbone(Protocol):
    """What extraction needs from a backbone; `ImageBackbone` and `TextBackbone` provide it."""

    module: Any
    dim: int
    weights_hash: str
    device: str

    @property
    def preprocessing(self) -> str:
        """What features depend on besides weights and item."""
        ...


@dataclass(frozen=True)
class Features:
    """Features of n items. Shape: array (n, dim) float32 (zeros where not ok; a memory map when large), ok (n,) bool.

    ``seconds``: the time of this call; ``cached``: whether no item had to be computed. ``calibration`` is None when
    nothing had to be computed and the caller passed none.
    """

    array: np.ndarray
    ok: np.ndarray
    seconds: float
    calibration: Calibration | None
    cached: bool


@stage("keeping")
def extract(
    backbone: Any,
    read: Callable[[int], Any],
    keys: Sequence[str],
    cache: Path,
    progress: Progress = silent,
    calibration: Calibration | None = None,
    changed: Mapping[int, str] | None = None,
) -> Features:
    """Features of the items 0..n-1, from the cache where it has them.

    ``read(i)`` returns item i (a PIL RGB image or a str); ``keys[i]`` is the digest of its content. An item whose
    `read` raises is not ok. Items are cached in the folder `cache` under the weights' hash and the preprocessing; a
    later call computes only the missing ones. A backbone with `parts` ((cache key, dim) of each layer, side by side in
    its output) caches each part under its own key, and computes an item when any part is missing.
    ``changed``, which `read` fills, has the key of each item that turned out to hold something else than ``keys`` says:
    its features are cached under that key, and no other item gets them.
    """
    started = time.monotonic()
    table = FeatureTable(len(keys), backbone.dim, cache)
    shelf = _Shelf.of(backbone, cache, keys, {} if changed is None else changed)
    shelf.fetch(table)
    ok: np.ndarray = np.asarray(shelf.held.all(axis=1))
    first_of = {key: index for index, key in reversed(list(enumerate(keys)))}
    missing = sorted(index for index in first_of.values() if not ok[index])
    if missing:
        if calibration is None:
            calibration = _calibrated(backbone, read, missing, cache)
        _fill(backbone, read, missing, table, ok, shelf, progress, Forward(backbone, calibration, cache))
        _share(keys, {key: index for key, index in first_of.items() if index not in shelf.changed}, table, ok)
    return Features(table.array(), ok, time.monotonic() - started, calibration, cached=not missing)


def clear(cache: Path) -> int:
    """Delete all cached features under `cache`; returns the bytes freed."""
    return FeatureStore.clear(cache)


def used(cache: Path) -> int:
    """The bytes that cached features take under `cache`."""
    return FeatureStore.used(cache)


@dataclass
class _Shelf:
    """The stores of one extraction, one per part of the backbone's output.

    Shape: held (n, parts) bool: which parts of which items are cached; ``columns``: the columns of each part;
    ``changed``: as in `extract`.
    """

    keys: Sequence[str]
    changed: Mapping[int, str]
    stores: list[FeatureStore]
    columns: list[slice]
    held: np.ndarray
    pending: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    @classmethod
    def of(cls, backbone: Any, cache: Path, keys: Sequence[str], changed: Mapping[int, str]) -> _Shelf:
        parts = getattr(backbone, "parts", ((backbone.preprocessing, backbone.dim),))
        stores = [FeatureStore(cache, f"{backbone.weights_hash}-{name}", dim) for name, dim in parts]
        ends = np.cumsum([0, *(dim for _, dim in parts)]).tolist()
        columns = [slice(start, end) for start, end in pairwise(ends)]
        return cls(keys, changed, stores, columns, np.zeros((len(keys), len(stores)), dtype=bool))

    def fetch(self, table: FeatureTable) -> None:
        """Put the items with all parts cached into `table`."""
        indices = [store.index() for store in self.stores]
        for start in range(0, len(self.keys), BLOCK):
            block = slice(start, start + BLOCK)
            parts = [s.read(self.keys[block], index) for s, index in zip(self.stores, indices, strict=True)]
            self.held[block] = np.stack([ok for _, ok in parts], axis=1)
            whole = np.flatnonzero(self.held[block].all(axis=1))
            if len(whole):
                table.put(start + whole, np.concatenate([rows[whole] for rows, _ in parts], axis=1))

    def flush(self) -> None:
        """Append what was computed since the last flush to each store that lacks it."""
        if not self.pending:
            return
        indices = np.concatenate([indices for indices, _ in self.pending])
        rows = np.concatenate([rows for _, rows in self.pending])
        self.pending.clear()
        for part, (store, columns) in enumerate(zip(self.stores, self.columns, strict=True)):
            wanted = ~self.held[indices, part]
            store.append([self._key(index) for index in indices[wanted].tolist()], rows[wanted, columns])

    def _key(self, index: int) -> str:
        """The key of what was read of an item."""
        return self.changed.get(index, self.keys[index])


def _calibrated(backbone: Any, read: Callable[[int], Any], missing: list[int], cache: Path) -> Calibration:
    """What `forward_of` chooses for so many items."""
    texts = None
    if _is_text(backbone):
        texts = [text for _, text in readable(read, missing[:: max(1, len(missing) // N_TEXTS)])]
    return forward_of(backbone, len(missing), cache, texts=texts).calibration


def _fill(
    backbone: Any,
    read: Callable[[int], Any],
    missing: list[int],
    table: FeatureTable,
    ok: np.ndarray,
    shelf: _Shelf,
    progress: Progress,
    forward: Forward,
) -> None:
    """Compute the missing rows into `table` and `ok`, and append them to the stores, even when stopped."""
    compute = InParts(forward)
    batches = text_batches if _is_text(backbone) else image_batches
    n_done, written = 0, time.monotonic()
    progress("Extracting features", 0.0)
    try:
        with contextlib.closing(batches(backbone, read, missing, forward.calibration.batch_size)) as stream:
            for indices, batch, share in stream:
                features = compute(batch, len(indices))
                finite = np.isfinite(features).all(axis=1)
                done, rows = np.asarray(indices)[finite], features[finite]
                table.put(done, rows)
                ok[done] = True
                n_done += len(done)
                shelf.pending.append((done, rows))
                if time.monotonic() - written > FLUSH_SECONDS:
                    shelf.flush()
                    written = time.monotonic()
                progress(f"Extracting features: {n_done:,} of {len(missing):,}", share)
    finally:
        shelf.flush()


def _share(keys: Sequence[str], first_of: dict[str, int], table: FeatureTable, ok: np.ndarray) -> None:
    """Copy the features of the first item with some content to all others with the same content."""
    source = np.array([first_of.get(key, index) for index, key in enumerate(keys)])
    twins = np.flatnonzero(~ok & ok[source])
    for start in range(0, len(twins), BLOCK):
        block = twins[start : start + BLOCK]
        table.put(block, table.get(source[block]))
    ok[twins] = True


def _is_text(backbone: Any) -> bool:
    return hasattr(backbone, "tokenizer")
