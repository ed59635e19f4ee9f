"""Too little memory: an allocation fails at a random moment of a run, and the run still ends.

Injected: at a call drawn at random of the forward or backward pass, the optimizer, the decoder, an evaluation, the
extraction of features or a writing, once or from then on, in the words of each allocator. Real: the run's processes get
an address space too small for them. A run counts where it is done, or has failed with a sentence on memory that names
the next step; and no item is lost. ``ADVISOR_OUT_OF_MEMORY`` sets how many (20), a fifth of them real.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.records import RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import store
from advisor.runs.supervisor import Supervisor
from benchmarks.faults import short_runs
from benchmarks.figures import Figure

SEED = 17
TIMEOUT_SECONDS = 600.0
#: Where an allocation may fail: module, attribute, and the call from which on it does, drawn below this number.
PLACES = {
    "forward": ("advisor.training.network:Classifier", "forward", 40),
    "backward": ("torch:Tensor", "backward", 30),
    "optimizer": ("torch.optim:AdamW", "step", 30),
    "decoding": ("advisor.training.sources:ImageSource", "raw", 30),
    "evaluation": ("advisor.training.objectives", "logits_of", 3),
    "features": ("probes.backbones.image:ImageBackbone", "prepare", 60),
    "comparing": ("advisor.rungs.common", "fit_linear", 4),
    "writing": ("advisor.core.storage", "write_bytes", 12),
}
ERRORS = ("MemoryError()", "torch.OutOfMemoryError('CUDA out of memory')",
          "RuntimeError(\"DefaultCPUAllocator: can't allocate memory\")")  # fmt: skip
WORKER = """
import importlib, sys
from pathlib import Path
import torch
folder, place, name, first, for_good, error = sys.argv[1:]
module, _, owner = place.partition(":")
holder = importlib.import_module(module)
holder = getattr(holder, owner) if owner else holder
real, calls = getattr(holder, name), []
def hungry(*arguments, **named):
    calls.append(1)
    if len(calls) == int(first) or (len(calls) > int(first) and for_good == "True"):
        raise eval(error)
    return real(*arguments, **named)
setattr(holder, name, hungry)
from advisor.runs import worker
sys.exit(worker.main(Path(folder)))
"""
#: Address spaces of the real ones, in GB: too small to import, to load, to train, to judge.
SPACES = (1.5, 2.5, 3.0, 3.5)
NARROW = """
import resource, runpy, sys
limit = int(float(sys.argv[1]) * 1e9)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.argv = ["worker", sys.argv[2]]
runpy.run_module("advisor.runs.worker", run_name="__main__")
"""
#: Runs in turn: in folds, from random weights, by contrast, a head alone, and against a validation part.
ORDER = ("few images", "scratch", "few texts", "frozen", "few images", "scratch", "fine-tune")


def figures() -> Iterator[Figure]:
    """Runs that ended, and what they ended in."""
    n = int(os.environ.get("ADVISOR_OUT_OF_MEMORY", "20"))
    home = short_runs.use_workspace("out of memory")
    lines = short_runs.trials(home / "runs.jsonl", n, lambda number: one(home, number))
    counts = Counter(line["ending"] for line in lines)
    how = f"{n} runs, seed {SEED}: " + ", ".join(f"{count} {ending}" for ending, count in sorted(counts.items()))
    ended = sum(line["state"] in ("done", "failed") for line in lines)
    yield Figure("out_of_memory", "runs that ended", ended, "runs", "at least", (n,), how)
    sound = sum(line["sound"] for line in lines)
    yield Figure("out_of_memory", "done, or failed in words on memory", sound, "runs", "at least", (n,), how)


def one(home: Path, number: int) -> dict[str, Any]:
    """One run that runs out of memory."""
    rng = np.random.default_rng([SEED, number])
    kind, started = ORDER[number % len(ORDER)], time.monotonic()
    plan = short_runs.plan_of(home, kind)
    run = store.submit(plan)
    store.change(run, "queued", "running", attempt=True)
    folder = store.runs_folder() / run
    if number % 5 == 4:
        space = str(SPACES[number // 5 % len(SPACES)])
        what, command = f"{space} GB", [sys.executable, "-c", NARROW, space, str(folder)]
    else:
        place = str(rng.choice(list(PLACES)))
        where, name, most = PLACES[place]
        first, for_good = int(rng.integers(1, most)), bool(rng.integers(0, 2))
        what = f"{place}, call {first}{' and on' if for_good else ''}"
        command = [sys.executable, "-c", WORKER, str(folder), where, name, str(first), str(for_good)]
        command.append(str(rng.choice(ERRORS)))
    state = _ended(run, command, folder)
    return {
        "number": number, "kind": kind, "what": what, "run": run, **state,
        "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def _ended(run: str, command: list[str], folder: Path) -> dict[str, Any]:
    """Start the worker as its supervisor would, see the run to its end, and say how it ended."""
    own, until = Supervisor(), time.monotonic() + TIMEOUT_SECONDS
    with RunFiles(folder).log.open("ab") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    own.children[run] = child
    while own.step() and time.monotonic() < until:
        time.sleep(0.25)
    status = store.status(run)
    said = "Out of memory" in status.cause and "advisor runs resume" in status.cause
    if status.state == "done":
        report = RunReport.load(RunFiles(folder).report)
        words = any("memory" in sentence.lower() for sentence in report.sentences)
        ending = "done in smaller parts or with the best state so far" if words else "done"
        ending = "done after another launch" if status.attempts > 1 else ending
    else:
        ending = f"{status.state}, {'with' if said else 'without'} a sentence on memory"
    return {"state": status.state, "cause": status.cause, "ending": ending, "sound": status.state == "done" or said}
