"""What the device can do at best: matrix products, and copies to it from ordinary and from pinned memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.figures import Figure
from benchmarks.gpu_check.check import NO_GPU, Check, NotRun, held, told
from benchmarks.gpu_check.timing import seconds_of

#: Dense bfloat16 of the makers' data sheets in TFLOP/s, by what the device's name holds; the longer names first.
PEAKS = {
    "B200": 2250.0, "GH200": 989.0, "H200": 989.0, "H100 PCIe": 756.0, "H100": 989.0, "L40S": 362.0, "L40": 181.0,
    "A100": 312.0, "A10G": 70.0, "A10": 125.0, "L4": 121.0, "RTX 4090": 165.0, "RTX 3090": 71.0, "V100": 125.0,
    "T4": 65.0,
}  # fmt: skip
#: A large product reaches this share of the data sheet on a device that nobody else uses.
PRODUCT_SHARE = 0.6


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """Rates of products and copies."""
    dtypes = (torch.bfloat16, torch.float16, torch.float32) if check.on_gpu else (torch.float32,)
    n = 8192 if check.on_gpu else 1024
    for dtype in dtypes:
        name = str(dtype).removeprefix("torch.")
        rate, known = product_tflops(check.device, dtype, n), data_sheet_tflops(check.device)
        name, how = f"matrix product in {name}", f"{n} x {n}; data sheet: {known or 'not known'}"
        if known is not None and dtype != torch.float32:
            yield held(check, name, rate, "TFLOP/s", "at least", PRODUCT_SHARE * known, how=how)
        else:
            yield told(name, rate, "TFLOP/s", how)
    if not check.on_gpu:
        yield NotRun("copies to the device", NO_GPU)
        return
    for pinned in (False, True):
        batch = torch.zeros(256, 224, 224, 3, dtype=torch.uint8, pin_memory=pinned)
        seconds = seconds_of(lambda batch=batch: batch.to("cuda", non_blocking=True), "cuda")  # type: ignore[misc]
        name = f"copy to the device from {'pinned' if pinned else 'ordinary'} memory"
        yield told(name, batch.nbytes / seconds / 1e9, "GB/s", "256 images of 224 px, uint8")


def data_sheet_tflops(device: str) -> float | None:
    """Dense bfloat16 of the device as its maker gives it; None where it is not known."""
    if device != "cuda":
        return None
    name = torch.cuda.get_device_name()
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def product_tflops(device: str, dtype: torch.dtype, n: int) -> float:
    """The rate of an n x n matrix product on random numbers."""
    left, right = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2 * n**3 / seconds_of(lambda: left @ right, device) / 1e12


def peak_tflops(device: str) -> tuple[float, str]:
    """What utilisation is measured against, and what that is: the data sheet, else a large product here."""
    known = data_sheet_tflops(device)
    if known is not None:
        return known, "the data sheet's peak"
    if device == "cuda":
        return product_tflops(device, torch.bfloat16, 8192), "a large product in bfloat16"
    return product_tflops(device, torch.float32, 1024), "a large product in float32"
