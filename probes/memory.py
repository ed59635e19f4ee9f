"""Running out of memory: told from other errors on any device, and met with fewer items at a time."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

#: What torch's allocators say on the CPU and on MPS, the C++ library, cuBLAS and cuDNN, in a plain RuntimeError.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "status_alloc_failed",
              "allocation_failed")  # fmt: skip
#: All that oneDNN says where it finds no memory for its code or its scratch; what it cannot do at all it says of a
#: "primitive descriptor".
_ONEDNN = ("could not create a primitive", "could not execute a primitive", "could not create a memory object")
#: What the loader of shared libraries says where one does not fit.
_NO_ROOM = ("failed to map segment", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on any device.

    >>> is_out_of_memory(RuntimeError("CUDA out of memory")), is_out_of_memory(RuntimeError("shape mismatch"))
    (True, False)
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, without importing it
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    said = str(error).lower()
    if isinstance(error, ImportError):
        return any(phrase in said for phrase in _NO_ROOM)
    return isinstance(error, RuntimeError) and (said in _ONEDNN or any(phrase in said for phrase in _NO_MEMORY))


def used_bytes() -> int:
    """Bytes that this process holds: of a CUDA device where torch works on one, else of the main memory; 0: unknown.

    Any thread may ask at any time, also while another one is importing torch, which is not imported for this.
    """
    import psutil

    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    is_initialized = getattr(cuda, "is_initialized", None)
    if is_initialized is not None and is_initialized():
        return int(cuda.memory_reserved())  # type: ignore[union-attr]
    try:
        return int(psutil.Process().memory_info().rss)
    except psutil.Error:
        return 0


class InParts:
    """A function of a batch, computed on fewer items at a time once it has run out of memory.

    ``function``: takes an array (n, ...) or a dict of such, and gives (n, d). ``most``: items at a time, None for all.
    """

    def __init__(self, function: Callable[[Any], np.ndarray]) -> None:
        self.function = function
        self.most: int | None = None

    def __call__(self, batch: Any, n: int) -> np.ndarray:
        """The function of all n items; raises what the allocator raises where not even one fits."""
        while True:
            size = min(n, self.most or n)
            try:
                return np.concatenate([self.function(_rows(batch, at, at + size)) for at in range(0, n, size)])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or size == 1:
                    raise
            # outside of the handler, so that no traceback keeps the activations
            self.most = size // 2


def _rows(batch: Any, start: int, stop: int) -> Any:
    if isinstance(batch, dict):
        return {name: array[start:stop] for name, array in batch.items()}
    return batch[start:stop]
