"""The precision in which a local language model reads prompts: timed once per device and weights, then remembered.

Context: reading is bound by arithmetic, writing by memory. SmolLM2-135M on one core of an AMD EPYC with AVX512-BF16
read 1.7 to 2.3 times as many tokens a second in bfloat16 as in float32, and wrote 0.7 times as many; a processor
without such instructions is several times slower in bfloat16. Choice: only reading is timed and switched. The price is
a few hundredths in log p and the memory of a second copy.
"""

from __future__ import annotations

import copy
import hashlib
import time
from pathlib import Path
from typing import Any

import torch

from probes.device import WORTH_IT, processor_name
from probes.notes import read_note, write_note

TOKENS = 128


def quicker_reader(module: Any, weights_hash: str, device: str, notes: Path | None) -> Any:
    """`module`, or its copy in bfloat16 where reading `TOKENS` tokens was at least `WORTH_IT` times as fast."""
    facts = f"{weights_hash} {device} {processor_name()} {torch.__version__}"
    path = notes / f"reading-{hashlib.sha256(facts.encode()).hexdigest()[:16]}.json" if notes else None
    known = _known(path)
    if known == "float32":
        return module
    reduced = copy.deepcopy(module).to(torch.bfloat16)
    if known is None:
        plain, quick = _seconds(module, device), _seconds(reduced, device)
        known = "bfloat16" if quick * WORTH_IT < plain else "float32"
        if path is not None:
            rates = {"float32": TOKENS / plain, "bfloat16": TOKENS / quick}
            write_note(path, {"dtype": known, "tokens_per_second": rates})
    return reduced if known == "bfloat16" else module


@torch.inference_mode()
def _seconds(module: Any, device: str) -> float:
    """The shorter of two passes after a warm-up; infinite where the device lacks the precision."""
    ids = torch.arange(TOKENS, device=device)[None] % int(module.config.vocab_size)
    shortest = float("inf")
    try:
        for attempt in range(3):
            started = time.perf_counter()
            float(module(input_ids=ids).logits[0, -1, 0])
            if attempt:
                shortest = min(shortest, time.perf_counter() - started)
    except (RuntimeError, NotImplementedError):
        return float("inf")
    return shortest


def _known(path: Path | None) -> str | None:
    """The precision in the note; None where there is no valid one."""
    note = read_note(path) if path else None
    dtype = note.get("dtype") if isinstance(note, dict) else None
    return dtype if dtype in ("float32", "bfloat16") else None
