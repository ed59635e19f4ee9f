"""Features of many items: streamed, batched, and kept on disk so that no item is computed twice.

Images are decoded in threads beside the forward pass; texts are sorted by length so that little is padding.
Results are appended to the cache every few seconds, so a killed extraction loses at most those.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from probes.device import Calibration, calibrate_backbone, place, precision, shaped
from probes.feature_store import FeatureStore
from probes.progress import Progress, silent

#: Seconds between two writes to the cache, and the batches decoded ahead of the forward pass.
FLUSH_SECONDS = 2.0
BATCHES_AHEAD = 3


class Backbone(Protocol):
    """What extraction needs of a backbone; `ImageBackbone` and `TextBackbone` have it."""

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
    """Features of n items. Shape: array (n, dim) float32 (zeros where not ok), ok (n,) bool.

    ``seconds`` is what this call took; ``cached`` tells that no item had to be computed. ``calibration`` is None when
    nothing had to be computed and none was given.
    """

    array: np.ndarray
    ok: np.ndarray
    seconds: float
    calibration: Calibration | None
    cached: bool


def extract(
    backbone: Any,
    read: Callable[[int], Any],
    keys: Sequence[str],
    cache: Path,
    progress: Progress = silent,
    calibration: Calibration | None = None,
) -> Features:
    """Features of the items 0..n-1, from the cache where they are there.

    ``read(i)`` gives item i (a PIL RGB image or a str); ``keys[i]`` is the digest of its content. An item whose `read`
    raises is not ok. Items are cached in the folder `cache` under the weights' hash and the preprocessing; asking for
    more items computes only the missing ones.
    """
    started = time.monotonic()
    store = FeatureStore(cache, f"{backbone.weights_hash}-{backbone.preprocessing}", backbone.dim)
    array, ok = store.read(keys)
    first_of = {key: index for index, key in reversed(list(enumerate(keys)))}
    missing = [index for key, index in first_of.items() if not ok[index]]
    if missing:
        if calibration is None:
            calibration = _calibrated(backbone, read, missing)
        place(backbone.module, calibration)
        _fill(backbone, read, keys, sorted(missing), array, ok, store, progress, calibration)
        source = np.array([first_of[key] for key in keys])  # items with the same content share their features
        array, ok = array[source], ok[source]
    return Features(array, ok, time.monotonic() - started, calibration, cached=not missing)


def clear(cache: Path) -> int:
    """Delete every cached feature under `cache`; returns the bytes freed."""
    return FeatureStore.clear(cache)


def _calibrated(backbone: Any, read: Callable[[int], Any], missing: list[int]) -> Calibration:
    """A measured calibration for a long job; the plain choice for a short one, which would not pay for measuring."""
    if len(missing) <= 64:
        return Calibration(device=backbone.device, channels_last=not _is_text(backbone))
    texts = None
    if _is_text(backbone):
        texts = [text for _, text in _readable(read, missing[:: max(1, len(missing) // 64)])]
    return calibrate_backbone(backbone, texts)


def _fill(
    backbone: Any,
    read: Callable[[int], Any],
    keys: Sequence[str],
    missing: list[int],
    array: np.ndarray,
    ok: np.ndarray,
    store: FeatureStore,
    progress: Progress,
    calibration: Calibration,
) -> None:
    """Compute the missing rows into `array` and `ok`, and append them to the store, a stop included."""
    import torch

    batches = _text_batches if _is_text(backbone) else _image_batches
    pending: list[int] = []
    written = time.monotonic()

    def flush() -> None:
        store.append([keys[index] for index in pending], array[pending])
        pending.clear()

    progress("Extracting features", 0.0)
    try:
        with contextlib.closing(batches(backbone, read, missing, calibration.batch_size)) as stream:
            for indices, batch, share in stream:
                with torch.inference_mode(), precision(calibration):
                    features = backbone.module(shaped(backbone.prepare(batch), calibration)).float().cpu().numpy()
                finite = np.isfinite(features).all(axis=1)
                done = np.asarray(indices)[finite]
                array[done] = features[finite]
                ok[done] = True
                pending.extend(done.tolist())
                if time.monotonic() - written > FLUSH_SECONDS:
                    flush()
                    written = time.monotonic()
                progress(f"Extracting features: {int(ok[missing].sum()):,} of {len(missing):,}", share)
    finally:
        flush()


Batch = tuple[list[int], Any, float]


def _image_batches(
    backbone: Any, read: Callable[[int], Any], missing: list[int], batch_size: int
) -> Generator[Batch, None, None]:
    """(indices, pixels (b, s, s, 3) uint8, share done); decoding runs some batches ahead in threads."""
    workers = min(4, os.cpu_count() or 1)

    def decode(index: int) -> np.ndarray | None:
        try:
            pixels: np.ndarray = backbone.pixels(read(index))
        except Exception:  # a bad item is the caller's finding, never the end of the job
            return None
        return pixels

    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        waiting = iter(missing)
        queue: list[tuple[int, Future[np.ndarray | None]]] = []

        def refill() -> None:
            for index in islice(waiting, batch_size * BATCHES_AHEAD - len(queue)):
                queue.append((index, pool.submit(decode, index)))

        seen = 0
        try:
            refill()
            while queue:
                taken, queue[:] = queue[:batch_size], queue[batch_size:]
                decoded = [(index, future.result()) for index, future in taken]
                refill()
                seen += len(taken)
                good = [(index, pixels) for index, pixels in decoded if pixels is not None]
                if good:
                    yield [index for index, _ in good], np.stack([pixels for _, pixels in good]), seen / len(missing)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _text_batches(
    backbone: Any, read: Callable[[int], Any], missing: list[int], batch_size: int
) -> Generator[Batch, None, None]:
    """(indices, tokens, share of the characters done), the longest texts first so that the estimate only improves."""
    texts = sorted(_readable(read, missing), key=lambda pair: len(pair[1]), reverse=True)
    total = sum(len(text) + 1 for _, text in texts)
    seen = 0
    for start in range(0, len(texts), batch_size):
        taken = texts[start : start + batch_size]
        seen += sum(len(text) + 1 for _, text in taken)
        yield [index for index, _ in taken], backbone.tokenize([text for _, text in taken]), seen / total


def _readable(read: Callable[[int], Any], indices: list[int]) -> list[tuple[int, Any]]:
    items = []
    for index in indices:
        with contextlib.suppress(Exception):  # see decode above
            items.append((index, read(index)))
    return items


def _is_text(backbone: Any) -> bool:
    return hasattr(backbone, "tokenizer")
