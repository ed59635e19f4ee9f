"""In which precision a local language model reads prompts: timed once per device and weights, and remembered.

Context: reading is bound by arithmetic, writing by memory. SmolLM2-135M on one core of an AMD EPYC with AVX512-BF16
read 1.7 to 2.3 times as many tokens a second in bfloat16 as in float32, and wrote 0.7 times as many; a processor
without such instructions is several times slower in bfloat16. Choice: only reading is timed and switched; what it costs
is some hundredths in log p, and the memory of a second copy.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import torch

from probes.device import WORTH_IT, processor_name

TOKENS = 128


def quicker_reader(module: Any, weights_hash: str, device: str, notes: Path | None) -> Any:
    """`module`, or its copy in bfloat16 where reading `TOKENS` tokens was at least `WORTH_IT` times as quick."""
    facts = f"{weights_hash} {device} {processor_name()} {torch.__version__}"
    path = notes / f"reading-{hashlib.sha256(facts.encode()).hexdigest()[:16]}.json" if notes else None
    known = _known(path)
    if known == "float32":
        return module
    reduced = copy.deepcopy(module).to(torch.bfloat16)
    if known is None:
        plain, quick = _seconds(module, device), _seconds(reduced, device)
        known = "bfloat16" if quick * WORTH_IT < plain else "float32"
        _remember(path, {"dtype": known, "tokens_per_second": {"float32": TOKENS / plain, "bfloat16": TOKENS / quick}})
    return reduced if known == "bfloat16" else module


@torch.inference_mode()
def _seconds(module: Any, device: str) -> float:
    """The shorter of two passes after one to warm up; infinite where the device cannot compute so."""
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
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["dtype"] if path else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found in ("float32", "bfloat16") else None


def _remember(path: Path | None, facts: dict[str, Any]) -> None:
    """Write the note in one step; a disk that cannot be written costs the memory, not the answer."""
    if path is None:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        aside.replace(path)
