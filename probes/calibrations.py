"""Calibrations kept between sessions: what `probes.device` measured once is checked in a moment, not measured again.

The key of a measurement is what it depends on: the device and its name, the versions of torch and of the engines,
torch's threads, the weights, and the input's size; a change in any of them measures again. The machine may have been
busy then or may be busy now, so a kept calibration is checked by timing a small batch:

- a rate near the kept one confirms it;
- a rate far above it shows that the kept measurement was disturbed, so it is repeated and replaced;
- a rate far below it only shows that something else is running now: precision, format and batch size stay as they were
  measured on the quiet machine, and the returned rate is the present one.

What an item takes on a free machine (``free_seconds``) is kept with it, so that it is the same for every dataset.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes.device import (
    Calibration,
    calibrate_backbone,
    check_pace,
    place,
    processor_name,
    raw_example,
    threads_of,
    usable_cores,
)
from probes.notes import read_note, write_note
from probes.pace import Pace, pace
from probes.timings import stage

#: A present rate within this factor of the kept one confirms it; other work on two cores changes it by about two.
NEAR = 1.5
FOLDER = "calibrations"
#: Items and seconds that check the kept rate of an engine.
N_CHECKED, CHECK_SECONDS = 8, 0.1


@stage("engine")
def calibration_of(backbone: Any, cache: Path, texts: list[str] | None = None) -> Calibration:
    """The calibration of a loaded backbone on this device, from the folder `cache` while it still holds.

    texts: for a text backbone, some of the dataset's own, since length matters.
    """
    facts = _facts(backbone, texts)
    path = cache / FOLDER / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]}.json"
    kept = _kept(path, facts)
    if kept is not None:
        now = present_pace(backbone, kept, cache, texts)
        if now is not None and now.rate <= NEAR * kept.items_per_second:
            if kept.engine == "torch":
                place(backbone.module, kept)
            if not kept.free_seconds:  # kept by a version that went by the clock alone
                kept = kept.model_copy(update={"free_seconds": now.seconds})
                _keep(path, facts, kept, backbone)
            return kept if now.rate * NEAR >= kept.items_per_second else _slower_now(kept, now.rate)
    measured = _measured(backbone, cache, texts)
    _keep(path, facts, measured, backbone)
    return measured


def _keep(path: Path, facts: dict[str, Any], calibration: Calibration, backbone: Any) -> None:
    write_note(path, {"facts": facts, "calibration": calibration.model_dump(), "size": backbone.input_size})


@stage("engine")
def present_pace(backbone: Any, calibration: Calibration, cache: Path, texts: list[str] | None = None) -> Pace | None:
    """The pace now, by the calibration's engine; None where that does not run here any more."""
    if calibration.engine == "torch":
        return check_pace(backbone, calibration, texts)
    from probes.engines.opened import opened

    one = opened(backbone, calibration.engine, calibration.engine_dtype, cache)
    if one is None:
        return None
    n = min(calibration.batch_size, N_CHECKED)
    batch = raw_example(backbone, texts)(n)
    return pace(lambda: one(backbone, batch), n, CHECK_SECONDS, threads_of(str(backbone.device)))


def _measured(backbone: Any, cache: Path, texts: list[str] | None) -> Calibration:
    """By an engine where one is clearly faster than torch; else in the best of torch's formats."""
    from probes.engines.race import fastest

    found = fastest(backbone, cache, texts)
    if found is not None:
        return found
    chosen = calibrate_backbone(backbone, texts)
    return chosen.model_copy(update={"free_seconds": check_pace(backbone, chosen, texts).seconds})


@dataclass(frozen=True)
class Kept:
    """A kept calibration, of what: ``weights`` is their SHA-256, ``texts`` whether texts were read or images.

    ``size``: pixels or, at most, tokens that the backbone was fed; None where an earlier version kept it.
    """

    weights: str
    texts: bool
    calibration: Calibration
    size: int | None = None


def kept(cache: Path) -> list[Kept]:
    """All kept calibrations under `cache`, the newest first; damaged ones are left out."""
    paths = sorted((cache / FOLDER).glob("*.json"), key=lambda path: -path.stat().st_mtime)
    found = []
    for path in paths:
        try:
            note = read_note(path)
            facts = note["facts"]
            calibration = _kept(path, facts)
            if calibration is not None:
                found.append(Kept(str(facts["weights"]), bool(facts["characters"]), calibration, note.get("size")))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def forget(cache: Path) -> int:
    """Delete all kept calibrations under `cache`; returns how many there were."""
    paths = list((cache / FOLDER).glob("*.json"))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _facts(backbone: Any, texts: list[str] | None) -> dict[str, Any]:
    """Everything that a calibration depends on."""
    import torch

    from probes.engines.opened import installed

    device = str(backbone.device)
    on_gpu = device.startswith("cuda")
    return {
        "device": device,
        "name": torch.cuda.get_device_name(device) if on_gpu else processor_name(),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "engines": {} if on_gpu else installed(),
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
    reason = f"{kept.reason.rstrip('.')}; now {rate:.0f} a second, as the machine is busy."
    return kept.model_copy(update={"items_per_second": rate, "reason": reason})


def _kept(path: Path, facts: dict[str, Any]) -> Calibration | None:
    """The calibration in a file; None when it is missing, damaged, of another version or of other facts."""
    try:
        note = read_note(path)
        calibration = Calibration.model_validate(note["calibration"]) if note["facts"] == facts else None
    except (ValueError, KeyError, TypeError):
        return None
    return calibration if calibration and calibration.items_per_second > 0 else None
