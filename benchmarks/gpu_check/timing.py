"""Seconds of work on a device: what was asked of a GPU is waited for, and the best of a few passes counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch


def wait(device: str) -> None:
    """Until the device has done all that it was asked."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds_of(work: Callable[[], Any], device: str, passes: int = 5, warm: int = 2) -> float:
    """The least seconds of a pass, after `warm` passes that choose kernels; other work only adds time."""
    for _ in range(warm):
        work()
    wait(device)
    best = float("inf")
    for _ in range(passes):
        started = time.perf_counter()
        work()
        wait(device)
        best = min(best, time.perf_counter() - started)
    return best


def out_of_a_loop(work: Callable[[], Any], device: str, n: int) -> float:
    """Mean seconds of a pass in a row of n, as in an epoch, where the next is asked for while one is computed."""
    work()
    wait(device)
    started = time.perf_counter()
    for _ in range(n):
        work()
    wait(device)
    return (time.perf_counter() - started) / n
