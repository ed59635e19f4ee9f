"""Which engine is fastest for a backbone on this machine: a graph, or torch in the best of its formats.

An engine is mostly several times as fast as torch, so torch is timed in all its formats only where it is not.

They are compared by the processor's time and not by the clock, since other processes may use the machine at any moment:
at eight times as many processes as cores, the clock said 1.3 times where the processor's time said 4.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from probes.device import WORTH_IT, Calibration, in_torch, raw_example, threads_of
from probes.engines import TITLES
from probes.engines import opened as engines
from probes.engines.graph import translatable
from probes.pace import Pace, pace

#: Items of the timed batch, those that torch is timed on, and the seconds for each precision.
N_TIMED, N_TORCH, SECONDS = 16, 4, 0.2
#: An engine is taken where torch in float32 takes this many times as long.
CLEARLY = 1.5


def fastest(backbone: Any, cache: Path, texts: list[str] | None = None) -> Calibration | None:
    """The calibration with the first engine that runs the backbone, where it is clearly faster than torch; else None.

    A graph that is not in the folder `cache` is translated into it, in about 2 s. texts: as in
    `calibrate_backbone`.
    """
    if not translatable(backbone):
        return None
    example = raw_example(backbone, texts)
    is_text = hasattr(backbone, "tokenizer")
    for name in engines.installed():
        if paces := _paces(backbone, name, example(N_TIMED), cache):
            plain = Calibration(device=str(backbone.device), channels_last=not is_text)
            slow = pace(partial(in_torch(backbone, plain), example(N_TORCH)), N_TORCH, 0.0, threads_of(plain.device))
            return _chosen(plain, name, paces, slow, "texts" if is_text else "images")
    return None


def _paces(backbone: Any, name: str, batch: Any, cache: Path) -> dict[str, Pace]:
    """The pace in each precision whose features are those of the first, float32; none where that fails."""
    paces: dict[str, Pace] = {}
    plain: Any = None
    for precision in engines.ENGINES[name].precisions():
        one = engines.opened(backbone, name, precision, cache)
        if one is None:
            break
        features = one(backbone, batch)
        plain = features if plain is None else plain
        if engines.cosines(plain, features).min() >= engines.SAME_DIRECTION[precision]:
            paces[precision] = pace(partial(one, backbone, batch), N_TIMED, SECONDS, threads_of(str(backbone.device)))
    return paces


def _chosen(plain: Calibration, name: str, paces: dict[str, Pace], torchs: Pace, items: str) -> Calibration | None:
    precision = min(paces, key=lambda one: paces[one].cost * (1.0 if one == "float32" else WORTH_IT))
    slower = torchs.cost / paces[precision].cost
    if slower < CLEARLY:
        return None
    each, title = paces[precision].seconds, TITLES[name]
    return plain.model_copy(
        update={
            "engine": name,
            "engine_dtype": precision,
            "batch_size": N_TIMED,
            "items_per_second": paces[precision].rate,
            "free_seconds": each,
            "reason": f"On the CPU with {title} in {precision}: {1.0 / each:.0f} {items} per second (torch in float32 "
            f"was {slower:.1f} times slower).",
        }
    )
