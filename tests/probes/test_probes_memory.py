"""What is no lack of memory, and a batch that is computed in parts without any difference."""

from __future__ import annotations

import errno
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from probes.memory import InParts, is_out_of_memory, used_bytes


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."),
        torch.OutOfMemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),  # seen under a limit of the address space
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),  # as a process that cannot be forked
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    ],
)
def test_each_allocator_is_understood(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError) as impossible:
        torch.empty(2**45)  # 140 TB
    assert is_out_of_memory(impossible.value)
    for error in (
        OSError("out of memory cards"),
        ValueError("not enough memory"),
        RuntimeError("shape mismatch"),
        RuntimeError("could not create a primitive descriptor for the convolution forward propagation primitive"),
        ImportError("memory"),
    ):
        assert not is_out_of_memory(error)


@given(n=st.integers(1, 40), fits=st.integers(1, 40), as_dict=st.booleans())
def test_a_batch_that_does_not_fit_gives_the_same_in_parts(n: int, fits: int, as_dict: bool) -> None:
    values = np.arange(3.0 * n).reshape(n, 3)

    def double(batch: Any) -> np.ndarray:
        rows: np.ndarray = batch["a"] if as_dict else batch
        if len(rows) > fits:
            raise MemoryError
        return 2 * rows

    compute = InParts(double)
    for _ in range(2):  # the second batch begins with what fitted
        assert np.array_equal(compute({"a": values} if as_dict else values, n), 2 * values)
    assert compute.most is None if n <= fits else compute.most is not None and compute.most <= fits


def test_one_item_that_does_not_fit_is_an_error_and_others_are_not_hidden() -> None:
    def fails(error: Exception) -> InParts:
        def function(batch: Any) -> np.ndarray:
            raise error

        return InParts(function)

    with pytest.raises(MemoryError):
        fails(MemoryError())(np.zeros((4, 1)), 4)
    with pytest.raises(RuntimeError, match="shape"):
        fails(RuntimeError("shape mismatch"))(np.zeros((4, 1)), 4)


def test_what_is_held_is_known_while_another_thread_imports_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in the middle of its import has none of its names yet; whoever asks must not fail."""
    held = bytearray(64_000_000)
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert used_bytes() > len(held)
