"""Batches for the forward pass: images decoded in threads, texts sorted by length to save padding.

Decoding and computing overlap where cores are free: beside a GPU, or where torch uses fewer threads than there are
cores. Where torch uses every core they take turns: all cores decode a batch, then all compute it, which costs the sum
of both and no more. Measured on two busy cores against that sum, with waiting OpenMP threads asleep (see `probes`):
taking turns cost 0.98, overlap 1.04 (median of four, 48 photos at 160 px). With spinning threads, as in a process that
imported torch first, overlap cost 2.2, since a decoding thread on their cores stops them all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np

from probes.device import usable_cores
from probes.timings import current, stage

#: (indices, what the backbone prepares, share done)
Batch = tuple[list[int], Any, float]

#: Batches decoded ahead where decoding overlaps; this bounds the memory for any number of items.
BATCHES_AHEAD = 3


def image_batches(
    backbone: Any, read: Callable[[int], Any], missing: list[int], batch_size: int
) -> Generator[Batch, None, None]:
    """(indices, pixels (b, s, s, 3) uint8, share done); unreadable items are left out."""
    n_decoders, ahead = division(str(backbone.device))
    watch = current()

    def decode(index: int) -> np.ndarray | None:
        try:
            with watch.beside("decoding") if watch else contextlib.nullcontext():
                pixels: np.ndarray = backbone.pixels(read(index))
        except Exception:  # a bad item is a finding of the profile, never the end of the job
            return None
        return pixels

    with ThreadPoolExecutor(n_decoders, thread_name_prefix="decode") as pool:
        waiting = iter(missing)
        queue: list[tuple[int, Future[np.ndarray | None]]] = []

        def refill(n_batches: int) -> None:
            for index in islice(waiting, max(0, batch_size * n_batches - len(queue))):
                queue.append((index, pool.submit(decode, index)))

        n_done = 0
        try:
            refill(1)
            while queue:
                taken, queue[:] = queue[:batch_size], queue[batch_size:]
                with stage("decoding"):
                    decoded = [(index, future.result()) for index, future in taken]
                refill(ahead)
                n_done += len(taken)
                good = [(index, pixels) for index, pixels in decoded if pixels is not None]
                if good:
                    yield [index for index, _ in good], np.stack([pixels for _, pixels in good]), n_done / len(missing)
                refill(1)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def text_batches(
    backbone: Any, read: Callable[[int], Any], missing: list[int], batch_size: int
) -> Generator[Batch, None, None]:
    """(indices, tokens, share of the characters done), the longest texts first, so that the rate only rises."""
    texts = sorted(readable(read, missing), key=lambda pair: len(pair[1]), reverse=True)
    total = sum(len(text) + 1 for _, text in texts)
    n_done = 0
    for start in range(0, len(texts), batch_size):
        taken = texts[start : start + batch_size]
        n_done += sum(len(text) + 1 for _, text in taken)
        with stage("decoding"):
            tokens = backbone.tokenize([text for _, text in taken])
        yield [index for index, _ in taken], tokens, n_done / total


def readable(read: Callable[[int], Any], indices: list[int]) -> list[tuple[int, Any]]:
    """The items that can be read, with their indices."""
    items = []
    for index in indices:
        with contextlib.suppress(Exception):  # see decode above
            items.append((index, read(index)))
    return items


def division(device: str) -> tuple[int, int]:
    """(decoding threads, batches decoded ahead); Pillow releases Python's lock while it decodes."""
    import torch

    cores = usable_cores()
    free = cores if device != "cpu" else cores - torch.get_num_threads()
    return (min(8, free), BATCHES_AHEAD) if free > 0 else (min(8, cores), 0)
