"""Calibrations kept between sessions: what `probes.device` measured here once is checked in a moment, not made anew.

What a measurement depends on is its key: the device and its name, torch's version and threads, the weights, and the
input's size; a change of any of them measures again. The machine may also have been busy then, or be busy now, so a
kept calibration is never trusted blindly: a small batch is timed, and

- a rate near the kept one confirms it;
- a rate far above it proves that the kept measurement was disturbed: it is made again, and replaces the old one;
- a rate far below it only says that something else is running now: precision, format and batch size stay as they were
  measured in peace, and the rate given is the present one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from probes.device import Calibration, calibrate_backbone, check_rate, place, processor_name, usable_cores

#: A present rate within this factor of the kept one confirms it; other work on two cores changes it by about two.
NEAR = 1.5
FOLDER = "calibrations"


def calibration_of(backbone: Any, cache: Path, texts: list[str] | None = None) -> Calibration:
    """The calibration of a loaded backbone on this device, from the folder `cache` where it still holds.

    texts: some of the dataset's own, for a text backbone, since length decides.
    """
    facts = _facts(backbone, texts)
    path = cache / FOLDER / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]}.json"
    kept = _kept(path, facts)
    if kept is not None:
        rate = check_rate(backbone, kept, texts)
        if rate <= NEAR * kept.items_per_second:
            place(backbone.module, kept)
            return kept if rate * NEAR >= kept.items_per_second else _slower_now(kept, rate)
    measured = calibrate_backbone(backbone, texts)
    _keep(path, facts, measured)
    return measured


def forget(cache: Path) -> int:
    """Delete every kept calibration under `cache`; returns how many there were."""
    paths = list((cache / FOLDER).glob("*.json"))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _facts(backbone: Any, texts: list[str] | None) -> dict[str, Any]:
    """All that a calibration depends on."""
    import torch

    device = str(backbone.device)
    on_gpu = device.startswith("cuda")
    return {
        "device": device,
        "name": torch.cuda.get_device_name(device) if on_gpu else processor_name(),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "weights": backbone.weights_hash,
        "input": backbone.preprocessing,
        "outputs": backbone.dim,
        "characters": _size_of(texts),
    }


def _size_of(texts: list[str] | None) -> int:
    """The mean length of some texts, as the power of two below it; 0 for none."""
    mean = sum(map(len, texts)) // len(texts) if texts else 0
    return 1 << (mean.bit_length() - 1) if mean else 0


def _slower_now(kept: Calibration, rate: float) -> Calibration:
    sentence = f"{kept.reason.rstrip('.')}; now {rate:.0f} a second, as the machine is busy."
    return kept.model_copy(update={"items_per_second": rate, "reason": sentence})


def _kept(path: Path, facts: dict[str, Any]) -> Calibration | None:
    """The calibration in a file; None when it is missing, damaged, of another version or of other facts."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["facts"] != facts:
            return None
        calibration = Calibration.model_validate(content["calibration"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return calibration if calibration.items_per_second > 0 else None


def _keep(path: Path, facts: dict[str, Any], calibration: Calibration) -> None:
    """Write the file in one step; a disk that cannot be written costs the memory, not the answer."""
    content = json.dumps({"facts": facts, "calibration": calibration.model_dump()}, indent=1)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(content)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
