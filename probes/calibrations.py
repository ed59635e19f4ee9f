"""Calibrations kept between sessions: what `probes.device` measured once is checked in a moment, not measured again.

The key of a measurement is what it depends on: the device and its name, torch's version and threads, the weights, and
the input's size; a change in any of them measures again. The machine may have been busy then or may be busy now, so a
kept calibration is checked by timing a small batch:

- a rate near the kept one confirms it;
- a rate far above it shows that the kept measurement was disturbed, so it is repeated and replaced;
- a rate far below it only shows that something else is running now: precision, format and batch size stay as they were
  measured on the quiet machine, and the returned rate is the present one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes.device import Calibration, calibrate_backbone, check_rate, place, processor_name, usable_cores
from probes.notes import read_note, write_note

#: A present rate within this factor of the kept one confirms it; other work on two cores changes it by about two.
NEAR = 1.5
FOLDER = "calibrations"


def calibration_of(backbone: Any, cache: Path, texts: list[str] | None = None) -> Calibration:
    """The calibration of a loaded backbone on this device, from the folder `cache` while it still holds.

    texts: for a text backbone, some of the dataset's own, since length matters.
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
    write_note(path, {"facts": facts, "calibration": measured.model_dump()})
    return measured


@dataclass(frozen=True)
class Kept:
    """A kept calibration, of what: ``weights`` is their SHA-256, ``texts`` whether texts were read or images."""

    weights: str
    texts: bool
    calibration: Calibration


def kept(cache: Path) -> list[Kept]:
    """All kept calibrations under `cache`, the newest first; damaged ones are left out."""
    paths = sorted((cache / FOLDER).glob("*.json"), key=lambda path: -path.stat().st_mtime)
    found = []
    for path in paths:
        try:
            facts = read_note(path)["facts"]
            calibration = _kept(path, facts)
            if calibration is not None:
                found.append(Kept(str(facts["weights"]), bool(facts["characters"]), calibration))
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
